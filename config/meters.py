"""What only a process itself can count: how long turns and the carrier's answers took, who was refused, open streams.

Everything else that is measured follows from the database (`agents/metrics/`). Each process counts into files of its
own in the data folder; `pult serve metrics` adds them up, those of processes that have ended too.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from config.clock import stopwatch
from config.meter_files import merge_ended

FOLDER: Final = "metrics"
"""In the data folder."""

_FOLDER_SETTING: Final = "PROMETHEUS_MULTIPROC_DIR"
# A turn takes milliseconds; the carrier waits 15 s for it, and is itself given 3 s twice.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
_MOST_CODES: Final = 40
_OTHER: Final = "other"
_GIVES_CODE: Final = ("code", "status")


class Meters:
    """The counters of this process; labels are our own words or the carrier's codes, few of each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.environ[_FOLDER_SETTING] = str(folder)
        # Read at import, with the folder, and slow to load: a process that counts nothing goes without.
        from prometheus_client import Counter, Gauge, Histogram, values

        merge_ended(folder)
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
        self._codes: set[str] = set()
        self._webhooks: Histogram = Histogram(
            "pult_webhook_duration_seconds",
            "Time from a webhook of the carrier to our answer.",
            ["endpoint"],
            buckets=_BUCKETS,
            registry=None,
        )
        self._refused: Counter = Counter(
            "pult_webhooks_refused",
            "Webhooks that were refused, by HTTP status; 403 is a signature that is missing or wrong.",
            ["status"],
            registry=None,
        )
        self._carrier: Histogram = Histogram(
            "pult_carrier_request_duration_seconds",
            "Time that the carrier took to answer a request of ours, or to fail to.",
            ["verb"],
            buckets=_BUCKETS,
            registry=None,
        )
        self._carrier_errors: Counter = Counter(
            "pult_carrier_request_errors",
            "Requests to the carrier that failed, by its own code, else the HTTP status, else none.",
            ["verb", "code"],
            registry=None,
        )
        self._streams: Gauge = Gauge(
            "pult_streams_open",
            "Pages with an open stream of news.",
            multiprocess_mode="livesum",
            registry=None,
        )

    def webhook(self, endpoint: str, status: int, seconds: float) -> None:
        """A webhook was answered."""
        self._webhooks.labels(endpoint).observe(seconds)
        if 400 <= status < 500:
            self._refused.labels(str(status)).inc()

    def carrier(self, verb: str, seconds: float) -> None:
        """The carrier answered, or did not."""
        self._carrier.labels(verb).observe(seconds)

    def carrier_error(self, verb: str, error: Exception) -> None:
        """A request to the carrier failed."""
        known = (getattr(error, name, None) for name in _GIVES_CODE)
        self._carrier_errors.labels(verb, self._bounded(next((str(one) for one in known if one), "none"))).inc()

    def streams(self, count: int) -> None:
        """So many are open in this process now."""
        self._streams.set(count)

    def _bounded(self, code: str) -> str:
        """A carrier that invents codes must not fill the memory of whoever keeps the figures."""
        if code not in self._codes and len(self._codes) >= _MOST_CODES:
            return _OTHER
        self._codes.add(code)
        return code


_meters: Meters | None = None


def count_in(data_dir: Path) -> None:
    """Let this process count into the data folder from now on; a server's composer calls it, once, after the fork."""
    global _meters  # It happens everywhere: handing the counters to every caller would tell nobody anything.
    _meters = Meters(data_dir / FOLDER)


def webhook_answered(endpoint: str | None, *, status: int, seconds: float) -> None:
    """A webhook at `endpoint` (one of our routes; None where there is none) was answered."""
    if _meters is not None:
        _meters.webhook(endpoint or "none", status, seconds)


def streams_open(count: int) -> None:
    """So many streams of news are open in this process."""
    if _meters is not None:
        _meters.streams(count)


@contextmanager
def carrier_asked(verb: str) -> Iterator[None]:
    """Around one request to the carrier; what it raises is counted and goes on."""
    if _meters is None:
        yield
        return
    began = stopwatch()
    try:
        yield
    except Exception as error:
        _meters.carrier_error(verb, error)
        raise
    finally:
        _meters.carrier(verb, stopwatch() - began)
