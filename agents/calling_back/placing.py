"""Keeping promised callbacks: dial at their turn, count the attempts, and know what became of each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select

from agents import presence
from agents.addresses import callback_answer_url, callback_status_url, placed_fallback_url
from agents.calling_back import callbacks
from agents.calling_back.callbacks import PLACE, TIMEOUT, TURN
from agents.floor import Floor
from agents.models import Callback, CallbackState, Wait, WaitState
from agents.placed_calls import live_call
from agents.waiting import waits
from config import due_work
from config.centre import Centre
from config.database import Transaction
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.calls.outcomes import LINE, has_reached_duty, leave_to_the_desk, record_outcome
from ivr.carrier.errors import CallGone, CarrierRefused

# Whoever still hears the promise would be engaged. The end of a call may never be told; a minute is longer than the
# promise and the goodbye, and what the comparison with the carrier's list needs to find the end out.
_PROMISE_IS_HEARD: Final = timedelta(minutes=1)
_STILL_HEARD_PAUSE: Final = timedelta(seconds=3)
_RING_SECONDS: Final = 35
_NEWS_WITHIN: Final = timedelta(seconds=90)
_CONVERSATION_CHECK: Final = timedelta(minutes=5)
_NEXT_TRY: Final = timedelta(minutes=15)
_NEXT_URGENT_TRY: Final = timedelta(seconds=60)
# A promise is a promise: shortly before the window closes it is dialled although no agent is free.
_BEFORE_WINDOW_ENDS: Final = timedelta(minutes=10)



@dataclass(frozen=True)
class _ToDial:
    phone: str
    caller_id: str
    fallback_url: str
    since: datetime
    must_look: bool


def take_turn(floor: Floor, callback_id: str) -> None:
    """The window is open: let the router dial at this contact's turn; near its end dial anyhow."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("open_callback_window") as tx:
        found = callbacks.locked_callback(tx, callback_id)
        if found is None or found[2].state != CallbackState.PLANNED or found[2].due_at > now:
            return
        callback = found[2]
        latest = callback.window_until - _BEFORE_WINDOW_ENDS
        if now >= latest:
            callbacks.schedule(tx, callback, PLACE, now)
            return
        presence.call_router(tx, callback.insurer_id, now)
        callbacks.schedule(tx, callback, TURN, latest)


def place(floor: Floor, callback_id: str) -> None:
    """Dial the person. A lost answer of the carrier raises; the next try looks before it repeats."""
    to_dial = _begin(floor, callback_id)
    if to_dial is None:
        return
    sid = None
    if to_dial.must_look:
        sid = live_call(floor, to=to_dial.phone, caller_id=to_dial.caller_id, since=to_dial.since)
    try:
        sid = sid or floor.carrier.place_call(
            to=to_dial.phone,
            caller_id=to_dial.caller_id,
            answer_url=callback_answer_url(floor.centre.settings, callback_id),
            fallback_url=to_dial.fallback_url,
            status_url=callback_status_url(floor.centre.settings, callback_id),
            timeout_seconds=_RING_SECONDS,
        )
    except (CarrierRefused, CallGone) as error:
        attempt_failed(floor, callback_id, reason=f"refused_{error.code}")
        return
    with floor.centre.database.transaction("note_callback_dialled") as tx:
        found = callbacks.locked_callback(tx, callback_id)
        if found is not None and found[2].state == CallbackState.DIALLING and found[2].carrier_sid is None:
            found[2].carrier_sid = sid


def reached(floor: Floor, callback_id: str, sid: str) -> bool:
    """Somebody answered; False where the promise was kept or given up already. Repeated, it changes nothing."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("reach_callback") as tx:
        found = callbacks.locked_callback(tx, callback_id)
        if found is None or found[2].ended_at is not None:
            return False
        call, _, callback = found
        if callback.state == CallbackState.ANSWERED:
            return callback.carrier_sid == sid
        if callback.state != CallbackState.DIALLING or callback.carrier_sid not in (None, sid):
            return False
        callbacks.move(callback, CallbackState.ANSWERED)
        callback.carrier_sid = sid
        callbacks.schedule(tx, callback, TIMEOUT, now + _CONVERSATION_CHECK)
        record(tx, call, "callback_answered", at=now, callback=callback.id)
        return True


def attempt_failed(floor: Floor, callback_id: str, *, reason: str, sid: str | None = None) -> None:
    """An attempt reached nobody: try again in the window's terms, until the allowed attempts are used up."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("fail_callback_attempt") as tx:
        found = callbacks.locked_callback(tx, callback_id)
        if found is None:
            return
        call, wait, callback = found
        if callback.state == CallbackState.DIALLING and callback.carrier_sid in (None, sid or callback.carrier_sid):
            _try_later(tx, floor.centre, call=call, wait=wait, callback=callback, reason=reason, at=now)


# Built once: every call's end asks it.
_KEPT_BY: Final = select(Callback.id).where(
    Callback.carrier_sid == bindparam("carrier_sid"),
    Callback.insurer_id == bindparam("insurer_id"),
    Callback.ended_at.is_(None),
)


def conversation_over(tx: Transaction, centre: Centre, ended: Call, at: datetime) -> None:
    """The outgoing call ended: the promise is kept if the person came into the queue, else it counts as an attempt."""
    callback_id = tx.scalar(_KEPT_BY, {"carrier_sid": ended.carrier_sid, "insurer_id": ended.insurer_id})
    found = None if callback_id is None else callbacks.locked_callback(tx, callback_id)
    if found is None:
        return
    call, wait, callback = found
    if wait is not None and wait.state == WaitState.CALLBACK:
        _try_later(tx, centre, call=call, wait=wait, callback=callback, reason="left_early", at=at)
    else:
        _end(tx, call, callback, CallbackState.DONE, reason="done", at=at)


