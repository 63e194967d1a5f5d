"""The routes of one call's page."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.accounts.models import Role
from agents.desk.matter_words import CALLER_ROLES, LANGUAGES, LEVELS
from agents.desk.outcome_words import action_words, outcome_words
from agents.desk.request_words import due_words, kind_words, step_words
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.side import actor, own_insurer, side
from agents.supervisor.audit.words import audit_words
from agents.supervisor.live_floor.listening_pages import bar
from agents.supervisor.one_call.step_words import sentence
from agents.supervisor.one_call.timeline import WIDTH, Piece, Stretch
from agents.supervisor.one_call.view import HOLD_LANE, INNER, LINE_LANE, QUEUE_LANE, RECORDING_LANE, CallView, call_view
from agents.supervisor.words import title_words
from config.audit import audited_reading
from ivr.calls.replay import ReplayStep

bp: Final = Blueprint("call", __name__, url_prefix="/calls")

_LANES: Final[Mapping[str, LazyString]] = {
    LINE_LANE: lazy_gettext("Menus"),
    QUEUE_LANE: lazy_gettext("Waiting"),
    HOLD_LANE: lazy_gettext("On hold"),
    RECORDING_LANE: lazy_gettext("Recording"),
}
_STRETCHES: Final[Mapping[Stretch, LazyString]] = {
    Stretch.MENU: lazy_gettext("menu"),
    Stretch.WAIT: lazy_gettext("waits"),
    Stretch.RING: lazy_gettext("rings"),
    Stretch.TALK: lazy_gettext("talks"),
    Stretch.BESIDE: lazy_gettext("joins"),
    Stretch.HOLD: lazy_gettext("on hold"),
    Stretch.RECORDING: lazy_gettext("recorded"),
}
_MESSAGE_STATES: Final[Mapping[str, LazyString]] = {
    "queued": lazy_gettext("to be sent"),
    "sent": lazy_gettext("sent"),
    "delivered": lazy_gettext("delivered"),
    "failed": lazy_gettext("not sent"),
}


@bp.get("/<call_id>")
@only_for(Role.SUPERVISOR)
def show(call_id: str) -> ResponseReturnValue:
    """One call, replayed; who looks is written down first."""
    insurer, view = own_insurer(), _seen(call_id)
    titles = title_words(insurer, language())

    def queue_words(name: str) -> str:
        return titles("queue", name)

    def told(step: ReplayStep) -> str:
        return sentence(step.kind, step.data, text=step.text, queue_words=queue_words)

    def piece_words(piece: Piece) -> str:
        return queue_words(piece.what) if piece.kind is Stretch.WAIT else str(_STRETCHES[piece.kind])

    return render_template(
        "supervisor/call.html",
        view=view,
        call=view.replay,
        listening="" if view.replay.ended_at else bar(call_id),
        told=told,
        inner=INNER,
        piece_words=piece_words,
        lane_words=lambda name: _LANES.get(name) or name.removeprefix("agent:"),
        width=WIDTH,
        parts={one.id: one for one in view.recordings},
        title_words=titles,
        outcome_words=outcome_words,
        action_words=action_words,
        kind_words=kind_words,
        step_words=step_words,
        due_words=lambda at: due_words(at, insurer),
        audit_words=audit_words,
        message_states=_MESSAGE_STATES,
        levels=LEVELS,
        caller_roles=CALLER_ROLES,
        spoken_languages=LANGUAGES,
    )


def _seen(call_id: str) -> CallView:
    centre = side().centre
    with audited_reading(centre.database, "show_call") as tx:
        view = call_view(
            tx,
            insurers=centre.insurers,
            insurer=own_insurer(),
            call_id=call_id,
            by=actor(),
            at=centre.clock.now(),
        )
    return view or abort(404)
