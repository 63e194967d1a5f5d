"""How the phone side comes together: its web app, its due work, and what it does for the packages above."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from config.due_work import JobQueue, WorkPlan
from flows.flow import PromptText
from ivr import reconcile
from ivr.messages import SEND_MESSAGE, MessageDesk, send_message
from ivr.phone_side import PhoneSide
from ivr.turns import messages
from ivr.turns.promised import OutgoingCalls

if TYPE_CHECKING:
    from flask import Flask

    from ivr.web.webhook import Guard

log = logging.getLogger("pult.web")

_STATIC: Final = Path(__file__).parent / "web" / "static"


def create_app(phone: PhoneSide) -> "Flask":
    """The Flask app of the phone side's webhooks, each behind the signature guard; others add their routes to it."""
    # Here and not above: workers and the sweep serve nothing, and start sooner without.
    from ivr.web import answers, voice
    from ivr.web.app import WebhookApp
    from ivr.web.measuring import measure
    from ivr.web.prompts import prompts_blueprint

    app = WebhookApp("pult", static_folder=str(_STATIC), static_url_path="/static")
    phone.deliveries.shelf.load()
    app.extensions[voice.EXTENSION] = phone
    measure(app)
    app.before_request_funcs.setdefault(voice.bp.name, []).append(guard(phone))
    app.register_blueprint(voice.bp)
    app.register_blueprint(prompts_blueprint(phone))
    app.register_error_handler(Exception, answers.failed)
    return app


def guard(phone: PhoneSide) -> "Guard":
    """What stands before every webhook, the other packages' too: body size, form, signature."""
    from ivr.web.webhook import guard_of

    return guard_of(phone.centre.settings)


def outgoing(phone: PhoneSide) -> OutgoingCalls:
    """What is done with a call that we placed."""
    return OutgoingCalls(phone)


def wire(plan: WorkPlan, phone: PhoneSide) -> None:
    """Bind every kind of due work of the phone side."""
    desk = MessageDesk(phone.centre, phone.carrier, lambda: _prompts(phone))
    plan.handle(SEND_MESSAGE, JobQueue.MESSAGES, lambda message_id: send_message(desk, message_id))
    plan.handle(messages.DISCARD, JobQueue.RECORDINGS, lambda sid: messages.discard_recording(phone.carrier, sid))
    # Telephone work: without Redis the sweep does it, for ends that nobody told are missed then too.
    plan.handle(reconcile.KIND, JobQueue.TELEPHONE, lambda subject: reconcile.reconcile(phone, subject))


def _prompts(phone: PhoneSide) -> Mapping[str, PromptText]:
    with phone.centre.database.reading("current_prompts") as tx:
        return phone.flow_library.current(tx).prompts
