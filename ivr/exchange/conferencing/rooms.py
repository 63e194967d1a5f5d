"""A conference from its first participant to its end, and its callbacks (twilio.md §1, §3, §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.exchange import recorder
from ivr.exchange.clock import rfc2822
from ivr.exchange.conferencing import hearing
from ivr.exchange.model import Conference, ConferenceStatus, Participant
from ivr.exchange.phones import hear
from ivr.exchange.twiml.verbs import Callback
from ivr.exchange.webhooks import tell
from ivr.exchange.webrequest import Fields

if TYPE_CHECKING:
    from ivr.exchange.core import Core

# The word by which an application subscribes to each event.
_SUBSCRIPTION = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}


def open_room(core: Core, name: str, callback: Callback, recording: Callback | None) -> Conference:
    """The live conference of that name, or a new one.

    Only the settings of whoever makes the room count; later callbacks are ignored (§1).
    """
    found = live_named(core, name)
    if found:
        return found
    room = Conference(core.sids.make("CF"), name, core.now(), callback=callback, recording=recording)
    core.conferences[room.sid] = core.live_conferences[name] = room
    return room


def live_named(core: Core, name: str) -> Conference | None:
    """The conference of that name, or with that sid, that is not over."""
    room = core.live_conferences.get(name) or core.conferences.get(name)
    return None if room is None or room.is_over else room


def admit(core: Core, room: Conference, participant: Participant) -> None:
    """Let a participant in; with two of them and a starter the conference starts."""
    room.invited.pop(participant.call.sid, None)
    room.participants[participant.call.sid] = participant
    announce(core, room, "participant-join", participant)
    if participant.beep in ("true", "onEnter"):
        _beep(core, room, participant)
    if room.status is ConferenceStatus.INIT and _may_start(room):
        _start(core, room)
    elif room.status is ConferenceStatus.IN_PROGRESS and participant.attending:
        participant.attending.stop_waiting(core)
    hearing.refresh(core, room)


def _may_start(room: Conference) -> bool:
    present = room.participants.values()
    return len(present) > 1 and any(p.is_starting for p in present)


def _start(core: Core, room: Conference) -> None:
    room.status = ConferenceStatus.IN_PROGRESS
    announce(core, room, "conference-start")
    if room.recording is not None:
        callback = room.recording
        recorder.begin(core, source="Conference", conference_sid=room.sid, callback=callback)
    for participant in room.participants.values():
        if participant.attending:
            participant.attending.stop_waiting(core)


def dismiss(core: Core, room: Conference, participant: Participant, reason: str) -> None:
    """A participant is out; the room ends if that was the last one or one who ends it."""
    if room.participants.pop(participant.call.sid, None) is None:
        return
    is_kicked = reason == "participant_updated_via_api"
    how = "kicked" if is_kicked else "left"
    _announce_leave(core, room, participant, reason)
    if participant.beep in ("true", "onExit"):
        _beep(core, room, participant)
    if participant.is_ending:
        end(core, room, f"participant-with-end-conference-on-exit-{how}", participant)
    elif not room.participants and not room.invited:
        end(core, room, f"last-participant-{how}", participant)
    else:
        hearing.refresh(core, room)


def end(core: Core, room: Conference, reason: str, by: Participant | None = None) -> None:
    """End the room: everybody still in it goes on with what their Dial says next."""
    if room.is_over:
        return
    room.status, room.ended_at, room.reason_ended = ConferenceStatus.COMPLETED, core.now(), reason
    room.ended_by = by.call.sid if by else ""
    room.ended_by_label = by.label if by else ""
    core.live_conferences.pop(room.friendly_name, None)
    left = "moderator_ended_conference" if by else "conference_ended_via_api"
    present = list(room.participants.values())
    room.participants.clear()
    for participant in present:
        _announce_leave(core, room, participant, left)
    recorder.stop_all(core, room.sid)
    announce(core, room, "conference-end", None, _end_fields(room))
    for participant in present:
        if participant.attending:
            participant.attending.released(core)


def _end_fields(room: Conference) -> Fields:
    fields = [("Reason", room.reason_ended.replace("-", " ")), ("ReasonConferenceEnded", room.reason_ended)]
    if room.ended_by:
        fields.append(("CallSidEndingConference", room.ended_by))
    if room.ended_by_label:
        fields.append(("ParticipantLabelEndingConference", room.ended_by_label))
    return tuple(fields)


def invitation_failed(core: Core, room: Conference, participant: Participant) -> None:
    """Somebody invited by REST never came in; an empty room ends with that."""
    if room.invited.pop(participant.call.sid, None) is None:
        return
    _announce_leave(core, room, participant, "participant_add_failed")
    if not room.participants and not room.invited:
        end(core, room, "last-participant-left", participant)


def _announce_leave(core: Core, room: Conference, participant: Participant, reason: str) -> None:
    call = participant.call
    fields = (("ReasonParticipantLeft", reason), ("ParticipantCallStatus", str(call.status)))
    announce(core, room, "participant-leave", participant, fields)


def announce(
    core: Core,
    room: Conference,
    event: str,
    participant: Participant | None = None,
    extra: Fields = (),
) -> None:
    """Send a conference event to the room's callback, if it asked for this kind."""
    callback = room.callback
    if callback is None or _SUBSCRIPTION[event] not in callback.events:
        return
    room.sequence += 1
    fields = [
        ("AccountSid", core.settings.account_sid),
        ("ConferenceSid", room.sid),
        ("FriendlyName", room.friendly_name),
        ("SequenceNumber", str(room.sequence)),
        ("StatusCallbackEvent", event),
        ("Timestamp", rfc2822(core.now()) or ""),
    ]
    if participant:
        fields += _participant_fields(participant)
    tell(core, callback, (*fields, *extra))


def _participant_fields(participant: Participant) -> list[tuple[str, str]]:
    fields = [
        ("CallSid", participant.call.sid),
        ("Coaching", _flag(participant.is_coaching)),
        ("EndConferenceOnExit", _flag(participant.is_ending)),
        ("Hold", _flag(participant.is_held)),
        ("Muted", _flag(participant.is_muted)),
        ("StartConferenceOnEnter", _flag(participant.is_starting)),
    ]
    if participant.label:
        fields.append(("ParticipantLabel", participant.label))
    return fields


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _beep(core: Core, room: Conference, whose: Participant) -> None:
    for participant in room.participants.values():
        if participant is not whose and not participant.is_held:
            hear(core, participant.call, "beep")
