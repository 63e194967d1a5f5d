"""Recordings: beginning, pausing, ending, and their callbacks (twilio.md §1, §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.exchange.clock import rfc2822
from ivr.exchange.model import Call, Recording, RecordingStatus
from ivr.exchange.twiml.verbs import NOWHERE, Callback
from ivr.exchange.webhooks import tell, url_of
from ivr.exchange.webrequest import Fields

if TYPE_CHECKING:
    from ivr.exchange.core import Core

_LIVE = (RecordingStatus.IN_PROGRESS, RecordingStatus.PAUSED)
UNFINISHED = (*_LIVE, RecordingStatus.PROCESSING)


def begin(
    core: Core,
    *,
    source: str,
    call_sid: str = "",
    conference_sid: str = "",
    channels: int = 1,
    track: str = "both",
    callback: Callback = NOWHERE,
    name: str = "",
) -> Recording:
    """Begin to record a call or a conference."""
    recording = Recording(core.sids.make("RE"), source, core.now(), call_sid, conference_sid, name)
    recording.channels, recording.track, recording.callback = channels, track, callback
    recording.parties = _parties(core, call_sid, conference_sid)
    core.recordings[recording.sid] = recording
    core.live_recordings.setdefault(call_sid or conference_sid, []).append(recording)
    core.sound.recorded(core, recording)
    _announce(core, recording)
    return recording


def _parties(core: Core, call_sid: str, conference_sid: str) -> tuple[Call, ...]:
    if call_sid:
        return (core.calls[call_sid],)
    return tuple(one.call for one in core.conferences[conference_sid].participants.values())


def live_of(core: Core, subject_sid: str) -> list[Recording]:
    """The recordings that run, or are paused, on a call or a conference."""
    return list(core.live_recordings.get(subject_sid, ()))


def pause(core: Core, recording: Recording, is_skipping: bool) -> None:
    """Pause; with ``is_skipping`` the pause is left out of the sound, else it is silence."""
    if recording.status is RecordingStatus.IN_PROGRESS:
        recording.status = RecordingStatus.PAUSED
        recording.paused_at, recording.is_skipping = core.now(), is_skipping
        core.sound.recorded(core, recording)


def resume(core: Core, recording: Recording) -> None:
    """Go on recording."""
    if recording.status is not RecordingStatus.PAUSED or recording.paused_at is None:
        return
    seconds = (core.now() - recording.paused_at).total_seconds()
    if recording.is_skipping:
        recording.skipped_seconds += seconds
    else:
        ended = _sound_seconds(core, recording)
        recording.silences.append((ended - seconds, ended))
    recording.status, recording.paused_at = RecordingStatus.IN_PROGRESS, None
    core.sound.recorded(core, recording)


def stop_all(core: Core, subject_sid: str) -> None:
    """End every recording of a call or a conference."""
    for recording in live_of(core, subject_sid):
        stop(core, recording)


def stop(core: Core, recording: Recording) -> None:
    """End a recording; it is ready, and announced, after some processing."""
    if recording.status not in _LIVE:
        return
    resume(core, recording)
    recording.duration_seconds = max(0, round(_sound_seconds(core, recording)))
    recording.status = RecordingStatus.PROCESSING
    core.sound.recorded(core, recording)
    subject = recording.call_sid or recording.conference_sid
    core.live_recordings[subject].remove(recording)
    if not core.live_recordings[subject]:
        del core.live_recordings[subject]
    core.after(core.settings.recording_processing_seconds, lambda: _complete(core, recording))


def _sound_seconds(core: Core, recording: Recording) -> float:
    """How long its sound is by now."""
    return (core.now() - recording.started_at).total_seconds() - recording.skipped_seconds


def _complete(core: Core, recording: Recording) -> None:
    is_absent = recording.duration_seconds == 0
    recording.status = RecordingStatus.ABSENT if is_absent else RecordingStatus.COMPLETED
    recording.updated_at = core.now()
    _announce(core, recording)


def _announce(core: Core, recording: Recording) -> None:
    if str(recording.status) in recording.callback.events:
        tell(core, recording.callback, _fields(core, recording))


def _fields(core: Core, recording: Recording) -> Fields:
    fields = [
        ("AccountSid", core.settings.account_sid),
        ("RecordingSid", recording.sid),
        ("RecordingStatus", str(recording.status)),
        ("RecordingUrl", url_of(core, recording)),
        ("RecordingChannels", str(recording.channels)),
        ("RecordingStartTime", rfc2822(recording.started_at) or ""),
        ("RecordingSource", recording.source),
        ("RecordingTrack", recording.track),
        ("ErrorCode", "0"),
    ]
    if recording.call_sid:
        fields.append(("CallSid", recording.call_sid))
    if recording.conference_sid:
        fields.append(("ConferenceSid", recording.conference_sid))
    if recording.status is RecordingStatus.COMPLETED:
        fields.append(("RecordingDuration", str(recording.duration_seconds)))
    return tuple(fields)
