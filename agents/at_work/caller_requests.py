"""What an agent does with requests from the card of a call: opens them, moves them on, lets the insured be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from agents.at_work.wrap_up import call_of_agent, only_joined
from agents.calling_back.callbacks import OwedCalls
from agents.errors import ChangedMeanwhile, NothingToDo, OutOfSight
from agents.floor import Floor
from agents.models import Agent, WaitState
from agents.rows import locked
from agents.sight import may_concern, newest_in_sight, requests_in_sight
from agents.waiting.waits import last_wait
from config import due_work
from config.audit import audit
from config.database import Transaction
from config.line_descriptions import Insurer
from ivr.calls import booking
from ivr.calls.errors import StepRefused
from ivr.calls.log import record
from ivr.calls.models import Call, Request
from ivr.calls.outcomes import leave_to_the_desk
from ivr.calls.requests import APPROVAL, advance_request, open_request
from ivr.insured import entitlements
from ivr.insured.eligibility import CoverResult, check_cover, record_of
from ivr.messages import write_message
from ivr.ports import CallbackRefusal

TELL_BY_CALLBACK: Final = "tell_by_callback"
TOLD: Final = booking.TOLD
_NEWS: Final = "sms.request_news"
_TELL_IN_CALL: Final = "tell_in_call"
_LOOK_AGAIN: Final = timedelta(seconds=30)
_REFUSING: Final = frozenset(
    {CoverResult.LIMIT_REACHED, CoverResult.FIRST_OPINION_MISSING, CoverResult.EXPIRED, CoverResult.NOT_COVERED}
)


class NotCovered(StepRefused):
    """The request uses up what the policy grants, and the policy does not grant it; the text is the rule's id."""


class NobodyToTell(NothingToDo):
    """No telephone of the insured's is known."""


class Means(StrEnum):
    """How the insured is told."""

    MESSAGE = "message"
    CALLBACK = "callback"


@dataclass(frozen=True)
class OnCall:
    """Whose call the form belongs to."""

    insurer_id: str
    code: str
    call_id: str


def open_from_card(floor: Floor, mine: OnCall, *, kind: str, newest: str) -> Request:
    """Open a request of `kind` for whoever the call is about; `newest` is the id of the last one that the card knew of.

    What a policy grants so many times a term is used by it. Raises NothingToDo, OutOfSight, ChangedMeanwhile (there is
    a newer one, or it stands open), NotCovered and RequestUnknown.
    """
    now, insurer = floor.centre.clock.now(), floor.centre.insurers[mine.insurer_id]
    with floor.centre.database.transaction("open_request_from_card") as tx:
        call, agent = _conversation(tx, mine)
        if not may_concern(tx, insurer, call, kind):
            raise OutOfSight(kind)
        known = newest_in_sight(tx, insurer, call, kind)
        if (known.id if known else "") != newest:
            raise ChangedMeanwhile(f"{kind}: there is a newer one")
        opened = open_request(tx, insurer=insurer, call=call, kind=kind, by=agent.code, at=now)
        if not opened.is_new and known is None:
            raise OutOfSight(opened.request.id)
        if not opened.is_new:
            raise ChangedMeanwhile(f"{kind} stands open")
        _use(tx, insurer, call, opened.request, now)
        _audit(tx, agent, opened.request, "request_opened", now)
        return opened.request


def move_from_card(
    floor: Floor, mine: OnCall, *, request_id: str, stood_at: str, step: str, approval: str | None = None
) -> Request:
    """Bring a request that the card shows at `stood_at` on to `step`.

    Raises NothingToDo, OutOfSight, ChangedMeanwhile (it has moved on), and StepRefused.
    """
    now, insurer = floor.centre.clock.now(), floor.centre.insurers[mine.insurer_id]
    with floor.centre.database.transaction("move_request_from_card") as tx:
        call, agent = _conversation(tx, mine)
        request = _in_sight(tx, insurer, call, request_id, stood_at)
        if step == request.step and approval == request.details.get(APPROVAL):
            raise ChangedMeanwhile(f"request {request.id} has that number")
        return _advance(tx, insurer, call, agent, request, step, now, approval=approval)