def check(floor: Floor, callback_id: str) -> None:
    """No news of a dialled callback for too long: ask the carrier what became of it."""
    with floor.centre.database.reading("callback_to_check") as tx:
        callback = tx.get(Callback, callback_id)
    if callback is None or callback.state not in (CallbackState.DIALLING, CallbackState.ANSWERED):
        return
    placed = None if callback.carrier_sid is None else floor.carrier.call_status(callback.carrier_sid)
    if placed is not None and not placed.status.is_over:
        _check_later(floor, callback)
    elif callback.state == CallbackState.DIALLING:
        attempt_failed(floor, callback_id, reason="no_news", sid=callback.carrier_sid)
    else:
        _conversation_lost(floor, callback)


def _begin(floor: Floor, callback_id: str) -> _ToDial | None:
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("begin_callback") as tx:
        found = callbacks.locked_callback(tx, callback_id)
        if found is None:
            return None
        call, wait, callback = found
        fallback = placed_fallback_url(floor.centre.settings, call)
        if callback.state == CallbackState.DIALLING and callback.carrier_sid is None and callback.dialled_at:
            return _ToDial(callback.phone, call.dnis, fallback, callback.dialled_at, must_look=True)
        if callback.state != CallbackState.PLANNED or callback.due_at > now:
            return None
        if callback.reason == callbacks.EMERGENCY_DROP and has_reached_duty(tx, callback.call_id):
            _helped_by_duty(tx, call, wait, callback, at=now)
            return None
        if call.ended_at is None and now < callback.planned_at + _PROMISE_IS_HEARD:
            _dial_after_promise(tx, callback, now)
            return None
        callbacks.move(callback, CallbackState.DIALLING)
        callback.attempts += 1
        callback.dialled_at, callback.carrier_sid = now, None
        callbacks.schedule(tx, callback, TIMEOUT, now + _NEWS_WITHIN)
        due_work.cancel(tx, kind=TURN, subject_id=callback.id)
        presence.call_router(tx, callback.insurer_id, now)
        record(tx, call, "callback_dialled", at=now, callback=callback.id, attempt=callback.attempts)
        return _ToDial(callback.phone, call.dnis, fallback, now, must_look=False)


def _dial_after_promise(tx: Transaction, callback: Callback, now: datetime) -> None:
    """The call in which it was promised goes on: ask again soon, and leave its turn to others until then."""
    callback.due_at = now + _STILL_HEARD_PAUSE
    callbacks.schedule(tx, callback, PLACE if callback.is_urgent else TURN, callback.due_at)
    presence.call_router(tx, callback.insurer_id, now)


def _helped_by_duty(tx: Transaction, call: Call, wait: Wait | None, callback: Callback, *, at: datetime) -> None:
    """News of the duty person's conversation came after that of the call's end: there is nobody to ring."""
    if wait is not None and wait.state == WaitState.CALLBACK:
        waits.end(tx, wait, WaitState.LEFT, reason="helped_by_duty", at=at)
    callbacks.close(tx, callback, CallbackState.DONE, reason="helped_by_duty", at=at)
    record(tx, call, "callback_needless", at=at, callback=callback.id)


def _try_later(
    tx: Transaction,
    centre: Centre,
    *,
    call: Call,
    wait: Wait | None,
    callback: Callback,
    reason: str,
    at: datetime,
) -> None:
    due_work.cancel(tx, kind=TIMEOUT, subject_id=callback.id)
    due_work.cancel(tx, kind=PLACE, subject_id=callback.id)
    record(tx, call, "callback_missed", at=at, callback=callback.id, reason=reason, attempt=callback.attempts)
    if callback.attempts >= callback.attempts_allowed:
        _end(tx, call, callback, CallbackState.FAILED, reason=reason, at=at)
        if wait is not None and wait.state == WaitState.CALLBACK:
            waits.end(tx, wait, WaitState.LEFT, reason="callback_failed", at=at)
        return
    callbacks.move(callback, CallbackState.PLANNED)
    callback.carrier_sid = None
    after = at + (_NEXT_URGENT_TRY if callback.is_urgent else _NEXT_TRY)
    callback.due_at, callback.window_until = callbacks.next_window(centre, call, callback, after)
    callbacks.schedule(tx, callback, PLACE if callback.is_urgent else TURN, callback.due_at)


def _end(tx: Transaction, call: Call, callback: Callback, to: CallbackState, *, reason: str, at: datetime) -> None:
    callbacks.close(tx, callback, to, reason=reason, at=at)
    record(tx, call, f"callback_{to}", at=at, callback=callback.id, reason=reason)
    if to is CallbackState.FAILED:
        leave_to_the_desk(tx, call, at=at)
    else:
        record_outcome(tx, call=call, code="callback_done", by=LINE, at=at, is_primary=False)


def _check_later(floor: Floor, callback: Callback) -> None:
    now = floor.centre.clock.now()
    wait_for = _NEWS_WITHIN if callback.state == CallbackState.DIALLING else _CONVERSATION_CHECK
    with floor.centre.database.transaction("check_callback_again") as tx:
        callbacks.schedule(tx, callback, TIMEOUT, now + wait_for)


def _conversation_lost(floor: Floor, callback: Callback) -> None:
    """The carrier knows the call is over and nobody told us: settle it as if told."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("settle_callback") as tx:
        found = callbacks.locked_callback(tx, callback.id)
        if found is None or found[2].state != CallbackState.ANSWERED:
            return
        call, wait, row = found
        if wait is not None and wait.state == WaitState.CALLBACK:
            _try_later(tx, floor.centre, call=call, wait=wait, callback=row, reason="left_early", at=now)
        else:
            _end(tx, call, row, CallbackState.DONE, reason="done", at=now)
