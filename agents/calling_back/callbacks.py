"""Calls that we owe: promised once for a person and a reason, in daytime where they live, their place in line kept."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from agents import transitions
from agents.curators import curator_now, preferred_agent
from agents.models import Agent, Callback, CallbackState, Wait, WaitState
from agents.offering import offers
from agents.rows import locked
from agents.waiting import waits
from agents.waiting.queue_rules import rules_for
from config import due_work
from config.calendars import CalendarError, Hours
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import EMERGENCY_QUEUE
from config.phone_numbers import PhoneNumber, country_of
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent, CallState
from ivr.calls.zones import zone_of_caller
from ivr.ports import CallbackPlan, CallbackRefusal

TURN: Final = "callback_turn"
PLACE: Final = "place_callback"
TIMEOUT: Final = "callback_timeout"
EMERGENCY_DROP: Final = "emergency_drop"

# Nobody is rung at night (domain.md §6), save after an emergency that broke off.
_DAY_BEGINS: Final = time(9)
_DAY_ENDS: Final = time(21)
_LEAST_WINDOW: Final = timedelta(minutes=30)
_LATELY: Final = timedelta(hours=24)
_A_MOMENT: Final = timedelta(seconds=20)
_USUAL_QUEUE: Final = "medical_desk"
CURATOR: Final = "curator"
"""Why somebody asks to be rung by their curator, as flows name it, and the queue in which curators answer."""


class OwedCalls:
    """Answers `ivr.ports.Callbacks`: writes promises; `agents/calling_back/placing.py` keeps them."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def plan(self, tx: Transaction, call: Call, *, reason: str, keep_place: bool) -> CallbackPlan | CallbackRefusal:
        """Promise a callback to the caller's number; the one promised already, if there is one; else why not.

        With `keep_place` the call's own wait goes on as the callback; otherwise a place is taken from now. What is
        promised in an emergency is urgent, and one promise whatever its reason is called.
        """
        if call.is_emergency:
            return self.promise(tx, call, reason=EMERGENCY_DROP, keep_place=keep_place, is_urgent=True)
        return self.promise(tx, call, reason=reason, keep_place=keep_place, is_urgent=False)

    def promise(
        self,
        tx: Transaction,
        call: Call,
        *,
        reason: str,
        keep_place: bool,
        is_urgent: bool,
        phone: str | None = None,
    ) -> CallbackPlan | CallbackRefusal:
        """As `plan`; an urgent callback is dialled at once, at any hour, and again until its attempts are used up.

        Where the insurer does not ring back in the country of the caller's number they may key another one. `phone` is
        rung instead of who called: the insured, where somebody else did.
        """
        phone = phone or call.ani
        if phone is None or call.is_anonymous or not (is_urgent or self._is_rung_back(call.insurer_id, phone)):
            return CallbackRefusal.NO_PHONE
        standing = _open_promise(tx, call, phone, reason)
        if standing is not None:
            return CallbackPlan(is_new=False, from_at=standing.due_at, until_at=standing.window_until)
        if not is_urgent and self._is_rung_in_vain(tx, call.insurer_id, phone):
            return CallbackRefusal.TOO_OFTEN
        try:
            with tx.begin_nested():
                return self._promised(tx, call, phone, reason=reason, keep_place=keep_place, is_urgent=is_urgent)
        except IntegrityError:
            # Promised in another call in this very moment, where the database lets both look first.
            standing = _open_promise(tx, call, phone, reason)
            if standing is None:
                raise
            return CallbackPlan(is_new=False, from_at=standing.due_at, until_at=standing.window_until)

    def _is_rung_back(self, insurer_id: str, phone: str) -> bool:
        return country_of(PhoneNumber(phone)) in self._centre.insurers[insurer_id].callbacks.countries

    def _promised(
        self, tx: Transaction, call: Call, phone: str, *, reason: str, keep_place: bool, is_urgent: bool
    ) -> CallbackPlan:
        now, insurer = self._centre.clock.now(), self._centre.insurers[call.insurer_id]
        curator = preferred_agent(tx, call) if reason == CURATOR and CURATOR in insurer.queues else None
        wait = self._wait(tx, call, keep_place=keep_place, is_urgent=is_urgent, curator=curator, at=now)
        zone = zone_of_caller(tx, insurer, call)
        back_at = None if curator is None else curator_now(tx, curator, now).back_at
        due_at, until = _at_once(tx, call, now) if is_urgent else self._window(call, wait, zone, back_at or now)
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
            promised_until=until,
        )
        tx.add(callback)
        tx.flush()
        schedule(tx, callback, PLACE if is_urgent else TURN, due_at)
        record(tx, call, "callback_planned", at=now, callback=callback.id, reason=reason, urgent=is_urgent)
        return CallbackPlan(is_new=True, from_at=due_at, until_at=until)

    def _is_rung_in_vain(self, tx: Transaction, insurer_id: str, phone: str) -> bool:
        """Whether so many promises to this number failed lately that another would only ring there again."""
        failed = select(func.count()).where(
            Callback.insurer_id == insurer_id,
            Callback.phone == phone,
            Callback.state == CallbackState.FAILED,
            Callback.ended_at > self._centre.clock.now() - _LATELY,
        )
        return (tx.scalar(failed) or 0) >= self._centre.insurers[insurer_id].callbacks.failed_per_day

    def _wait(
        self, tx: Transaction, call: Call, *, keep_place: bool, is_urgent: bool, curator: Agent | None, at: datetime
    ) -> Wait:
        """The place that the promise keeps or takes; whoever wants the curator takes one in the curators' queue."""
        last = waits.last_wait(tx, call.id)
        if last is not None and last.state in waits.STANDING and keep_place:
            offers.withdraw_all(tx, call=call, wait=last, reason="callback", at=at)
            waits.note_stay(tx, last, at=at)
            waits.move(last, WaitState.CALLBACK)
            last.promised_at = last.promised_at or at
            return last
        if last is not None and last.state == WaitState.CALLBACK:
            return last
        if last is not None and last.state not in (WaitState.SERVED, WaitState.ABANDONED, WaitState.LEFT):
            waits.end(tx, last, WaitState.LEFT, reason="callback", at=at)
        preferred_id = None if last is None else last.preferred_agent_id
        queue = CURATOR if curator is not None else self._queue(call.insurer_id, last, is_urgent=is_urgent)
        has_waited = last is not None and last.state in (WaitState.LEFT, WaitState.ABANDONED)
        wait = waits.start(
            tx,
            call,
            rules=rules_for(self._centre.insurers, call, queue),
            joined_queue=queue,
            is_emergency=is_urgent,
            preferred_agent_id=preferred_id if curator is None else curator.id,
            is_promised=True,
            since=last.since if last is not None and has_waited else None,
            at=at,
        )
        waits.move(wait, WaitState.CALLBACK)
        tx.flush()
        return wait

    def _queue(self, insurer_id: str, last: Wait | None, *, is_urgent: bool) -> str:
        queues = self._centre.insurers[insurer_id].queues
        if is_urgent and EMERGENCY_QUEUE in queues:
            return EMERGENCY_QUEUE
        if last is not None:
            return last.queue
        if _USUAL_QUEUE in queues:
            return _USUAL_QUEUE
        return next((name for name in queues if name != EMERGENCY_QUEUE), EMERGENCY_QUEUE)

    def _window(self, call: Call, wait: Wait, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
        hours = rules_for(self._centre.insurers, call, wait.queue).hours
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


def take_back(tx: Transaction, wait: Wait, *, at: datetime) -> None:
    """The contact whose place was kept is in line again by itself: the promise has become needless."""
    callback = tx.scalar(
        select(Callback).where(Callback.wait_id == wait.id, Callback.ended_at.is_(None)).with_for_update()
    )
    if callback is not None:
        close(tx, callback, CallbackState.DONE, reason="stayed_in_line", at=at)


def close(tx: Transaction, callback: Callback, to: CallbackState, *, reason: str, at: datetime) -> None:
    """Bring a locked callback to its end, and take its appointments back."""
    move(callback, to)
    callback.ended_at, callback.end_reason = at, reason
    for kind in (TURN, PLACE, TIMEOUT):
        due_work.cancel(tx, kind=kind, subject_id=callback.id)


def next_window(centre: Centre, call: Call, callback: Callback, after: datetime) -> tuple[datetime, datetime]:
    """When a callback promised in `call` may be tried again; urgent ones at any hour."""
    if callback.is_urgent:
        return after, after + _LEAST_WINDOW
    insurer = centre.insurers[callback.insurer_id]
    hours = rules_for(centre.insurers, call, callback.queue).hours
    length = timedelta(minutes=insurer.callbacks.window_minutes)
    return window(after, hours, ZoneInfo(callback.time_zone), length)


def _at_once(tx: Transaction, call: Call, now: datetime) -> tuple[datetime, datetime]:
    """Now; but whoever is still on the line hears first that we ring back, or their telephone would be engaged.

    And the end of a call that the duty number had may overtake the news of what was spoken there.
    """
    ended = tx.scalar(select(CallEvent.data).where(CallEvent.call_id == call.id, CallEvent.kind == "ended").limit(1))
    was_put_through = ended is not None and ended.get("state") == CallState.TRANSFERRED
    is_certain = call.ended_at is not None and not was_put_through
    due_at = now if is_certain else now + _A_MOMENT
    return due_at, due_at + _LEAST_WINDOW


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
