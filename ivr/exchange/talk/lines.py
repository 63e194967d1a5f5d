"""The lines that are said: plays in text files, one for each matter, and a sound file for each line.

``opening``, ``ringing_up``, ``meanwhile`` and ``closing`` go with any matter; in an emergency what
``emergency.closing`` says is said instead. ``anything`` is for a matter that has no play, ``message`` for the
voicemail. In a matter's play the passages of one line are ways to say why one rings; the others follow in their order.

A file has passages, parted by empty lines, of turns such as ``agent: Слушаю вас.``; ``...`` is a longer silence, in
which an agent looks something up, and ``#`` begins a remark. A sound is found by the words that it speaks, as in a
prompt pack: a line without one is not said, nor the passage that it stands in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from ivr.exchange.errors import UnreadableLines
from ivr.telephone_sound.wav import read_head, read_wav

_SHIPPED: Final = Path(__file__).parent / "lines"
_WAIT: Final = "..."


class Speaker(StrEnum):
    """Who says a line."""

    AGENT = "agent"
    CALLER = "caller"


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody says, after a wait or at once."""

    speaker: Speaker
    words: str
    is_after_wait: bool = False


Passage = tuple[Line, ...]
"""What is said in a row."""


class Lines:
    """A folder of plays with its sounds. Raises UnreadableLines for a file that is none, NotWav for a broken sound."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sounds = {read_head(path.read_bytes()).text: path for path in sorted((folder / "sounds").glob("*.wav"))}
        self.plays = {path.stem: tuple(_passages(path)) for path in sorted(folder.glob("*.txt"))}
        self._read: dict[str, bytes] = {}

    def passages(self, name: str) -> tuple[Passage, ...]:
        """What can be heard of a play: nothing where there is none of that name."""
        return tuple(one for one in self.plays.get(name, ()) if all(line.words in self.sounds for line in one))

    def sound(self, words: str) -> bytes:
        """The samples of a line that has a sound."""
        if words not in self._read:
            self._read[words] = read_wav(self.sounds[words].read_bytes()).samples
        return self._read[words]


@cache
def shipped() -> Lines:
    """The lines that the exchange brings along, read once."""
    return Lines(_SHIPPED)


def _passages(path: Path) -> Iterator[Passage]:
    passage: list[Line] = []
    is_after_wait = False
    for number, row in enumerate((*path.read_text("utf-8").splitlines(), ""), start=1):
        written = row.strip()
        if written == _WAIT:
            is_after_wait = True
        elif written and not written.startswith("#"):
            passage.append(_line(written, f"{path.name}:{number}", is_after_wait))
            is_after_wait = False
        elif not written and passage:
            yield tuple(passage)
            passage = []


def _line(written: str, place: str, is_after_wait: bool) -> Line:
    speaker, _, words = written.partition(":")
    if speaker not in tuple(Speaker) or not words.strip():
        raise UnreadableLines(f"{place}: expected `agent: …` or `caller: …`")
    return Line(Speaker(speaker), words.strip(), is_after_wait)
