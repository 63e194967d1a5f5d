"""The media plane: who hears whom, in a bridge or in a conference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.exchange import calls
from ivr.exchange.model import Call, Conference, ConferenceStatus, Participant

if TYPE_CHECKING:
    from ivr.exchange.core import Core


def heard_by(core: Core, call: Call) -> list[Call]:
    """The calls whose sound reaches ``call`` now; prompts and music are not calls."""
    other = core.bridges.get(call.sid)
    if other:
        return [other]
    for room in core.live_conferences.values():
        if call.sid in room.participants:
            return [p.call for p in audible_to(room, room.participants[call.sid])]
    return []


def audible_to(room: Conference, listener: Participant) -> list[Participant]:
    """Whom a participant hears: not while held, never the muted, coaches only if coached."""
    if room.status is not ConferenceStatus.IN_PROGRESS or listener.is_held:
        return []
    return [other for other in room.participants.values() if _reaches(other, listener)]


def _reaches(speaker: Participant, listener: Participant) -> bool:
    if speaker is listener or speaker.is_muted or speaker.is_held:
        return False
    return not speaker.is_coaching or speaker.coach == listener.call.sid


def refresh(core: Core, room: Conference) -> None:
    """After any change tell each telephone whom it now hears, if that has changed."""
    for participant in list(room.participants.values()):
        attending = participant.attending
        if attending is None:
            continue
        others = tuple(p.call.phone.address for p in audible_to(room, participant))
        if others != attending.company:
            attending.company = others
            calls.bridged(core, participant.call, others)


def speaking_in(room: Conference) -> list[Call]:
    """The calls that a recording of the conference hears: a coach is not on it (twilio.md §5)."""
    if room.status is not ConferenceStatus.IN_PROGRESS:
        return []
    speakers = room.participants.values()
    return [p.call for p in speakers if not (p.is_muted or p.is_held or p.is_coaching)]
