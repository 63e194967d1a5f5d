"""Actions on the requests that a call opens, and on what was promised with them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from flows.actions import ACTIONS
from flows.turn import Scalar
from ivr.actions.answers import insured_record, last_day, text_of, today
from ivr.actions.context import ActionContext, ActionResult, Arguments, Handler
from ivr.calls import requests
from ivr.calls.models import Request
from ivr.calls.outcomes import LINE
from ivr.calls.requests import RequestStatus
from ivr.insured import entitlements

REQUESTED: Final = "requested"
APPOINTMENT_AT: Final = "appointment_at"
"""Where a booked appointment keeps its instant among a request's details: ISO text with its offset."""

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
        _use_limited(context, kind)
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
    """When the insured is booked, in their own zone: without it the time would mislead (domain.md §3)."""
    person = insured_record(context).person
    status = requests.status_of(context.tx, insurer=context.insurer, call=context.call, kind="appointment")
    at = None if status is None or not status.is_open else _booked_at(context, status)
    if at is None:
        return ActionResult("none")
    if person.time_zone is None:
        return ActionResult("zone_unknown")
    zone = ZoneInfo(person.time_zone)
    local = f"{at.astimezone(zone).replace(tzinfo=None).isoformat(timespec='minutes')} {zone.key}"
    return ActionResult("booked", {"appointment_at": local, "zone_name": zone.key})


def _use_limited(context: ActionContext, kind: str) -> None:
    service = context.insurer.services.get(kind)
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


def _booked_at(context: ActionContext, status: RequestStatus) -> datetime | None:
    request = context.tx.get_one(Request, status.request_id)
    written = request.details.get(APPOINTMENT_AT)
    return None if written is None else datetime.fromisoformat(str(written))


HANDLERS: Final[Mapping[str, Handler]] = {
    "open_request": open_request,
    "request_status": request_status,
    "check_deadline": check_deadline,
    "appointment_time": appointment_time,
}