def book_from_card(
    floor: Floor, mine: OnCall, *, appointment: booking.Appointment, booked_before: str
) -> booking.Booked:
    """Book an appointment for the insured; `booked_before` is the instant that the card shows, empty for none.

    Raises NothingToDo, OutOfSight, ChangedMeanwhile, and AppointmentRefused.
    """
    now, insurer = floor.centre.clock.now(), floor.centre.insurers[mine.insurer_id]
    with floor.centre.database.transaction("book_from_card") as tx:
        call, agent = _conversation(tx, mine)
        if not may_concern(tx, insurer, call, booking.KIND):
            raise OutOfSight(booking.KIND)
        known = newest_in_sight(tx, insurer, call, booking.KIND)
        if (str(known.details.get("appointment_at", "")) if known else "") != booked_before:
            raise ChangedMeanwhile("the appointment was booked or moved already")
        return booking.book_appointment(
            tx, insurer=insurer, call=call, appointment=appointment, by=agent.code, at=now
        )


def tell(floor: Floor, mine: OnCall, *, request_id: str, stood_at: str, means: Means) -> None:
    """Let the insured be told that there is news: by a text message without a word of health, or by a callback.

    A message reaches the step at which the insured is told, where that is the next one; a callback, made once this
    conversation is over, leaves it to who makes it. Raises NothingToDo, NobodyToTell, OutOfSight, ChangedMeanwhile.
    """
    now, insurer = floor.centre.clock.now(), floor.centre.insurers[mine.insurer_id]
    with floor.centre.database.transaction("tell_insured") as tx:
        call, agent = _conversation(tx, mine)
        request = _in_sight(tx, insurer, call, request_id, stood_at)
        phone = number_to_tell(tx, insurer, call, request)
        if phone is None:
            raise NobodyToTell(request.id)
        if means is Means.CALLBACK:
            request.details = {**request.details, _TELL_IN_CALL: call.id}
            due_work.schedule(
                tx, kind=TELL_BY_CALLBACK, subject_id=request.id, insurer_id=insurer.id, due_at=now
            )
        else:
            language = _language(tx, insurer, call, request)
            write_message(tx, call=call, template=_NEWS, variables={}, language=language, at=now, to=phone)
            if next_step(insurer, request) == TOLD:
                _advance(tx, insurer, call, agent, request, TOLD, now)
        record(tx, call, "insured_to_be_told", at=now, request=request.id, by=agent.code, means=str(means))
        _audit(tx, agent, request, "insured_to_be_told", now, means=str(means))


