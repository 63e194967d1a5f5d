"""Spoken messages: what was recorded is announced once, and thrown away where the caller chose something else."""

from dataclasses import dataclass
from typing import Final

from config import due_work
from config.database import Transaction
from flows.turn import Answered, Heard, Pressed
from ivr.calls.finding import locked_call_by_sid
from ivr.calls.models import Call, CarrierNews
from ivr.carrier.port import Carrier
from ivr.phone_side import PhoneSide
from ivr.turns.diverted import is_with_secretary, message_taken, recording_document
from ivr.turns.keys import is_hasty
from ivr.turns.replies import latest_reply
from ivr.turns.taking import end_turn, finish
from ivr.turns.turning import Turning, turning
from ivr.twiml.elements import Xml

DISCARD: Final = "discard_recording"
_LEAVING_KEYS: Final = frozenset("09*")
_EMERGENCY: Final = "9"


@dataclass(frozen=True)
class Spoken:
    """What the carrier says of a recording: its sid (None: nothing was recorded), its length, the key that ended it.

    `is_before_tone`: the key cut off the words before it, and nothing could be recorded yet.
    """

    sid: str | None
    seconds: int
    key: str
    is_before_tone: bool = False


def message_spoken(phone: PhoneSide, call_id: str, number: int, spoken: Spoken, *, has_hung_up: bool) -> Xml:
    """The reply to the message recorded in turn `number`, in the flow or by the secretary. Raises CallUnreadable."""
    with turning(phone, call_id, "take_turn") as one:
        if number != one.call.turn:
            return latest_reply(one.tx, one.call)
        if spoken.is_before_tone and spoken.key == "#" and is_hasty(one, (str(number - 1),)):
            # It ends what was keyed before: the words are heard again, whole, in the same turn.
            return latest_reply(one.tx, one.call)
        one.has_hung_up = has_hung_up
        is_secretary = is_with_secretary(one)
        heard = _heard(one, spoken)
        # The secretary stands in a queue's place, of which the flow knows nothing; an emergency is the flow's.
        if not is_secretary or heard == Pressed(_EMERGENCY):
            return finish(one, heard)
        if spoken.is_before_tone and spoken.key not in _LEAVING_KEYS:
            return end_turn(one, recording_document(one, ""))
        return end_turn(one, message_taken(one, is_recorded=heard == Answered("recorded")))


def recording_ready(phone: PhoneSide, *, carrier_sid: str, recording_sid: str, seconds: int) -> None:
    """The carrier finished a recording. News whose turn was lost makes the message known all the same."""
    with phone.centre.database.transaction("note_recording") as tx:
        call = locked_call_by_sid(tx, carrier_sid)
        if call is not None and seconds > 0:
            announce(phone, tx, call, recording_sid, seconds)


def announce(phone: PhoneSide, tx: Transaction, call: Call, recording_sid: str, seconds: int) -> None:
    """Hand a message over to who keeps them, once; one that was thrown away stays so."""
    if _is_first_news(phone, tx, recording_sid):
        phone.ports.voicemail.announce(tx, call, recording_sid=recording_sid, duration_seconds=seconds)


def discard_recording(carrier: Carrier, recording_sid: str) -> None:
    """Due work: nothing of it may stay at the carrier."""
    carrier.delete_recording(recording_sid)


def _heard(one: Turning, spoken: Spoken) -> Heard:
    is_leaving = spoken.key in _LEAVING_KEYS and spoken.key != ""
    if spoken.sid is not None:
        one.write_events()
        if is_leaving or spoken.seconds < 1:
            _discard(one, spoken.sid)
        else:
            announce(one.phone, one.tx, one.call, spoken.sid, spoken.seconds)
    if is_leaving or spoken.is_before_tone:
        return Pressed(spoken.key)
    return Answered("recorded" if spoken.sid is not None and spoken.seconds >= 1 else "empty")


def _discard(one: Turning, recording_sid: str) -> None:
    if _is_first_news(one.phone, one.tx, recording_sid):
        due_work.schedule(one.tx, kind=DISCARD, subject_id=recording_sid, insurer_id=one.call.insurer_id, due_at=one.at)


def _is_first_news(phone: PhoneSide, tx: Transaction, recording_sid: str) -> bool:
    key = f"recording:{recording_sid}"
    if tx.get(CarrierNews, key) is not None:
        return False
    tx.add(CarrierNews(key=key, at=phone.centre.clock.now()))
    tx.flush()
    return True
