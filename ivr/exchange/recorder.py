"""Recordings: beginning, pausing, ending, their callbacks, and the sound itself (twilio.md §1, §4)."""

from __future__ import annotations

import io
import math
import struct
import wave
from functools import lru_cache
from typing import TYPE_CHECKING

from ivr.exchange.clock import rfc2822
from ivr.exchange.model import Recording, RecordingStatus
from ivr.exchange.twiml.verbs import NOWHERE, Callback
from ivr.exchange.webhooks import tell, url_of
from ivr.exchange.webrequest import Fields

if TYPE_CHECKING:
    from ivr.exchange.core import Core

RATE = 8000
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
    core.recordings[recording.sid] = recording
    core.live_recordings.setdefault(call_sid or conference_sid, []).append(recording)
    core.sound.recorded(core, recording)
    _announce(core, recording)
    if (most := core.settings.most_recorded_seconds) is not None and not _is_kept_whole(core, recording):
        core.after(most, lambda: stop(core, recording))
    return recording


def _is_kept_whole(core: Core, recording: Recording) -> bool:
    """Drawn by the sid, which the same seed makes the same."""
    return int(recording.sid[2:], 16) % core.settings.whole_recording_one_in == 0


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
    if recording.is_skipping:
        recording.skipped_seconds += (core.now() - recording.paused_at).total_seconds()
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
    seconds = (core.now() - recording.started_at).total_seconds() - recording.skipped_seconds
    recording.duration_seconds = max(0, round(seconds))
    recording.status = RecordingStatus.PROCESSING
    core.sound.recorded(core, recording)
    subject = recording.call_sid or recording.conference_sid
    core.live_recordings[subject].remove(recording)
    if not core.live_recordings[subject]:
        del core.live_recordings[subject]
    core.after(core.settings.recording_processing_seconds, lambda: _complete(core, recording))


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


@lru_cache(maxsize=4)
def sound(seconds: int, channels: int) -> bytes:
    """A WAV of that length, 16 bits at 8 kHz: a tone of 440 Hz and, on a second channel, silence."""
    second = b"".join(
        struct.pack("<h", round(6000 * math.sin(2 * math.pi * 440 * n / RATE)))
        + (b"\0\0" if channels == 2 else b"")
        for n in range(RATE)
    )
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(second * seconds)
    return buffer.getvalue()
