"""Actions on the requests that a call opens, and on what was promised with them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from flows.actions import ACTIONS
from flows.turn import Scalar
from ivr.actions.answers import insured_record, last_day, text_of, today
from ivr.actions.context import ActionContext, ActionResult, Arguments, Handler
from ivr.calls import booking, requests
from ivr.calls.models import Request
from ivr.calls.outcomes import LINE
from ivr.calls.requests import RequestStatus
from ivr.calls.zones import told_there
from ivr.insured import entitlements

REQUESTED: Final = "requested"
_SAID: Final = tuple(word for word in ACTIONS["request_status"].results if word != "none")


class LimitReached(Exception):
    """Somebody used the last of the entitlement between the cover's check and the request."""


def open_request(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Open a request, once; a request for a service with a limit uses it in the same transaction."""
    kind = text_of(arguments, "kind")
    opened = requests.open_request(
        context.tx, insurer=context.insurer, call=context.call, kind=kind, by=LINE, at=context.at
    )
    if opened.is_new:
        _use_limited(context, opened.request)
    return ActionResult("opened" if opened.is_new else "already_open", _due(context, opened.request.due_at))


def request_status(context: ActionContext, arguments: Arguments) -> ActionResult:
    """How far the newest request of this kind has come, in the words that flows know."""
    insured_record(context)
    status = requests.status_of(context.tx, insurer=context.insurer, call=context.call, kind=text_of(arguments, "kind"))
    if status is None:
        return ActionResult("none")
    return ActionResult(status_word(status), _due(context, status.due_at))


def status_word(status: RequestStatus) -> str:
    """The last step reached that callers are told about; steps with no word of their own count as `requested`."""
    told = [step for step in status.reached if step in _SAID]
    if status.step == requests.WITHDRAWN:
        return "none"
    return told[-1] if told else REQUESTED


def check_deadline(context: ActionContext, arguments: Arguments) -> ActionResult:
    """Whether a promise of some working days, begun on the day keyed as ДДММ, still runs (domain.md §5)."""
    days = text_of(arguments, "working_days")
    begun = _last_day_keyed(text_of(arguments, "since"), today(context))
    if begun is None or not days.isdecimal():
        return ActionResult("impossible")
    due = context.insurer.calendar.add_working_days(begun, int(days))
    return ActionResult("within" if today(context) <= due else "beyond", {"due": due.isoformat()})


def appointment_time(context: ActionContext, arguments: Arguments) -> ActionResult:
    """When and where the insured is booked, in their own zone: without it the time would mislead (domain.md §3).

    A visit whose time is past is none.
    """
    person = insured_record(context).person
    request = requests.open_request_of(context.tx, call=context.call, kind=booking.KIND)
    at = None if request is None else requests.appointment_at(request)
    if request is None or at is None or at < context.at:
        return ActionResult("none")
    zone = booking.zone_to_tell(person, context.language)
    if zone is None:
        return ActionResult("zone_unknown")
    time, place = told_there(at, zone, context.language), str(request.details[booking.PLACE])
    told = {"appointment_at": time, "appointment_place": place}
    return ActionResult("booked", told)


def _use_limited(context: ActionContext, request: Request) -> None:
    service = context.insurer.services.get(request.kind)
    if service is None or service.limit_per_term is None:
        return
    found = insured_record(context)
    is_used = entitlements.use(
        context.tx,
        person=found.person,
        policy=found.policy,
        service=service,
        call_id=context.call.id,
        on=today(context),
        at=context.at,
        request_id=request.id,
    )
    if not is_used:
        raise LimitReached(context.call.id)


def _due(context: ActionContext, due_at: datetime | None) -> Mapping[str, Scalar]:
    return {} if due_at is None else {"due": last_day(context, due_at)}


def _last_day_keyed(digits: str, day: date) -> date | None:
    """The most recent day of this ДДММ, not after `day`; None if there is no such day."""
    if len(digits) != 4 or not digits.isdecimal():
        return None
    for year in (day.year, day.year - 1):
        try:
            keyed = date(year, int(digits[2:]), int(digits[:2]))
        except ValueError:
            continue
        if keyed <= day:
            return keyed
    return None


HANDLERS: Final[Mapping[str, Handler]] = {
    "open_request": open_request,
    "request_status": request_status,
    "check_deadline": check_deadline,
    "appointment_time": appointment_time,
}
