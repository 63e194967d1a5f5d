"""The sweep's process: one look every half a second, through outages of the database and Redis, until told to stop."""

import logging
import signal
import threading
from collections.abc import Callable
from typing import Final

log = logging.getLogger("pult.sweep")

PAUSE_SECONDS: Final = 0.5


def run_sweep(
    look: Callable[[], object], *, stop: threading.Event | None = None, pause_seconds: float = PAUSE_SECONDS
) -> None:
    """Call `look`, wait, and again, until `stop` is set or SIGTERM or SIGINT comes.

    An error of `look` is told once for as long as it lasts, and never ends the loop.
    """
    if stop is None:
        stop = _stop_on_signals()
    failures = 0
    while not stop.is_set():
        failures = _look(look, failures)
        stop.wait(pause_seconds)


def _look(look: Callable[[], object], failures: int) -> int:
    """Look once; the number of failures in a row, this one included."""
    try:
        look()
    except Exception as error:
        if failures == 0:
            log.warning("the sweep cannot look (%s: %s); it keeps trying", type(error).__name__, _first_line(error))
        return failures + 1
    if failures:
        log.warning("the sweep looks again, after %d failures", failures)
    return 0


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
