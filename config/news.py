"""News for open pages: what a committed transaction changed, by ids only, over Redis pub/sub.

Services say nothing: the session is watched while it flushes, and what it changed is published once it is committed.
News may be lost at any moment. Whoever listens is told so (`None`), and looks at the database again.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import UOWTransaction

from config.clock import stopwatch
from config.database import Base, Database, Transaction, refuse_inside_transaction
from config.errands import Errands, at_once
from config.job_queues import connect

log = logging.getLogger("pult.news")

_CHANGED: Final = "pult_news"
# Published before the next news by a process that had to leave some out.
_MISSED: Final = "{}"
_SILENT_SECONDS: Final = 1.0
# After that open pages have looked by themselves.
_MADE_UP_WITHIN: Final = 30
_WAIT_SECONDS: Final = 1.0
_WITHOUT_REDIS_SECONDS: Final = 2.0


@dataclass(frozen=True)
class News:
    """Something of `kind` changed for an insurer; `agent` and `call` say whom and which call it concerns, if any.

    All are row ids (and the insurer's): no name, number or text of anybody ever stands in news.
    """

    kind: str
    insurer: str
    subject: str
    agent: str | None = None
    call: str | None = None


Teller: TypeAlias = Callable[[Any], News | tuple[News, ...]]
"""Makes the news of one changed row, of one kind or of several."""
Hear: TypeAlias = Callable[[News | None], None]
"""Told each piece of news; None where some may have been missed."""


class Announcer:
    """Publishes what transactions change. Rows changed past the session (`Prepared`, bulk statements) are not seen,
    those that were inserted so and are held by the transaction are.
    """

    def __init__(
        self,
        redis_url: str,
        tellers: Mapping[type[Base], Teller],
        *,
        timeout_seconds: float = 0.05,
        errands: Errands = at_once,
    ) -> None:
        self._redis = connect(redis_url, timeout_seconds=timeout_seconds)
        self._channel = _channel_of(redis_url)
        self._tellers = tellers
        self._errands = errands
        self._silent_until = 0.0
        self._has_missed = False
        self._is_making_up = False
        self._missing = threading.Lock()

    def watch(self, database: Database) -> None:
        """Announce whatever is committed to `database` from now on."""
        event.listen(database.sessions, "after_flush", self._note)
        database.after_commit(self._announce)

    def _note(self, tx: Transaction, _context: UOWTransaction) -> None:
        self._tell_of(tx, (*tx.new, *(row for row in tx.dirty if tx.is_modified(row)), *tx.deleted))

    def _tell_of(self, tx: Transaction, rows: Sequence[Any]) -> None:
        changed = tx.info.setdefault(_CHANGED, {})
        for row in rows:
            if teller := self._tellers.get(type(row)):
                told = teller(row)
                changed.update(dict.fromkeys((told,) if isinstance(told, News) else told))

    def _announce(self, tx: Transaction) -> None:
        if tx.written:
            self._tell_of(tx, tx.written)
        if changed := tx.info.pop(_CHANGED, None):
            self._errands(partial(self._publish, tuple(changed)))

    def _publish(self, changed: Sequence[News]) -> None:
        if stopwatch() < self._silent_until:
            self._miss()
            return
        refuse_inside_transaction("publish news")
        is_owed = self._take_missed()
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                if is_owed:
                    pipe.publish(self._channel, _MISSED)
                for news in changed:
                    pipe.publish(self._channel, json.dumps(asdict(news)))
                pipe.execute()
        except RedisError as error:
            log.warning("news are not taken (%s); open pages look by themselves", type(error).__name__)
            self._silent_until = stopwatch() + _SILENT_SECONDS
            self._miss()

    def _take_missed(self) -> bool:
        """Whether others are owed word of what was left out; who takes it tells them, or gives it back by `_miss`."""
        with self._missing:
            is_owed, self._has_missed = self._has_missed, False
            return is_owed

    def _miss(self) -> None:
        """Some news were left out: say so with the next, or by itself where none follow for a while."""
        with self._missing:
            self._has_missed = True
            if self._is_making_up:
                return
            self._is_making_up = True
        threading.Thread(target=self._make_up, daemon=True, name="missed news").start()

    def _make_up(self) -> None:
        for _ in range(_MADE_UP_WITHIN):
            time.sleep(_SILENT_SECONDS)
            try:
                if self._take_missed():
                    self._redis.publish(self._channel, _MISSED)
            except RedisError:
                self._miss()
            with self._missing:
                self._is_making_up = self._has_missed
                if not self._is_making_up:
                    return
        with self._missing:
            self._is_making_up = False


class NewsListener:
    """Hears news on a thread of its own, one a process; while Redis is away it asks for a look every two seconds."""

    def __init__(self, redis_url: str, hear: Hear) -> None:
        self._url = redis_url
        self._hear = hear
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="news")

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Hear nothing more."""
        self._stop.set()
        self._thread.join(_WAIT_SECONDS + _WITHOUT_REDIS_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except RedisError as error:
                log.warning("no news come (%s); open pages look by themselves", type(error).__name__)
                self._pass_on(None)
                self._stop.wait(_WITHOUT_REDIS_SECONDS)

    def _listen(self) -> None:
        with connect(self._url, timeout_seconds=5.0) as redis, redis.pubsub() as subscription:
            subscription.subscribe(_channel_of(self._url))
            while not self._stop.is_set():
                message = subscription.get_message(timeout=_WAIT_SECONDS)
                match message:
                    case {"type": "subscribe"}:
                        # What was published before this moment nobody heard.
                        self._pass_on(None)
                    case {"type": "message", "data": data}:
                        self._pass_on(_read(data))

    def _pass_on(self, news: News | None) -> None:
        try:
            self._hear(news)
        except Exception:
            # A database that is away for a moment must not end the listening: pages would hear nothing ever after.
            log.exception("news were not passed on")


def _read(data: bytes) -> News | None:
    try:
        return News(**json.loads(data))
    except (ValueError, TypeError):
        # Some were left out, or these are another release's: a look at the database is right.
        return None


def _channel_of(redis_url: str) -> str:
    """Pub/sub knows no database numbers: two centres on one server must not hear each other."""
    return f"pult:news:{urlsplit(redis_url).path.strip('/') or '0'}"
