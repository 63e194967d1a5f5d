"""Participants that REST adds, changes, holds, and takes out (twilio.md §4, §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.exchange import calls
from ivr.exchange.conferencing import attending, hearing, rooms
from ivr.exchange.errors import Refused
from ivr.exchange.model import Call, Conference, Participant
from ivr.exchange.script import Purpose, Script, Stop, fetch
from ivr.exchange.twiml.verbs import NOWHERE, Callback

if TYPE_CHECKING:
    from ivr.exchange.core import Core


@dataclass(slots=True, eq=False)
class Invitation:
    """Owns the outgoing call of a participant until it is in, or has failed."""

    room: Conference
    participant: Participant | None = None

    def ringing(self, core: Core, call: Call) -> None:
        """Nothing: the call's own progress callback tells."""

    def answered(self, core: Core, call: Call) -> None:
        """Up: into the room, or away if that has ended meanwhile."""
        if self.room.is_over or self.participant is None:
            calls.hang_up(core, call, "the conference is over")
            return
        script = calls.main_script(core, call)
        attending.enter(core, script, self.room, self.participant, None)

    def finished(self, core: Core, call: Call) -> None:
        """Over without having come in."""
        if self.participant:
            rooms.invitation_failed(core, self.room, self.participant)


@dataclass(frozen=True, slots=True)
class Guest:
    """What a POST to Participants says about the call to make."""

    sender: str
    to: str
    ring_seconds: float = 60.0
    limit_seconds: float = 14400.0
    progress: Callback = NOWHERE


def invite(core: Core, room: Conference, guest: Guest, template: Participant | None = None) -> Participant:
    """Call somebody into the room; raises Refused 16025 for a label that is taken."""
    invitation = Invitation(room)
    call = calls.new_outgoing(
        core,
        direction="outbound-api",
        sender=guest.sender,
        to=guest.to,
        owner=invitation,
        ring_seconds=guest.ring_seconds,
        progress=guest.progress,
    )
    call.limit_seconds = guest.limit_seconds
    participant = template or Participant(call)
    participant.call, participant.created_at = call, core.now()
    invitation.participant = participant
    room.invited[call.sid] = participant
    calls.place(core, call)
    return participant


def check_label(room: Conference, label: str) -> None:
    """A label is unique in its room."""
    everybody = [*room.participants.values(), *room.invited.values()]
    if label and any(participant.label == label for participant in everybody):
        raise Refused(16025, f"Duplicate participant label {label}", 400)


def find(room: Conference, ref: str) -> Participant | None:
    """The participant with this call sid or label, in the room or on the way."""
    for participant in [*room.participants.values(), *room.invited.values()]:
        if ref in (participant.call.sid, participant.label):
            return participant
    return None


def mute(core: Core, room: Conference, participant: Participant, is_muted: bool) -> None:
    """Mute or unmute."""
    if participant.is_muted != is_muted:
        participant.is_muted = is_muted
        event = "participant-mute" if is_muted else "participant-unmute"
        rooms.announce(core, room, event, participant)
        hearing.refresh(core, room)


def hold(
    core: Core, room: Conference, participant: Participant, is_held: bool, url: str | None, method: str
) -> None:
    """Hold or take back; a second hold only changes the music."""
    was_held, participant.is_held = participant.is_held, is_held
    if participant.attending is None:
        return
    if is_held:
        participant.attending.hold(core, url, method)
    elif was_held:
        participant.attending.unhold(core)
    if was_held != is_held:
        event = "participant-hold" if is_held else "participant-unhold"
        rooms.announce(core, room, event, participant)
        hearing.refresh(core, room)


def set_ending(core: Core, room: Conference, participant: Participant, is_ending: bool) -> None:
    """Change EndConferenceOnExit; silently ignored while the participant is held (§5)."""
    if participant.is_held or participant.is_ending == is_ending:
        return
    participant.is_ending = is_ending
    rooms.announce(core, room, "participant-modify", participant)


def coach(core: Core, room: Conference, participant: Participant, is_coaching: bool, whom: str) -> None:
    """Begin, retarget or end coaching; raises Refused 13240 for a call that is not in the room."""
    if is_coaching and whom not in room.participants:
        raise Refused(13240, f"There is no participant {whom or '(none)'} to coach", 400)
    participant.is_coaching, participant.coach = is_coaching, whom if is_coaching else ""
    rooms.announce(core, room, "participant-modify", participant)
    hearing.refresh(core, room)


def kick(core: Core, room: Conference, participant: Participant) -> None:
    """Take a participant out, or give up the call that was to bring one in."""
    if participant.attending:
        participant.attending.remove(core)
    else:
        calls.hang_up(core, participant.call, "removed before joining")


def announce_to(core: Core, room: Conference, only: Participant | None, url: str, method: str) -> None:
    """Play a document to one participant, or to all who are not held."""

    def listeners() -> list[Call]:
        present = [only] if only else list(room.participants.values())
        return [p.call for p in present if not p.call.is_over and (only or not p.is_held)]

    heard = listeners()
    if not heard:
        return
    script = Script(heard[0], at_end=lambda: done("announcement-end"))
    script.purpose, script.listeners = Purpose.ANNOUNCEMENT, listeners
    script.on_fault = lambda: done("announcement-fail")

    def done(event: str) -> None:
        script.stop(core, Stop.LEFT)
        failed = (("ReasonAnnouncementFailed", "the document could not be played"),)
        extra = failed if event == "announcement-fail" else ()
        if not room.is_over:
            rooms.announce(core, room, event, only, (("AnnounceUrl", url), *extra))

    fetch(core, script, url, method, (("ConferenceSid", room.sid),))