def owe_callback(floor: Floor, request_id: str) -> None:
    """Promise the callback once the conversation in which it was asked for is over. The handler of TELL_BY_CALLBACK."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("owe_news_callback") as tx:
        seen = tx.get(Request, request_id)
        call = None if seen is None else locked(tx, Call, str(seen.details.get(_TELL_IN_CALL, "")))
        request = locked(tx, Request, request_id)
        if call is None or request is None or _TELL_IN_CALL not in request.details:
            return
        insurer = floor.centre.insurers[request.insurer_id]
        if _is_going_on(tx, call):
            due_work.schedule(
                tx, kind=TELL_BY_CALLBACK, subject_id=request.id, insurer_id=insurer.id, due_at=now + _LOOK_AGAIN
            )
            return
        request.details = {name: value for name, value in request.details.items() if name != _TELL_IN_CALL}
        phone = number_to_tell(tx, insurer, call, request)
        owed = OwedCalls(floor.centre)
        plan = owed.promise(tx, call, reason=request.kind, keep_place=False, is_urgent=False, phone=phone)
        if isinstance(plan, CallbackRefusal):
            leave_to_the_desk(tx, call, at=now)


def number_to_tell(tx: Transaction, insurer: Insurer, call: Call, request: Request) -> str | None:
    """Where the insured is told: a registered telephone of theirs; before anybody is identified, who is calling."""
    found = record_of(tx, insurer.id, request.insured_id)
    return call.ani if found is None else booking.own_number(tx, call, found.person)


def next_step(insurer: Insurer, request: Request) -> str | None:
    """The step after the one that the request stands at."""
    rules = insurer.requests.get(request.kind)
    if rules is None or request.closed_at is not None or request.step not in rules.steps:
        return None
    return next(iter(rules.steps[rules.steps.index(request.step) + 1 :]), None)


def _conversation(tx: Transaction, mine: OnCall) -> tuple[Call, Agent]:
    call, agent = call_of_agent(tx, mine.insurer_id, mine.code, mine.call_id)
    if only_joined(tx, agent):
        raise NothingToDo(f"{mine.code} only joined this call")
    return call, agent


def _in_sight(tx: Transaction, insurer: Insurer, call: Call, request_id: str, stood_at: str) -> Request:
    request = locked(tx, Request, request_id)
    if request is None or request.id not in {one.id for one in requests_in_sight(tx, insurer, call)}:
        raise OutOfSight(request_id)
    if request.step != stood_at or request.closed_at is not None:
        raise ChangedMeanwhile(f"request {request.id} stands at {request.step}")
    return request


def _advance(
    tx: Transaction,
    insurer: Insurer,
    call: Call,
    agent: Agent,
    request: Request,
    step: str,
    at: datetime,
    *,
    approval: str | None = None,
) -> Request:
    moved = advance_request(
        tx, insurer=insurer, request_id=request.id, step=step, by=agent.code, at=at, approval=approval
    )
    facts = {"request_kind": request.kind, "step": step, "by": agent.code, "approval": approval}
    record(tx, call, "request_moved", at=at, request=request.id, **facts)
    return moved


def _use(tx: Transaction, insurer: Insurer, call: Call, request: Request, at: datetime) -> None:
    """What has a limit, or needs a first opinion, is judged by the policy and used, in the same transaction."""
    service = insurer.services.get(request.kind)
    if service is None or (service.limit_per_term is None and not service.needs_first_opinion):
        return
    found = record_of(tx, insurer.id, request.insured_id)
    if found is None:
        raise NotCovered("not_identified")
    zone = ZoneInfo(found.person.time_zone) if found.person.time_zone else insurer.time_zone
    day = at.astimezone(zone).date()
    # The request stands open already: what is asked is whether one more use is left.
    is_used = service.limit_per_term is None or entitlements.use(
        tx,
        person=found.person,
        policy=found.policy,
        service=service,
        call_id=call.id,
        on=day,
        at=at,
        request_id=request.id,
    )
    cover = check_cover(tx, insurer=insurer, record=found, service=request.kind, on=day, call=call)
    if not is_used or cover.result in _REFUSING:
        raise NotCovered("limit.per_term" if not is_used else cover.rule)


def _language(tx: Transaction, insurer: Insurer, call: Call, request: Request) -> str:
    """The insured's own, where somebody else may have called in another."""
    found = record_of(tx, insurer.id, request.insured_id)
    own = None if found is None else found.person.language
    return own if own is not None and own in insurer.languages else call.language


def _is_going_on(tx: Transaction, call: Call) -> bool:
    wait = last_wait(tx, call.id)
    return call.ended_at is None or (wait is not None and wait.state == WaitState.CLAIMED)


def _audit(tx: Transaction, agent: Agent, request: Request, action: str, at: datetime, **detail: str) -> None:
    audit(
        tx,
        insurer_id=request.insurer_id,
        at=at,
        actor=agent.code,
        action=action,
        subject_kind="request",
        subject_id=request.id,
        **detail,
    )
