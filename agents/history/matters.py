"""What agents of the history write down, and how they bring on what callers have asked for, by the desk's services."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Final

from sqlalchemy import select

from agents.at_work.caller_requests import OnCall, open_from_card
from agents.at_work.wrap_up import WrittenOutcome
from agents.errors import AgentError
from agents.floor import Floor
from agents.history.notes import note_on, promise
from agents.sight import newest_in_sight
from config.database import Transaction
from ivr.calls.errors import CallLogError
from ivr.calls.models import Call, Request, RequestStep
from ivr.calls.requests import advance_request, steps_ahead

_BY_REQUEST: Final[Mapping[str, tuple[str, ...]]] = {
    "appointment": ("appointment_booked", "appointment_requested", "appointment_booked"),
    "guarantee_letter": ("gl_requested", "gl_issued"),
    "hospitalisation": ("hospitalisation_planned",),
    "evacuation": ("evacuation_organised",),
    "ambulance": ("ambulance_dispatched",),
    "second_opinion": ("second_opinion_opened",),
    "telemedicine": ("info_given", "telemed_booked"),
    "complaint": ("claim_registered",),
    "ticket": ("ticket_registered",),
    "policy_duplicate": ("policy_duplicate_emailed",),
}
_BY_QUEUE: Final[Mapping[str, tuple[str, ...]]] = {
    "emergency": ("ambulance_dispatched", "ambulance_dispatched", "transferred_112"),
    "psychologist": ("psychologist_connected",),
}
_USUAL: Final = (
    *("info_given",) * 9,
    *("ticket_registered", "gl_requested", "refused_not_covered", "not_identified", "referred_hr"),
)
_LETTER: Final = "guarantee_letter"
_MOVES: Final = 0.3
_NOTES_NOTHING: Final = 0.4
_PROMISES: Final = 0.08
# Nobody is promised anything after these.
_IS_OVER: Final = ("ambulance_dispatched", "transferred_112", "refused_not_covered", "not_identified", "referred_hr")


def written(tx: Transaction, call: Call, queue: str, own_codes: tuple[str, ...], dice: Random) -> WrittenOutcome:
    """What comes of a conversation in that queue, by what the call has opened; nothing but its kind of an anonymous."""
    usual = _BY_REQUEST.get(_kind_of_request(tx, call)) or _BY_QUEUE.get(queue) or _USUAL
    code = dice.choice([one for one in usual if one in own_codes] or ["info_given"])
    if call.is_anonymous or dice.random() < _NOTES_NOTHING:
        return WrittenOutcome(code)
    if code in _IS_OVER or dice.random() >= _PROMISES:
        return WrittenOutcome(code, note=note_on(code, dice))
    due_at = (call.answered_at or call.started_at) + timedelta(hours=dice.choice((3, 20, 26)))
    return WrittenOutcome(code, note=promise(dice), next_action="ring_back", due_at=due_at, owner="desk")


def matter_of(tx: Transaction, call: Call, queue: str) -> str:
    """What the conversation is about: the kind of request that the call has opened, else whatever the queue is for."""
    return _kind_of_request(tx, call) or queue


def _kind_of_request(tx: Transaction, call: Call) -> str:
    """That of the newest which the call has opened; empty if it has opened none."""
    newest = select(Request.kind).where(Request.call_id == call.id).order_by(Request.id.desc()).limit(1)
    return tx.scalar(newest) or ""


def open_letter(floor: Floor, mine: OnCall) -> None:
    """Ask for a guarantee letter from the caller's card, unless that insurer, or this caller, does not get one."""
    insurer = floor.centre.insurers[mine.insurer_id]
    if _LETTER not in insurer.requests:
        return
    with floor.centre.database.reading("newest_letter") as tx:
        call = tx.get_one(Call, mine.call_id)
        known = newest_in_sight(tx, insurer, call, _LETTER) if call.insured_id else None
    if call.insured_id is None:
        return
    try:
        open_from_card(floor, mine, kind=_LETTER, newest=known.id if known else "")
    except (AgentError, CallLogError):
        return


def move_requests(floor: Floor, dice: Random, *, by: Mapping[str, str]) -> None:
    """Between calls the desks bring on what is open, some of it each time; `by` names an agent for each insurer."""
    with floor.centre.database.reading("open_requests") as tx:
        rows = tx.execute(
            select(Request.id, Request.insurer_id, RequestStep.by)
            .join(RequestStep, (RequestStep.request_id == Request.id) & (RequestStep.step == Request.step))
            .where(Request.closed_at.is_(None))
            .order_by(Request.opened_at, Request.id)
        ).all()
    for request_id, insurer_id, last_by in rows:
        if dice.random() < _MOVES and insurer_id in by:
            _move(floor, request_id, insurer_id, by=by[insurer_id] if last_by == "line" else last_by)


def _move(floor: Floor, request_id: str, insurer_id: str, *, by: str) -> None:
    insurer, now = floor.centre.insurers[insurer_id], floor.centre.clock.now()
    with floor.centre.database.transaction("step_request") as tx:
        request = tx.get_one(Request, request_id)
        ahead = steps_ahead(insurer, request)
        if ahead:
            advance_request(tx, insurer=insurer, request_id=request_id, step=ahead[0], by=by, at=now)
