"""Ctrl-C in the middle of a bench: whatever is being measured ends, and everything that was started is stopped."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final, NoReturn

from config.bench.figures import Finding
from config.bench.report import Measurement
from config.bench.scripts import Step

STATUS: Final = 130
"""The exit status of an interrupted bench."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Ctrl-C, SIGTERM or a closed terminal, which end the bench as an exception does, so that everything is stopped."""

    def __init__(self) -> None:
        self._is_asked = False

    def ask(self, _number: int, _frame: object) -> NoReturn:
        """The signals' handler."""
        self._is_asked = True
        for number in _SIGNALS:
            # Once is enough: a second Ctrl-C must not break off the stopping.
            signal.signal(number, signal.SIG_IGN)
        sys.exit(STATUS)

    def heed(self) -> None:
        """End now if asked before: a library's hook that was just running may have swallowed the exception."""
        if self._is_asked:
            sys.exit(STATUS)

    def heeded(self, measurements: Iterator[Measurement]) -> Iterator[Measurement]:
        """The same measurements, which heed at each step."""
        for one in measurements:
            yield replace(one, measure=partial(self._measure, one))

    def _measure(self, one: Measurement, step: Step) -> list[Finding]:
        def heeding() -> None:
            self.heed()
            step()

        return one.measure(heeding)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Signals end the block."""
    interruption = Interruption()
    before = {number: signal.signal(number, interruption.ask) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
