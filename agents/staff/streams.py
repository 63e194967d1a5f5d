"""The streams of news that are open in this process: one listener and one pulse for all of them."""

import logging
import queue
import threading
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from sqlalchemy import select

from agents import desk_connection
from agents.accounts import sessions
from agents.accounts.models import Role
from agents.accounts.sessions import Staff
from agents.models import Agent
from agents.news_told import FOR_EVERYBODY
from agents.staff.pushing import Pushing, Watch
from agents.staff.server_events import news_event
from config.centre import Centre
from config.meters import streams_open
from config.news import News, NewsListener

log = logging.getLogger("pult.streams")

BEAT_SECONDS: Final = 5.0
_KEPT: Final = 200


class TooManyStreams(Exception):
    """Every thread but those kept for pages serves a stream already."""


class Signal(Enum):
    """What a stream is told beside news."""

    AGAIN = "news may be missing: look at everything again"
    PUSHED = "parts that are pushed may be taken"
    OVER = "the session is over"
    CLOSING = "this process stops: another one will answer"


Item = News | Signal


@dataclass(eq=False)
class Stream:
    """One browser's stream; `call_id` is the call that its agent has, whose news it hears. Where it watches parts that
    are pushed, news that are not its agent's own come with them: a floor's news are many, and its browser hears all.
    """

    staff: Staff
    call_id: str | None
    watch: Watch | None = None
    _items: "queue.SimpleQueue[Item]" = field(default_factory=queue.SimpleQueue)
    _later: "deque[News]" = field(default_factory=lambda: deque(maxlen=_KEPT))
    _newest: "deque[bytes]" = field(default_factory=lambda: deque(maxlen=1))

    def next(self) -> Item | None:
        """The next thing to send; None when nothing came for a beat."""
        try:
            return self._items.get(timeout=BEAT_SECONDS)
        except queue.Empty:
            return None

    def put(self, item: Item) -> None:
        """For the browser; one that reads too slowly loses single news and looks at everything instead."""
        if self._items.qsize() < _KEPT:
            self._items.put(item)
            return
        with suppress(queue.Empty):
            while True:
                self._items.get_nowait()
        self._items.put(item if item in (Signal.OVER, Signal.CLOSING) else Signal.AGAIN)
        self._items.put(Signal.PUSHED)

    def tell(self, news: News) -> None:
        """What it hears: its own at once, the others' with the next push where there is one."""
        if not self.hears(news):
            return
        if self.watch is None or self._is_own(news):
            self.put(news)
            return
        if len(self._later) == _KEPT:
            self.put(Signal.AGAIN)
        self._later.append(news)

    def show(self, parts: bytes) -> None:
        """Events of parts, instead of those that wait still: who reads slowly gets the newest alone."""
        self._newest.append(parts)
        self.put(Signal.PUSHED)

    def pushed(self) -> bytes:
        """The events that are to be sent at Signal.PUSHED; none where they were taken before."""
        taken = [news_event(self._later.popleft()) for _ in range(len(self._later))]
        taken += [self._newest.popleft() for _ in range(len(self._newest))]
        return b"".join(taken)

    def _is_own(self, news: News) -> bool:
        return (news.agent is not None and news.agent == self.staff.agent_id) or (
            news.call is not None and news.call == self.call_id
        )

    def hears(self, news: News) -> bool:
        """Whether these news are for this browser. A supervisor hears all of the insurer, an agent their own."""
        if news.kind == "session" or news.insurer != self.staff.insurer_id:
            return False
        if news.agent == self.staff.agent_id and news.agent is not None:
            if news.call is not None or news.kind == "presence":
                # Only presence says that there is no call any more.
                self.call_id = news.call
            return True
        return (
            Role.SUPERVISOR in self.staff.roles
            or news.kind in FOR_EVERYBODY
            or (news.call is not None and news.call == self.call_id)
        )


class Streams:
    """Opens and closes them, passes news on, and says every few seconds which desks are there."""

    def __init__(self, centre: Centre, *, most: int) -> None:
        self._centre = centre
        self._most = most
        self._open: set[Stream] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._listener: NewsListener | None = None
        self._pulse = threading.Thread(target=self._beat, daemon=True, name="pulse")
        self._pushing = Pushing(centre, self._all)

    def open(self, staff: Staff, watch: Watch | None = None) -> Stream:
        """A stream for a browser, which is sent what it watches as soon as may be; raises TooManyStreams.

        The first one starts the listener.
        """
        stream = Stream(staff, self._call_of(staff), watch)
        with self._lock:
            if len(self._open) >= self._most:
                raise TooManyStreams
            self._open.add(stream)
            streams_open(len(self._open))
            if self._stop.is_set():
                stream.put(Signal.CLOSING)
            if self._listener is None:
                self._listener = NewsListener(self._centre.settings.redis_url, self.hear)
                self._listener.start()
                self._pulse.start()
                self._pushing.start()
        self._pushing.changed([staff.insurer_id])
        if staff.agent_id is not None:
            desk_connection.opened(self._centre, staff.agent_id)
        return stream

    def close(self, stream: Stream) -> None:
        """The browser is gone; with its last page the agent's desk is closed."""
        agent_id = stream.staff.agent_id
        with self._lock:
            if stream not in self._open:
                return
            self._open.discard(stream)
            streams_open(len(self._open))
            is_last = all(one.staff.agent_id != agent_id for one in self._open)
        if agent_id is not None and is_last:
            desk_connection.closed(self._centre, agent_id)

    def hear(self, news: News | None) -> None:
        """Pass on to whom it concerns; None is for all."""
        for stream in self._all():
            if news is None:
                stream.put(Signal.AGAIN)
            elif news.kind == "session" and news.subject == stream.staff.session_id:
                self._end_those_over([stream])
            else:
                stream.tell(news)
        self._pushing.changed(self._centre.insurers.ids if news is None else [news.insurer])

    def stop(self) -> None:
        """End every stream, of whoever comes now too, and then the threads."""
        self._stop.set()
        for stream in self._all():
            stream.put(Signal.CLOSING)
        if self._listener is not None:
            self._listener.stop()
            self._pushing.stop()
            self._pulse.join(BEAT_SECONDS)

    def _all(self) -> list[Stream]:
        with self._lock:
            return list(self._open)

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                self._say_who_is_there()
            except Exception:
                # A database that is away for a while must not end the pulse; the streams go on.
                log.exception("the pulse missed a beat")

    def _say_who_is_there(self) -> None:
        streams = self._all()
        if not streams:
            return
        agent_ids = {stream.staff.agent_id for stream in streams if stream.staff.agent_id}
        session_ids = {stream.staff.session_id for stream in streams}
        with self._centre.database.transaction("desks_seen") as tx:
            desk_connection.seen(tx, agent_ids, self._centre)
            sessions.touch_at_work(tx, session_ids, at=self._centre.clock.now())
        self._end_those_over(streams)

    def _end_those_over(self, streams: Collection[Stream]) -> None:
        session_ids = {stream.staff.session_id for stream in streams}
        with self._centre.database.reading("sessions_living") as tx:
            living = sessions.living(tx, session_ids, at=self._centre.clock.now())
            at_insurer = sessions.insurers_of_sessions(tx, session_ids)
        for stream in streams:
            id_ = stream.staff.session_id
            if id_ not in living or at_insurer.get(id_) != stream.staff.insurer_id:
                stream.put(Signal.OVER)

    def _call_of(self, staff: Staff) -> str | None:
        if staff.agent_id is None:
            return None
        with self._centre.database.reading("call_of_agent") as tx:
            return tx.scalar(select(Agent.call_id).where(Agent.id == staff.agent_id))
