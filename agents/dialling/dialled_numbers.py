"""The number of a call that an agent makes: rung once whatever crashes, brought to the agent, and let go of.

Both are in the conference of the dial's own name, as caller and agent are in theirs, so that a supervisor can listen.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agents.addresses import dial_answer_url, dial_status_url, placed_fallback_url
from agents.dialling import dialled_calls
from agents.floor import Floor
from agents.models import Dial, DialState
from agents.placed_calls import live_call
from agents.rows import locked
from config import due_work
from config.database import Transaction
from config.errors import NotYet
from ivr.calls.ending import end_call
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.carrier.errors import CallGone, CarrierRefused
from ivr.carrier.port import CarrierStatus
from recordings.conversations import expect
from recordings.models import RecordingKind

RING_SECONDS: Final = 45
"""How long a number rings."""

# How late news of its end may be.
_NEWS_SECONDS: Final = 15


@dataclass(frozen=True)
class Answered:
    """Somebody answered at the number: the call, and whether they are told first that it is recorded."""

    call: Call
    is_recorded: bool


@dataclass(frozen=True)
class _ToRing:
    number: str
    extension: str | None
    caller_id: str
    fallback_url: str
    since: datetime
    must_look: bool


def ring(floor: Floor, dial_id: str) -> None:
    """Due work: ring the number. A lost answer of the carrier raises; the next try looks before it repeats."""
    to_ring = _begin(floor, dial_id)
    if to_ring is None:
        return
    sid = _found(floor, to_ring) if to_ring.must_look else None
    settings = floor.centre.settings
    try:
        sid = sid or floor.carrier.place_call(
            to=to_ring.number,
            extension=to_ring.extension,
            caller_id=to_ring.caller_id,
            answer_url=dial_answer_url(settings, dial_id),
            fallback_url=to_ring.fallback_url,
            status_url=dial_status_url(settings, dial_id),
            timeout_seconds=RING_SECONDS,
        )
    except (CarrierRefused, CallGone):
        over(floor, dial_id, sid=None, status=CarrierStatus.FAILED)
        return
    with floor.centre.database.transaction("note_number_rung") as tx:
        found = _locked_dial(tx, dial_id)
        if found is not None:
            _keep_sid(tx, found[1], sid, floor.centre.clock.now())


def answered(tx: Transaction, floor: Floor, dial_id: str, sid: str) -> Answered | None:
    """Somebody answered; None where the agent is gone meanwhile, or it is another's leg. Repeated, it changes nothing.

    From here on the call may be listened to, and is recorded where the line says so.
    """
    found, now = _locked_dial(tx, dial_id), floor.centre.clock.now()
    if found is None or found[1].state != DialState.PLACED or found[1].number_sid not in (None, sid):
        return None
    call, dial = found
    dial.number_sid = sid
    is_recorded = floor.centre.insurers[dial.insurer_id].lines[call.line].records_calls
    if dial.answered_at is None:
        dial.answered_at = now
        due_work.cancel(tx, kind=dialled_calls.CHECK, subject_id=dial.id)
        record(tx, call, "number_answered", at=now, dial=dial.id)
        if is_recorded:
            expect(tx, call, conversation=dial.id, kind=RecordingKind.OWN_CALL, at=now)
    return Answered(call, is_recorded)


def over(floor: Floor, dial_id: str, *, sid: str | None, status: CarrierStatus) -> None:
    """The number's leg is over, for whatever reason, and with it the call; late or repeated, it changes nothing.

    Without a `sid` the number could not be rung.
    """
    centre = floor.centre
    now = centre.clock.now()
    with centre.database.transaction("end_dialled_number") as tx:
        found = _locked_dial(tx, dial_id)
        if found is None or (sid is not None and found[1].number_sid not in (None, sid)):
            return
        call, dial = found
        if sid is not None:
            _keep_sid(tx, dial, sid, now)
        end_call(centre, tx, call, cause=status.value, at=now)


def check(floor: Floor, dial_id: str) -> None:
    """Due work: no news of a number for longer than it rings; ask the carrier what became of it.

    Raises NotYet while it rings there.
    """
    with floor.centre.database.reading("number_to_check") as tx:
        dial = tx.get(Dial, dial_id)
    if dial is None or dial.state != DialState.PLACED or dial.answered_at is not None or dial.number_sid is None:
        return
    leg = floor.carrier.call_status(dial.number_sid)
    if leg is not None and not leg.status.is_over:
        raise NotYet("the number rings")
    status = CarrierStatus.FAILED if leg is None else leg.status
    over(floor, dial_id, sid=dial.number_sid, status=status)


def end_legs(floor: Floor, dial_id: str) -> None:
    """Due work: the call is over; nobody stays behind, and nothing rings on."""
    with floor.centre.database.reading("legs_to_end") as tx:
        dial = tx.get(Dial, dial_id)
        call = None if dial is None or dial.call_id is None else tx.get(Call, dial.call_id)
    if dial is None or call is None:
        return
    number_sid = dial.number_sid
    if number_sid is None and dial.ring_tried_at is not None:
        number_sid = live_call(floor, to=dial.e164 or "", caller_id=call.dnis, since=dial.ring_tried_at)
    for sid in (number_sid, dial.carrier_sid):
        if sid is not None:
            floor.carrier.end_call(call_sid=sid)


def _begin(floor: Floor, dial_id: str) -> _ToRing | None:
    """Write that we are about to ring, before we do: whoever finds it written must look first."""
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("begin_ringing_number") as tx:
        found = _locked_dial(tx, dial_id)
        if found is None or found[1].state != DialState.PLACED or found[1].number_sid is not None:
            return None
        call, dial = found
        must_look = dial.ring_tried_at is not None
        dial.ring_tried_at = dial.ring_tried_at or now
        check_at = now + timedelta(seconds=RING_SECONDS + _NEWS_SECONDS)
        dialled_calls.schedule(tx, dial, dialled_calls.CHECK, check_at)
        fallback = placed_fallback_url(floor.centre.settings, call)
        return _ToRing(dial.e164 or "", dial.extension, call.dnis, fallback, dial.ring_tried_at, must_look)


def _found(floor: Floor, to_ring: _ToRing) -> str | None:
    return live_call(floor, to=to_ring.number, caller_id=to_ring.caller_id, since=to_ring.since)


def _keep_sid(tx: Transaction, dial: Dial, sid: str, at: datetime) -> None:
    """Remember the number's leg; one of a call that is over already is to be ended."""
    if dial.number_sid is None:
        dial.number_sid = sid
        if dial.state == DialState.OVER:
            dialled_calls.schedule(tx, dial, dialled_calls.END_LEGS, at)


def _locked_dial(tx: Transaction, dial_id: str) -> tuple[Call, Dial] | None:
    """The call of a number that an agent rings, and the dial, locked in order."""
    seen = tx.get(Dial, dial_id)
    call = None if seen is None or seen.call_id is None or seen.e164 is None else locked(tx, Call, seen.call_id)
    dial = None if call is None else locked(tx, Dial, dial_id)
    return None if call is None or dial is None else (call, dial)
