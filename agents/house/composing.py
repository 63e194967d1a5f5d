"""The house: a centre composed of its packages, for web servers, workers, the sweep, rehearsals and commands.

Which carrier it speaks to is a setting; the exchange, which is one, only `wsgi.py` brings together with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import agents.api.models
import agents.models.evaluations
import agents.models.searches  # noqa: F401
import recordings.models  # noqa: F401 - with the other packages' below: the migrations must see every table
from agents.calling_back.callbacks import OwedCalls
from agents.floor import Floor
from agents.house.call_endings import Listener
from agents.house.upkeep import keep_up
from agents.house.wiring import ports, wire
from agents.news_told import TOLD
from config.audit_chain import seal_new
from config.centre import Centre, open_centre
from config.clock import Clock, WallClock
from config.database import Base
from config.errands import Errands, at_once
from config.job_queues import JobQueues
from config.news import Announcer
from config.schema_version import prepare as prepare_database
from config.settings import Settings
from config.sweep import Sweep
from flows import Finding, FlowSet
from ivr import wiring as ivr_wiring
from ivr.carrier.twilio_adapter import ANSWER_WITHIN_SECONDS, TwilioCarrier
from ivr.flow_library import install_flows
from ivr.packs.deliveries import deliveries_of
from ivr.phone_side import PhoneSide
from recordings.conversations import Conversations
from recordings.keeping import Keeping
from recordings.pauses import Pauses
from recordings.retention import Retention
from recordings.voicemail import Messages

if TYPE_CHECKING:
    from flask import Flask


@dataclass(frozen=True)
class House:
    """Everything composed, once a process."""

    centre: Centre
    floor: Floor
    phone: PhoneSide
    voicemail: Messages
    keeping: Keeping
    conversations: Conversations
    job_queues: JobQueues
    sweep: Sweep
    listener: Listener

    def look(self) -> int:
        """One look of the sweep: derive what is missing, then hurry along what is due."""
        keep_up(self.centre)
        self.keeping.keep_up()
        due = self.sweep.once()
        seal_new(self.centre)
        return due

    def close(self) -> None:
        """Let go of the database."""
        self.centre.database.close()


def prepare(settings: Settings) -> None:
    """Bring the database to this program's version. Raises StoreUnavailable in words for an administrator."""
    prepare_database(settings, Base.metadata)


def make_ready(settings: Settings) -> None:
    """Prepare the database and install the flows, before several programs start that would each prove them."""
    prepare(settings)
    compose(settings, flows_are_read_late=True).close()


def compose(
    settings: Settings,
    clock: Clock | None = None,
    *,
    flows_are_read_late: bool = False,
    errands: Errands = at_once,
    carrier_seconds: float = ANSWER_WITHIN_SECONDS,
) -> House:
    """Compose the centre; the database must have been prepared. Raises ConfigError, StoreError or FlowsBroken.

    With `flows_are_read_late` they are read when a call asks for them, for programs that answer no calls. The carrier
    is given `carrier_seconds` to answer.
    """
    clock = clock or WallClock()
    centre = open_centre(settings, clock)
    database, plan = centre.database, centre.plan
    carrier = TwilioCarrier(
        base_url=settings.carrier_url,
        account_sid=settings.account_sid,
        auth_token=settings.auth_token,
        timeout_seconds=carrier_seconds,
    )
    floor = Floor(centre, carrier)
    voicemail = Messages(centre, partial(OwedCalls(centre).plan, keep_place=False))
    keeping, conversations = Keeping(centre, carrier), Conversations(centre, carrier)
    flows = install_flows(centre, _proved, are_read_late=flows_are_read_late)
    deliveries = deliveries_of(settings, centre.insurers, clock)
    phone = PhoneSide(centre, carrier, flows, ports(floor, voicemail), deliveries)
    url, patience = settings.redis_url, settings.turn_redis_seconds
    job_queues = JobQueues(url, plan, clock, timeout_seconds=patience, errands=errands)
    database.after_commit(job_queues.hurry_scheduled)
    Announcer(url, TOLD, timeout_seconds=patience, errands=errands).watch(database)
    for one in (keeping, conversations, Pauses(centre, carrier), Retention(centre)):
        one.wire(plan)
    ivr_wiring.wire(plan, phone)
    sweep = Sweep(database, clock, plan, job_queues)
    listener = wire(plan, floor)
    return House(centre, floor, phone, voicemail, keeping, conversations, job_queues, sweep, listener)


def _proved(flows: FlowSet) -> Sequence[Finding]:
    """Only a version that was never installed here is proved, once."""
    from flows.checks import prove

    return prove(flows)


def create_app(house: House) -> "Flask":
    """The Flask app of the carrier's webhooks, each behind the signature check."""
    from agents.web import OutgoingCalls as CallsPlaced
    from agents.web import blueprint as agents_blueprint
    from recordings.web import blueprint as recordings_blueprint

    app = ivr_wiring.create_app(house.phone)
    # A model's column is a descriptor, which no protocol's plain attribute matches for the type checker.
    outgoing = cast(CallsPlaced, ivr_wiring.outgoing(house.phone))
    guard = ivr_wiring.guard(house.phone)
    app.register_blueprint(agents_blueprint(house.floor, outgoing, guard))
    app.register_blueprint(recordings_blueprint(house.conversations, guard))
    return app
