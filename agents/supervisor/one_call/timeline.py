"""The time line of a call: lanes of stretches, from what is on record; pure, in parts of a thousand of its width."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

WIDTH: Final = 1000
_STEPS: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_MOST_TICKS: Final = 9


class Stretch(StrEnum):
    """What a stretch of time was: each has its own colour, pattern and word."""

    MENU = "menu"
    WAIT = "wait"
    RING = "ring"
    TALK = "talk"
    BESIDE = "beside"
    HOLD = "hold"
    RECORDING = "recording"


@dataclass(frozen=True)
class Span:
    """A stretch as it is on record: `until` None goes on. `what` is a code or a name that the page puts into words."""

    kind: Stretch
    since: datetime
    until: datetime | None
    what: str


@dataclass(frozen=True)
class Piece:
    """A stretch on the picture: where it begins and how wide it is, of `WIDTH`; `step` is the step that it leads to."""

    kind: Stretch
    x: float
    width: float
    seconds: int
    what: str
    step: int


@dataclass(frozen=True)
class Lane:
    """One row: what happened on the line, in a queue, at an agent, or on hold."""

    name: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class TimeLine:
    """The whole picture; `ticks` are places and their seconds after the first ring."""

    seconds: int
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, int], ...]


def time_line(
    spans: Sequence[tuple[str, Span]],
    *,
    began_at: datetime,
    ended_at: datetime,
    steps: Sequence[tuple[int, datetime]],
) -> TimeLine:
    """Lay the spans, each with its lane's name, out between the call's first ring and its end (or now).

    `steps` are the numbers and instants of those that a piece may lead to. What began before the call is shown from
    its beginning.
    """
    whole = max(1.0, (ended_at - began_at).total_seconds())

    def piece(span: Span) -> Piece | None:
        since, until = max(span.since, began_at), min(span.until or ended_at, ended_at)
        seconds = (until - since).total_seconds()
        if seconds <= 0:
            return None
        x = (since - began_at).total_seconds() / whole * WIDTH
        return Piece(
            kind=span.kind,
            x=round(x, 1),
            width=round(max(2.0, seconds / whole * WIDTH), 1),
            seconds=int(seconds),
            what=span.what,
            step=_step_at(steps, span.since),
        )

    names = dict.fromkeys(name for name, _ in spans)
    lanes = (Lane(name, tuple(filter(None, (piece(span) for own, span in spans if own == name)))) for name in names)
    return TimeLine(int(whole), tuple(lane for lane in lanes if lane.pieces), tuple(_ticks(whole)))


def menu_spans(entered: Sequence[tuple[datetime, str]], until: Sequence[datetime], end: datetime) -> Iterator[Span]:
    """The menus that a caller was in, one after the other, until they waited, talked, or the call ended."""
    for number, (at, node) in enumerate(entered):
        following = entered[number + 1][0] if number + 1 < len(entered) else end
        stop = min((one for one in until if one >= at), default=end)
        yield Span(Stretch.MENU, at, min(following, stop), node)


def wait_spans(joined: Sequence[tuple[datetime, str]], until: Sequence[datetime]) -> Iterator[Span]:
    """The stays in queues, by when the caller joined which: each until somebody answered, they left, or joined anew."""
    for number, (at, queue) in enumerate(joined):
        following = [one for one, _ in joined[number + 1 : number + 2]]
        yield Span(Stretch.WAIT, at, min((one for one in (*until, *following) if one >= at), default=None), queue)


def _step_at(steps: Sequence[tuple[int, datetime]], at: datetime) -> int:
    """The first step at that instant or after it; else the last one."""
    last = steps[-1][0] if steps else 0
    return next((number for number, one in steps if one >= at), last)


def _ticks(whole: float) -> Iterator[tuple[float, int]]:
    step = next((one for one in _STEPS if whole / one <= _MOST_TICKS), _STEPS[-1])
    at = timedelta(0)
    while at.total_seconds() <= whole:
        yield round(at.total_seconds() / whole * WIDTH, 1), int(at.total_seconds())
        at += timedelta(seconds=step)
