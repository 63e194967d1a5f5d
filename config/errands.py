"""Errands: what a commit sends to Redis, and nobody need wait for. The web server runs them after its reply."""

import atexit
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, TypeAlias

log = logging.getLogger("pult.errands")

Errand: TypeAlias = Callable[[], None]
Errands: TypeAlias = Callable[[Errand], None]
"""Where an errand is handed in. It may be lost with its process: whatever it says the database says too."""

_FAREWELL_SECONDS: Final = 1.0


def at_once(errand: Errand) -> None:
    """Run it now, in order with everything else: for workers, who have nobody on the line, and for moved clocks."""
    errand()


def never(errand: Errand) -> None:
    """Drop it: for moved clocks without Redis, where what is due is done from its rows."""


class Afterwards:
    """Runs errands one after the other on a thread of its own, so that no caller waits for them.

    Made after the fork, as a thread does not follow into a child. What is left when the process ends is still run, for
    a second.
    """

    def __init__(self) -> None:
        self._left: SimpleQueue[Errand | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True, name="errands")
        self._thread.start()
        atexit.register(self.finish)

    def __call__(self, errand: Errand) -> None:
        """Hand one in; never waits."""
        self._left.put(errand)

    def finish(self) -> None:
        """Run what is left, for a second, and end."""
        atexit.unregister(self.finish)
        self._left.put(None)
        self._thread.join(_FAREWELL_SECONDS)

    def _run(self) -> None:
        while (errand := self._left.get()) is not None:
            try:
                errand()
            except Exception:
                log.exception("an errand failed")
