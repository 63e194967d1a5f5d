"""Calls that we owe: promised once for a person and a reason, in daytime where they live, their place in line kept."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from agents import offers, transitions, waits
from agents.models import Callback, CallbackState, Wait, WaitState
from agents.queue_rules import rules_of
from agents.rows import locked
from config import due_work
from config.calendars import CalendarError, Hours
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id
from config.phone_numbers import parse_caller_id, time_zone_of
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.insured.models import InsuredPerson
from ivr.ports import CallbackPlan

TURN: Final = "callback_turn"
PLACE: Final = "place_callback"
TIMEOUT: Final = "callback_timeout"
EMERGENCY_DROP: Final = "emergency_drop"

# Nobody is rung at night (domain.md §6), save after an emergency that broke off.
_DAY_BEGINS: Final = time(9)
_DAY_ENDS: Final = time(21)
_LEAST_WINDOW: Final = timedelta(minutes=30)
_EMERGENCY_QUEUE: Final = "emergency"
_USUAL_QUEUE: Final = "medical_desk"


class OwedCalls:
    """Answers `ivr.ports.Callbacks`: writes promises; `agents/placing.py` keeps them."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def plan(self, tx: Transaction, call: Call, *, reason: str, keep_place: bool) -> CallbackPlan | None:
        """Promise a callback to the caller's number; the one promised already, if there is one; None without a number.

        With `keep_place` the call's own wait goes on as the callback; otherwise a place is taken from now.
        """
        return self.promise(tx, call, reason=reason, keep_place=keep_place, is_urgent=False)

    def promise(
        self, tx: Transaction, call: Call, *, reason: str, keep_place: bool, is_urgent: bool
    ) -> CallbackPlan | None:
        """As `plan`; an urgent callback is dialled at once, at any hour, and again until its attempts are used up."""
        phone = call.ani
        if phone is None or call.is_anonymous:
            return None
        now = self._centre.clock.now()
        standing = _open_promise(tx, call, phone, reason)
        if standing is not None:
            return CallbackPlan(is_new=False, from_at=standing.due_at, until_at=standing.window_until)
        wait = self._wait(tx, call, keep_place=keep_place, is_urgent=is_urgent, at=now)
        zone = self._zone(tx, call, phone)
        due_at, until = (now, now + _LEAST_WINDOW) if is_urgent else self._window(call, wait, zone, now)
        insurer = self._centre.insurers[call.insurer_id]
        callback = Callback(
            id=new_id(now),
            insurer_id=call.insurer_id,
            call_id=call.id,
            wait_id=wait.id,
            insured_id=call.insured_id,
            phone=phone,
            reason=reason,
            queue=wait.queue,
            line=call.line,
            time_zone=zone.key,
            language=call.language,
            state=CallbackState.PLANNED,
            attempts_allowed=insurer.callbacks.attempts,
            is_urgent=is_urgent,
            planned_at=now,
            due_at=due_at,
            window_until=until,
        )
        tx.add(callback)
        tx.flush()
        schedule(tx, callback, PLACE if is_urgent else TURN, due_at)
        record(tx, call, "callback_planned", at=now, callback=callback.id, reason=reason, urgent=is_urgent)
        return CallbackPlan(is_new=True, from_at=due_at, until_at=until)

    def _wait(self, tx: Transaction, call: Call, *, keep_place: bool, is_urgent: bool, at: datetime) -> Wait:
        last = waits.last_wait(tx, call.id)
        if last is not None and last.state in (WaitState.WAITING, WaitState.OFFERED) and keep_place:
            offers.withdraw_all(tx, call=call, wait=last, reason="callback", at=at)
            waits.move(last, WaitState.CALLBACK)
            return last
        if last is not None and last.state == WaitState.CALLBACK:
            return last
        if last is not None and last.state not in (WaitState.SERVED, WaitState.ABANDONED, WaitState.LEFT):
            waits.end(tx, last, WaitState.LEFT, reason="callback", at=at)
        queue = self._queue(call.insurer_id, last, is_urgent=is_urgent)
        wait = waits.start(
            tx,
            call,
            rules=rules_of(self._centre.insurers, call.insurer_id, queue, region=call.region),
            joined_queue=queue,
            is_emergency=is_urgent,
            preferred_agent_id=None if last is None else last.preferred_agent_id,
            at=at,
        )
        waits.move(wait, WaitState.CALLBACK)
        tx.flush()
        return wait

    def _queue(self, insurer_id: str, last: Wait | None, *, is_urgent: bool) -> str:
        queues = self._centre.insurers[insurer_id].queues
        if is_urgent and _EMERGENCY_QUEUE in queues:
            return _EMERGENCY_QUEUE
        if last is not None:
            return last.queue
        return _USUAL_QUEUE if _USUAL_QUEUE in queues else next(iter(queues))

    def _zone(self, tx: Transaction, call: Call, phone: str) -> ZoneInfo:
        """Where the person is: as their record says, else as their number tells, else the insurer's own zone."""
        insurer = self._centre.insurers[call.insurer_id]
        if call.insured_id is not None:
            known = tx.scalar(
                select(InsuredPerson.time_zone).where(
                    InsuredPerson.id == call.insured_id, InsuredPerson.insurer_id == call.insurer_id
                )
            )
            if known:
                return ZoneInfo(known)
        number = parse_caller_id(phone)
        by_number = None if number is None else time_zone_of(number)
        return by_number or insurer.zone_of(call.region)

    def _window(self, call: Call, wait: Wait, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
        hours = rules_of(self._centre.insurers, call.insurer_id, wait.queue, region=call.region).hours
        minutes = self._centre.insurers[call.insurer_id].callbacks.window_minutes
        return window(now, hours, zone, timedelta(minutes=minutes))


def window(now: datetime, hours: Hours, zone: ZoneInfo, length: timedelta) -> tuple[datetime, datetime]:
    """The next stretch, at most `length` long, in which the desk is open and it is 9–21 where the person lives."""
    from_at = now
    for _ in range(60):
        at_day = _into_daytime(from_at, zone)
        try:
            from_at = hours.next_open(at_day)
        except CalendarError:
            from_at = at_day
        if from_at == at_day:
            break
    return from_at, min(from_at + length, _day_ends(from_at, zone))


def schedule(tx: Transaction, callback: Callback, kind: str, due_at: datetime) -> None:
    """Make `kind` due for the callback."""
    due_work.schedule(tx, kind=kind, subject_id=callback.id, insurer_id=callback.insurer_id, due_at=due_at)


def locked_callback(tx: Transaction, callback_id: str) -> tuple[Call, Wait | None, Callback] | None:
    """A callback with the call that it was promised in and its wait, locked in order."""
    seen = tx.get(Callback, callback_id)
    if seen is None:
        return None
    call = locked(tx, Call, seen.call_id)
    wait = None if seen.wait_id is None else locked(tx, Wait, seen.wait_id)
    callback = locked(tx, Callback, callback_id)
    return None if call is None or callback is None else (call, wait, callback)


def move(callback: Callback, to: CallbackState) -> None:
    """Bring a locked callback to `to`; raises ImpossibleChange."""
    transitions.check(transitions.CALLBACK, CallbackState(callback.state), to)
    callback.state = to


def next_window(centre: Centre, callback: Callback, after: datetime) -> tuple[datetime, datetime]:
    """When a callback may be tried again; urgent ones at any hour."""
    if callback.is_urgent:
        return after, after + _LEAST_WINDOW
    insurer = centre.insurers[callback.insurer_id]
    hours = rules_of(centre.insurers, callback.insurer_id, callback.queue).hours
    length = timedelta(minutes=insurer.callbacks.window_minutes)
    return window(after, hours, ZoneInfo(callback.time_zone), length)


def _open_promise(tx: Transaction, call: Call, phone: str, reason: str) -> Callback | None:
    person = Callback.phone == phone
    if call.insured_id is not None:
        person = or_(person, Callback.insured_id == call.insured_id)
    return tx.scalar(
        select(Callback).where(
            Callback.insurer_id == call.insurer_id, Callback.reason == reason, Callback.ended_at.is_(None), person
        )
    )


def _into_daytime(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    if local.time() < _DAY_BEGINS:
        return datetime.combine(local.date(), _DAY_BEGINS, tzinfo=zone).astimezone(at.tzinfo)
    if at + _LEAST_WINDOW > _day_ends(at, zone):
        tomorrow = local.date() + timedelta(days=1)
        return datetime.combine(tomorrow, _DAY_BEGINS, tzinfo=zone).astimezone(at.tzinfo)
    return at


def _day_ends(at: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(at.astimezone(zone).date(), _DAY_ENDS, tzinfo=zone).astimezone(at.tzinfo)
