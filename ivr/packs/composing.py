"""Puts the recordings of one prompt together: a µ-law file that says what it speaks, as every carrier takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flows.speech import Part, text_of_parts
from ivr.packs.addresses import Played
from ivr.packs.pack import Recording, Shelf
from ivr.telephone_sound import levels
from ivr.telephone_sound.errors import NotWav
from ivr.telephone_sound.wav import Coding, write_wav

_SHORT_PAUSE_SECONDS: Final = 0.12
_LONG_PAUSE_SECONDS: Final = 0.3


class RecordingGone(Exception):
    """A recording was replaced or removed since the address was made."""


@dataclass(frozen=True)
class PackVoice:
    """How a line's prompts are played: from these packs of the shelf, the first that has a recording winning."""

    shelf: Shelf
    packs: tuple[str, ...]

    def recordings_of(self, parts: Sequence[Part], language: str) -> tuple[Played, ...] | None:
        """The recordings that speak all the parts; None where one is missing or must not be played."""
        found: list[Played] = []
        for part in parts:
            recording = None if part.is_private else self.shelf.find(self.packs, language, part.words)
            if recording is None:
                return None
            found.append(Played(recording.id, part.stop))
        return tuple(found) or None


def composed(shelf: Shelf, played: Sequence[Played]) -> bytes:
    """One WAV file of these recordings. Raises RecordingGone."""
    samples, parts = b"", []
    for one in played:
        recording = shelf.by_id(one.id)
        if recording is None:
            raise RecordingGone
        samples += _samples(recording) + _pause(one.stop)
        parts.append(Part(recording.text, one.stop))
    return write_wav(samples, text_of_parts(parts), Coding.MU_LAW)


def _samples(recording: Recording) -> bytes:
    try:
        return recording.read().samples
    except NotWav as error:
        raise RecordingGone from error


def _pause(stop: str) -> bytes:
    if not stop:
        return b""
    return levels.silence(_LONG_PAUSE_SECONDS if set(stop) & set(".!?…") else _SHORT_PAUSE_SECONDS)
