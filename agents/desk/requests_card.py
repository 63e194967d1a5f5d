"""What the card of a call shows of requests: as far as the call lets its agent look, with the steps that may follow."""

from dataclasses import dataclass
from datetime import datetime

from agents.at_work.caller_requests import next_step, number_to_tell
from agents.at_work.wrap_up import only_joined
from agents.models import Agent, Presence
from agents.sight import Sight, newest_in_sight, requests_in_sight, sight_of
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls import booking
from ivr.calls.models import Call, Request
from ivr.calls.requests import APPROVAL, appointment_at, steps_ahead, steps_of


@dataclass(frozen=True)
class RequestRow:
    """One request. `reached` are its steps with their instants; `further` may follow beside `next_step`."""

    id: str
    kind: str
    step: str
    reached: tuple[tuple[str, datetime], ...]
    to_come: tuple[str, ...]
    due_at: datetime | None
    is_late: bool
    is_closed: bool
    approval: str | None
    appointment_at: datetime | None
    place: str | None
    next_step: str | None
    further: tuple[str, ...]
    may_be_told: bool


@dataclass(frozen=True)
class RequestsCard:
    """The requests of one call. `kinds` may be opened, each with the id of the newest one; `booked` is the instant of
    the appointment on record, as text, and None where nobody can be booked for.
    """

    call_id: str
    sight: Sight
    may_act: bool
    rows: tuple[RequestRow, ...]
    kinds: tuple[tuple[str, str], ...]
    booked: str | None
    services: tuple[str, ...]


def requests_card(
    tx: Transaction, *, insurer: Insurer, agent_id: str, call_id: str, at: datetime
) -> RequestsCard | None:
    """The card for an agent at whom the call rings or who has it; None for everybody else."""
    agent, call = tx.get_one(Agent, agent_id), tx.get(Call, call_id)
    if call is None or call.insurer_id != insurer.id or agent.call_id != call.id:
        return None
    sight = sight_of(tx, insurer, call)
    may_act = agent.presence in (Presence.ON_CALL, Presence.WRAP_UP) and not only_joined(tx, agent)
    found = requests_in_sight(tx, insurer, call)
    open_kinds = {one.kind for one in found if one.closed_at is None}
    return RequestsCard(
        call_id=call.id,
        sight=sight,
        may_act=may_act and sight.own,
        rows=tuple(_row(tx, insurer, call, one, at) for one in found),
        kinds=tuple(
            (kind, _newest_id(tx, insurer, call, kind))
            for kind in insurer.requests
            if kind not in open_kinds and sight.may_concern(kind)
        ),
        booked=_booked(tx, insurer, call) if sight.history else None,
        services=tuple(insurer.services),
    )


def _row(tx: Transaction, insurer: Insurer, call: Call, request: Request, at: datetime) -> RequestRow:
    ahead, following = steps_ahead(insurer, request), next_step(insurer, request)
    rules = insurer.requests.get(request.kind)
    is_closed = request.closed_at is not None
    place = request.details.get(booking.PLACE)
    approval = request.details.get(APPROVAL)
    # Booked by a form of its own, which says when and where.
    is_booking = request.kind == booking.KIND and following == booking.BOOKED
    return RequestRow(
        id=request.id,
        kind=request.kind,
        step=request.step,
        reached=tuple((one.step, one.reached_at) for one in steps_of(tx, insurer=insurer, request=request)),
        to_come=tuple(step for step in ahead if rules is not None and step in rules.steps),
        due_at=request.due_at,
        is_late=request.due_at is not None and request.due_at < at and not is_closed,
        is_closed=is_closed,
        approval=None if approval is None else str(approval),
        appointment_at=appointment_at(request),
        place=None if place is None else str(place),
        next_step=None if is_booking else following,
        further=tuple(step for step in ahead if step != following and not (is_booking and step == booking.TOLD)),
        may_be_told=not is_closed and number_to_tell(tx, insurer, call, request) is not None,
    )


def _newest_id(tx: Transaction, insurer: Insurer, call: Call, kind: str) -> str:
    newest = newest_in_sight(tx, insurer, call, kind)
    return newest.id if newest else ""


def _booked(tx: Transaction, insurer: Insurer, call: Call) -> str | None:
    if booking.KIND not in insurer.requests:
        return None
    newest = newest_in_sight(tx, insurer, call, booking.KIND)
    return str(newest.details.get("appointment_at", "")) if newest else ""
