"""Puts lines together to a conversation of a given length: the same dice give the same one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from ivr.exchange.talk.lines import Line, Lines, Passage, Speaker
from ivr.exchange.voice import pcm
from ivr.telephone_sound import RATE, WIDTH

Span = tuple[float, float]
"""From so many seconds to so many."""

ANYTHING: Final = "anything"
_OPENING, _RINGING_UP, _MEANWHILE, _CLOSING, _MESSAGE = "opening", "ringing_up", "meanwhile", "closing", "message"
# What is shorter was broken off by whoever records: nobody takes leave in it.
_SHORTEST_WHOLE_SECONDS: Final = 25.0
_BETWEEN_TURNS: Final[Span] = (0.2, 0.9)
_BETWEEN_PASSAGES: Final[Span] = (0.7, 3.0)
_WAITING: Final[Span] = (4.0, 12.0)


@dataclass(frozen=True, slots=True)
class Voice:
    """How somebody sounds: ``pitch`` times as high, and as fast, as the voice of the lines; ``loudness`` up to 1."""

    pitch: float
    loudness: float

    def says(self, samples: bytes) -> bytes:
        """The samples as this voice says them."""
        return pcm.louder(pcm.higher(samples, self.pitch), self.loudness)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What two people speak about: a play's name, anything where there is no such play; and who rang whom."""

    matter: str = ANYTHING
    is_rung_up: bool = False


Voices = Mapping[Speaker, Voice]
Tracks = dict[Speaker, bytes]
"""The samples of each side, all of one length."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """Somebody speaks, so many samples after what was said before."""

    pause: int
    speaker: Speaker
    samples: bytes

    @property
    def length(self) -> int:
        return self.pause + len(self.samples) // WIDTH


def conversation(lines: Lines, dice: Random, occasion: Occasion, voices: Voices, seconds: float) -> Tracks:
    """An agent and a caller speak for so long; where that is short they are broken off, else they take leave."""
    telling = _Telling(lines, dice, voices, occasion)
    length = round(seconds * RATE)
    closing = telling.one_of(_CLOSING) if seconds >= _SHORTEST_WHOLE_SECONDS else []
    room = length - _length(closing)
    turns: list[_Turn] = []
    for passage in telling.course():
        if closing and _length(turns) + _length(passage) > room:
            break
        turns += passage
        if _length(turns) >= room:
            break
    turns += closing
    return _tracks(_spread(turns, length - _length(turns), dice), length)


def message(lines: Lines, dice: Random, voices: Voices, seconds: float) -> Tracks:
    """A caller leaves a message: as much of it as there is time for, then silence."""
    length = round(seconds * RATE)
    turns: list[_Turn] = []
    for turn in _Telling(lines, dice, voices, Occasion()).one_of(_MESSAGE):
        if turns and _length(turns) + turn.length > length:
            break
        turns.append(turn)
    return _tracks(turns, length)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Passages as they are said by these voices, their pauses drawn."""

    lines: Lines
    dice: Random
    voices: Voices
    occasion: Occasion

    def course(self) -> Iterator[list[_Turn]]:
        """Passage after passage, without end where there is anything to say at all."""
        reasons, rest = _parted(self.lines.passages(self.occasion.matter) or self.lines.passages(ANYTHING))
        # At once, so that both are heard in the shortest of recordings.
        opening = self._drawn(self._passages(_RINGING_UP if self.occasion.is_rung_up else _OPENING))
        yield self._said((*opening, *self._drawn(reasons)), after=_BETWEEN_TURNS)
        meanwhile = self._meanwhile()
        for number, passage in enumerate(rest):
            if number:
                yield next(meanwhile, [])
            yield self._said(passage)
        yield from meanwhile

    def _meanwhile(self) -> Iterator[list[_Turn]]:
        """What goes with any matter: all of it in some order, then in another."""
        while passages := list(self._passages(_MEANWHILE)):
            self.dice.shuffle(passages)
            yield from map(self._said, passages)

    def one_of(self, name: str) -> list[_Turn]:
        """One passage of a play, nothing where it has none."""
        return self._said(self._drawn(self._passages(name)))

    def _passages(self, name: str) -> tuple[Passage, ...]:
        """What goes with any matter, unless this one has a play of its own for it."""
        return self.lines.passages(f"{self.occasion.matter}.{name}") or self.lines.passages(name)

    def _drawn(self, passages: tuple[Passage, ...]) -> Passage:
        return self.dice.choice(passages) if passages else ()

    def _said(self, passage: Passage, *, after: Span = _BETWEEN_PASSAGES) -> list[_Turn]:
        pauses = (after, *(_BETWEEN_TURNS,) * len(passage))
        return [self._turn(line, pause) for line, pause in zip(passage, pauses, strict=False)]

    def _turn(self, line: Line, usual: Span) -> _Turn:
        pause = self.dice.uniform(*(_WAITING if line.is_after_wait else usual))
        said = self.voices[line.speaker].says(self.lines.sound(line.words))
        return _Turn(round(pause * RATE), line.speaker, said)


def _parted(passages: tuple[Passage, ...]) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """The passages of one line are ways to say why somebody rings; the others follow, in their order."""
    return tuple(one for one in passages if len(one) == 1), tuple(one for one in passages if len(one) > 1)


def _length(turns: Iterable[_Turn]) -> int:
    return sum(turn.length for turn in turns)


def _spread(turns: list[_Turn], left: int, dice: Random) -> list[_Turn]:
    """The same turns, the time that is left over put between them, here more and there less."""
    if left <= 0 or len(turns) < 2:
        return turns
    edges = sorted(dice.randrange(left) for _ in turns[1:])
    more = [after - before for before, after in zip((0, *edges), (*edges, left), strict=True)]
    return [_Turn(turn.pause + longer, turn.speaker, turn.samples) for turn, longer in zip(turns, more, strict=True)]


def _tracks(turns: Iterable[_Turn], length: int) -> Tracks:
    parts: dict[Speaker, list[bytes]] = {one: [] for one in Speaker}
    for turn in turns:
        for speaker, said in parts.items():
            said.append(bytes(turn.pause * WIDTH))
            said.append(turn.samples if speaker is turn.speaker else bytes(len(turn.samples)))
    return {one: b"".join(said)[: length * WIDTH].ljust(length * WIDTH, b"\0") for one, said in parts.items()}
