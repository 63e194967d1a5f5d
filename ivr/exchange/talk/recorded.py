"""The sound of a recording of telephones that nobody held: drawn by its sid, and by who took part."""

from __future__ import annotations

from random import Random
from typing import Final

from ivr.exchange.model import Call, Recording
from ivr.exchange.phones import WITHHELD
from ivr.exchange.talk.conversations import Occasion, Span, Tracks, Voice, conversation, message
from ivr.exchange.talk.lines import Speaker, shipped
from ivr.exchange.voice import pcm
from ivr.telephone_sound import RATE, WIDTH

_AGENTS: Final = "client:"
_AGENTS_PITCH: Final = ((1.02, 1.1),)
# Either deeper or higher than any agent: there is one voice, and two people are to be told apart.
_CALLERS_PITCH: Final = ((0.82, 0.88), (1.22, 1.3))
_AGENTS_LOUDNESS, _CALLERS_LOUDNESS = (0.85, 1.0), (0.5, 0.75)


def sound_of(recording: Recording, channels: int) -> bytes:
    """A WAV of the recording's length, 16 bits at 8 kHz, silent where it was paused.

    On two channels the first is whoever's call was recorded.
    """
    tracks = {one: _paused(track, recording) for one, track in _said(recording).items()}
    is_agents = any(_is_agents(call) for call in recording.parties[:1])
    first, second = (Speaker.AGENT, Speaker.CALLER) if is_agents else (Speaker.CALLER, Speaker.AGENT)
    sides = tracks[first], tracks[second]
    return pcm.wav(pcm.stereo(*sides) if channels == 2 else pcm.mix(sides), channels)


def _said(recording: Recording) -> Tracks:
    dice = Random(recording.sid)  # noqa: S311 - repeatable is what is wanted here
    agent = next((one for one in recording.parties if _is_agents(one)), None)
    caller = next((one for one in recording.parties if not _is_agents(one)), None)
    voices = {
        Speaker.AGENT: _voice(agent, recording, _AGENTS_PITCH, _AGENTS_LOUDNESS),
        Speaker.CALLER: _voice(caller, recording, _CALLERS_PITCH, _CALLERS_LOUDNESS),
    }
    seconds = recording.duration_seconds
    if recording.source == "RecordVerb":
        return message(shipped(), dice, voices, seconds)
    return conversation(shipped(), dice, _occasion(caller), voices, seconds)


def _occasion(caller: Call | None) -> Occasion:
    return Occasion(caller.phone.matter, caller.direction != "inbound") if caller else Occasion()


def _is_agents(call: Call) -> bool:
    return call.phone.address.startswith(_AGENTS)


def _voice(
    call: Call | None,
    recording: Recording,
    pitches: tuple[Span, ...],
    loudness: Span,
) -> Voice:
    """Whoever has an address sounds the same in every call."""
    address = call.phone.address if call else WITHHELD
    dice = Random(recording.sid if address == WITHHELD else address)  # noqa: S311 - as above
    return Voice(dice.uniform(*dice.choice(pitches)), dice.uniform(*loudness))


def _paused(track: bytes, recording: Recording) -> bytes:
    for begins, ends in recording.silences:
        first, last = (min(len(track), round(at * RATE) * WIDTH) for at in (begins, ends))
        track = track[:first] + bytes(last - first) + track[last:]
    return track
