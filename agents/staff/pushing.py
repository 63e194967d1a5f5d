"""Parts of pages that are pushed: made once a tick for all who read alike, and sent down their streams of news."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from agents.accounts import sessions
from agents.accounts.models import Role
from agents.accounts.sessions import Staff
from agents.staff.server_events import part_event
from config.centre import Centre
from config.clock import stopwatch

log = logging.getLogger("pult.pushing")

WATCHERS: Final = Role.SUPERVISOR
"""Who may watch: what is pushed is the floor, which is theirs."""
TICK_SECONDS: Final = 1.0
"""Nothing is pushed more often: news that come meanwhile lead to one push more."""
# Waits grow too long without any news.
_AT_LATEST_SECONDS: Final = 10.0

Make: TypeAlias = Callable[[float], str]
"""A part for the reader of the request at hand, of a look that began at this instant of the stopwatch or later."""


Parts: TypeAlias = Mapping[str, Make]
"""By the addresses at which they can be asked for too."""


@dataclass(frozen=True)
class Watch:
    """The parts that a browser shows. `reader` is the request with which it began to watch: the parts are made in
    it, for all who read alike.
    """

    parts: Parts
    reads_as: tuple[str, ...]
    reader: Context

    def events(self, since: float) -> bytes:
        """Every part anew. For one thread at a time."""
        return b"".join(part_event(address, self.reader.run(make, since)) for address, make in self.parts.items())


class Watching(Protocol):
    """A browser's stream as far as it is pushed to."""

    @property
    def staff(self) -> Staff:
        """Who reads."""

    @property
    def watch(self) -> Watch | None:
        """What is shown there."""

    def show(self, parts: bytes) -> None:
        """Send these events, instead of those that still wait."""


class Pushing:
    """A thread that pushes to all who watch: at once after news, but once a tick at most; else every few seconds."""

    def __init__(self, centre: Centre, streams: Callable[[], Sequence[Watching]]) -> None:
        self._centre = centre
        self._streams = streams
        self._changed_at: dict[str, float] = {}
        self._pushed_at: dict[str, float] = {}
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="pushing")

    def start(self) -> None:
        """Begin to push."""
        self._thread.start()

    def stop(self) -> None:
        """Push nothing more."""
        self._stop.set()
        self._wake.set()
        self._thread.join(TICK_SECONDS)

    def changed(self, insurer_ids: Iterable[str]) -> None:
        """What is shown of these insurers may not be right any more."""
        self._changed_at |= dict.fromkeys(insurer_ids, stopwatch())
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()
            try:
                has_pushed = self._push()
            except Exception:
                # A database that is away for a while must not end the pushing; the news are not forgotten by it.
                log.exception("nothing was pushed")
                has_pushed = True
            if has_pushed:
                self._stop.wait(TICK_SECONDS)

    def _push(self) -> bool:
        """Whether anybody was to see anything."""
        since = stopwatch()
        due = [one for one in self._streams() if one.watch is not None and self._is_due(one.staff.insurer_id)]
        if not due:
            return False
        made: dict[tuple[str, ...], bytes] = {}
        for stream, watch in self._allowed(due):
            alike = (stream.staff.insurer_id, *watch.reads_as, *watch.parts)
            if alike not in made:
                made[alike] = watch.events(since)
            stream.show(made[alike])
        self._pushed_at |= {stream.staff.insurer_id: since for stream in due}
        return True

    def _is_due(self, insurer_id: str) -> bool:
        last = self._pushed_at.get(insurer_id)
        if last is None or stopwatch() - last >= _AT_LATEST_SECONDS:
            return True
        return self._changed_at.get(insurer_id, last) > last

    def _allowed(self, streams: Sequence[Watching]) -> Iterator[tuple[Watching, Watch]]:
        """Those whose session is not over, and who still are there what they must be to see it."""
        session_ids = {stream.staff.session_id for stream in streams}
        with self._centre.database.reading("who_watches") as tx:
            insurer_of = sessions.acting_as(tx, session_ids, WATCHERS, at=self._centre.clock.now())
        for stream in streams:
            if stream.watch is not None and insurer_of.get(stream.staff.session_id) == stream.staff.insurer_id:
                yield stream, stream.watch
