"""Open desks: how soon each browser hears what concerns it, from just before the cause."""

import json
from collections.abc import Callable, Collection
from time import sleep
from typing import Final, Protocol

from agents.bench.ringing import NeverCame
from config.bench.scripts import Step
from config.bench.streams import EventStreams, Heard
from config.clock import stopwatch
from config.news import News

_PATIENCE_SECONDS: Final = 20.0


class Happening(Protocol):
    """Something that happens again and again, of which open desks must hear."""

    def set_up(self, number: int) -> None:
        """Before it happens for the time of this number; not timed."""

    def cause(self) -> None:
        """Let it happen."""

    def is_told_by(self, news: News) -> bool:
        """Whether these news tell that it happened."""

    def listeners(self, desks: int) -> Collection[int]:
        """The numbers of the desks, of so many, that must hear of it."""

    def reset(self) -> None:
        """As it was before, as far as the next time needs it; not timed."""


class Desks:
    """The streams of news of browsers that are signed in."""

    def __init__(self, streams: EventStreams) -> None:
        self._streams = streams
        self._open = 0

    def open(self, cookies: str) -> None:
        """One more desk; returns when its stream has begun. Raises NeverCame."""
        number, self._open = self._streams.open(cookies), self._open + 1
        self._await_state(number)
        if number == 0:
            # The first one starts the server's listener, which tells when it hears: news before are nobody's.
            self._await_state(number)

    def time(self, happening: Happening, *, times: int, every_seconds: float, step: Step) -> list[float]:
        """Seconds from just before each cause to its news at the socket of every desk that must hear them.

        It happens at a steady pace, but never before the last time was heard. Raises NeverCame.
        """
        taken: list[float] = []
        for number in range(times):
            due_at = stopwatch() + every_seconds
            happening.set_up(number)
            sleep(max(0.0, due_at - stopwatch()))
            began = stopwatch()
            happening.cause()
            taken += [heard.at - began for heard in self._hearings(happening)]
            happening.reset()
            step()
        return taken

    def _hearings(self, happening: Happening) -> list[Heard]:
        """The first that each desk heard of it."""

        def is_it(heard: Heard) -> bool:
            return heard.kind == "news" and happening.is_told_by(News(**json.loads(heard.data)))

        return self._await(happening.listeners(self._open), is_it)

    def _await_state(self, number: int) -> None:
        self._await([number], lambda heard: heard.kind == "state")

    def _await(self, numbers: Collection[int], is_it: Callable[[Heard], bool]) -> list[Heard]:
        missing, found, deadline = set(numbers), [], stopwatch() + _PATIENCE_SECONDS
        while missing:
            heard = self._streams.next(within_seconds=deadline - stopwatch())
            if heard is None:
                raise NeverCame(f"{len(missing)} of {len(numbers)} desks heard nothing in {_PATIENCE_SECONDS:.0f} s")
            if heard.stream in missing and is_it(heard):
                missing.discard(heard.stream)
                found.append(heard)
        return found
