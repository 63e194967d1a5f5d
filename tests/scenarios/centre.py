"""One whole centre on the moved clock: what callers do with it, and how its programs die and come back."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from redis import Redis
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.autopilot import OFF_SHIFT
from agents.calling_back.callbacks import PLACE, TIMEOUT, TURN
from agents.demo import load_demo
from agents.errors import AgentError
from agents.house.composing import House, compose, create_app
from agents.models import Agent, Callback, CallbackState, Offer, Presence, Wait, WaitState
from agents.presence import AUTOPILOT, AUTOPILOT_SECONDS
from config import due_work
from config.database import Database
from config.failpoints import ProcessKilled
from config.settings import demo_settings, read_settings
from config.workers import run_burst
from flows.session import Session
from ivr import exchange, reconcile
from ivr.calls.following import CallFollower
from ivr.calls.models import Call, Outcome, Request
from ivr.calls.requests import advance_request, rules_of
from ivr.carrier.signature import is_signed
from ivr.exchange.telephones import RehearsedTelephone
from ivr.fallback import fallback_app
from tests.ports import free_port
from tests.scenarios.aftermath import doubled, unfinished
from wsgi import REAL_SECONDS, Stage, rehearse

WEEKDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, noon in Moscow
SATURDAY = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
MISCHIEF = exchange.Mischief(seed=7, doubled=0.2, late=0.1, reordered=0.1, lost=0.02, twiml_doubled=0.1)
ANSWERS = exchange.AutoAnswer(after=3.0, talk_for=None, patience=None)

MOBILE = "+70008000001"
"""A caller's own telephone, which tests put up to be called back on."""

_MOSCOW = ZoneInfo("Europe/Moscow")
_OFFICE_HOURS = range(10, 16)
# Fridays are shorter for some.
_WORKING_DAYS, _WEEKEND = frozenset(range(4)), frozenset({5, 6})
_IN_WRAP_UP = (Agent.presence == Presence.WRAP_UP, ~Agent.is_automatic)
_ASKS = ("waits_for_input", "beep")
_PAUSE = timedelta(seconds=10)
_LONGEST = timedelta(hours=1)


@dataclass(frozen=True)
class CallStory:
    """One call as its caller and its centre have it; `outcome` is None where none is on record."""

    call_sid: str
    kinds: tuple[str, ...]
    news: tuple[str, ...]
    asked: tuple[str, ...]
    heard: str
    hung_up_at: int | str | None
    insurer_id: str
    level: str
    outcome: str | None
    is_ended: bool
    is_emergency: bool

    @property
    def is_served(self) -> bool:
        """Whether the caller was connected to somebody."""
        return "bridged" in self.kinds


@dataclass
class Centre:
    """A stage, the house that stands on it now, and the ways in which a test works them."""

    stage: Stage
    house: House
    redis: Redis
    records: Database
    weekdays: frozenset[int]
    forgets: bool = False
    _connections: list[Any] = field(default_factory=list)

    @property
    def switch(self) -> exchange.Switch:
        """The carrier."""
        return self.stage.switch

    @property
    def now(self) -> datetime:
        """The instant on the moved clock."""
        return self.stage.rehearsal.clock.now()

    # --- callers -------------------------------------------------------------------------------

    def dial(
        self, number: str, presses: tuple[str, ...] = (), *, ani: str = "anonymous", silent: bool = False
    ) -> RehearsedTelephone:
        """Begin a call that presses these keys at its prompts; a silent caller leaves no message after the tone."""
        dictation_seconds = 0.0 if silent else None
        phone_id = self.switch.dial(number, ani, presses=presses, patience=1500, dictation_seconds=dictation_seconds)
        return RehearsedTelephone(self.switch, phone_id, self.stage.rehearsal.step)

    def walk(self, phone: RehearsedTelephone, presses: Sequence[str]) -> int:
        """Press each entry when asked anew; how often the caller was asked until then.

        `""` is silence, `offered 1` is 1 once the queue offers a choice.
        """
        answered = 0
        for entry in presses:
            _, is_offer, keys = entry.rpartition("offered ")
            self.run_until(partial(self._is_asked_anew, phone, answered, is_offered=bool(is_offer)), seconds=600)
            answered = self.asked(phone)
            if keys:
                phone.press(keys)
        return answered

    def asked(self, phone: RehearsedTelephone) -> int:
        """How often the caller was asked to press or speak so far."""
        return sum(kind in _ASKS for kind in self.kinds(phone.call_sid))

    def _is_asked_anew(self, phone: RehearsedTelephone, answered: int, *, is_offered: bool) -> bool:
        return self.asked(phone) > answered and (not is_offered or self._session(phone.call_sid).is_offered)

    def place(
        self,
        number: str,
        presses: tuple[str, ...] = (),
        *,
        ani: str = "anonymous",
        hang_up_at: int | str | None = "bridged",
    ) -> CallStory:
        """One call to its end, and to what the agents have to do after it.

        The caller hangs up when asked for the `hang_up_at`th time (from 0), or at the first event of that kind, of the
        telephone's or of the centre's log; None: the call is left to end by itself.
        """
        phone = self.dial(number, presses, ani=ani)
        follower = CallFollower(self.records, phone.call_sid)
        kinds: list[str] = []
        news: list[str] = []
        asked: list[str] = []
        hung_up_at: int | str | None = None
        for event in phone.events():
            news += [str(told["kind"]) for told in follower.news()]
            if event is not None:
                kinds.append(str(event["kind"]))
                if event["kind"] in _ASKS:
                    asked.append(self.stands_at(phone.call_sid))
            if hung_up_at is None and _is_reached(hang_up_at, kinds, news):
                hung_up_at = hang_up_at
                phone.hang_up()
        self.run_until_quiet()
        news += [str(told["kind"]) for told in follower.news()]
        return self.story(phone.call_sid, kinds, news, asked, hung_up_at)

    def story(
        self,
        call_sid: str,
        kinds: Sequence[str] = (),
        news: Sequence[str] = (),
        asked: Sequence[str] = (),
        hung_up_at: int | str | None = None,
    ) -> CallStory:
        """What is on record of the call, with what its caller met."""
        with self.records.reading("story") as tx:
            call = tx.scalars(select(Call).where(Call.carrier_sid == call_sid)).one()
            outcome = tx.scalar(select(Outcome.code).where(Outcome.call_id == call.id, Outcome.is_primary))
        return CallStory(
            call_sid,
            tuple(kinds),
            tuple(news),
            tuple(asked),
            self.heard(call_sid),
            hung_up_at,
            call.insurer_id,
            call.level,
            outcome,
            call.ended_at is not None,
            call.is_emergency,
        )

    def stands_at(self, call_sid: str) -> str:
        """The node at which the flow of a call stands now, as `flow.node`."""
        frames = self._session(call_sid).frames
        return f"{frames[-1].flow}.{frames[-1].node}" if frames else ""

    def _session(self, call_sid: str) -> Session:
        with self.records.reading("session") as tx:
            session = tx.scalar(select(Call.session).where(Call.carrier_sid == call_sid))
        return Session.from_json(session) if session else Session(line="", digest="", language="")

    def heard(self, phone: str) -> str:
        """All that was said to the caller, in order."""
        return " ".join(str(event.data.get("text", "")) for event in self.switch.events_since(phone))

    def kinds(self, phone: str) -> list[str]:
        """What happened at the telephone so far, in order."""
        return [event.kind for event in self.switch.events_since(phone)]

    def reach(self, phone: RehearsedTelephone, kind: str, *, seconds: float = 120) -> bool:
        """Let time pass until that happens at the telephone, or its call is over, or nobody would wait any longer."""
        self.run_until(lambda: not {kind, "ended"}.isdisjoint(self.kinds(phone.call_sid)), seconds=seconds)
        return kind in self.kinds(phone.call_sid)

    def reach_news(self, phone: RehearsedTelephone, kind: str, *, seconds: float = 120) -> bool:
        """The same for what only the centre knows."""
        follower, news = CallFollower(self.records, phone.call_sid), set[str]()

        def is_reached() -> bool:
            news.update(str(told["kind"]) for told in follower.news())
            return kind in news or "ended" in self.kinds(phone.call_sid)

        self.run_until(is_reached, seconds=seconds)
        return kind in news

    def act(
        self,
        deed: Callable[[House], object],
        *,
        gives_up_on: tuple[type[Exception], ...] = (),
        tries_again_on: tuple[type[Exception], ...] = (),
    ) -> None:
        """What a person does at the centre: again, if the program dies or fails under their hands."""
        for _ in range(3):
            try:
                deed(self.house)
            except ProcessKilled:
                self.crash()
            except gives_up_on:
                return
            except (*tries_again_on, DBAPIError, sqlite3.Error):
                self.run_for(1)
            else:
                return

    def run_until(self, is_reached: Callable[[], bool], *, seconds: float = 3600) -> bool:
        """Let time pass until that holds; False if it never does."""
        return self.stage.rehearsal.run_until(is_reached, within=timedelta(seconds=seconds))

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        self.stage.rehearsal.run_for(timedelta(seconds=seconds))

    def offers(self) -> int:
        """How many offers were ever made."""
        return self.count(Offer)

    def count(self, model: type[Any], *where: Any) -> int:
        """How many such rows there are."""
        with self.records.reading("count") as tx:
            return tx.scalar(select(func.count()).select_from(model).where(*where)) or 0

    # --- time ----------------------------------------------------------------------------------

    def begin_in_office_hours(self) -> None:
        """Go to the next noon in Moscow of the centre's kind of day, unless it is about noon of one now."""
        local = self.now.astimezone(_MOSCOW)
        if local.weekday() in self.weekdays and local.hour in _OFFICE_HOURS:
            return
        noon = local.replace(hour=12, minute=0, second=0, microsecond=0)
        while noon <= local or noon.weekday() not in self.weekdays:
            noon += timedelta(days=1)
        self.stage.rehearsal.clock.move_to(noon)
        self.stage.rehearsal.settle()

    def run_until_quiet(self) -> None:
        """Let time pass until nothing is open any more, an hour at most."""
        limit = self.now + _LONGEST
        while self.now < limit:
            self.stage.rehearsal.run_for(_PAUSE)
            self._people_write_down()
            if not self.unfinished():
                return

    def _people_write_down(self) -> None:
        """Whoever is not worked by the autopilot (a supervisor whom an emergency rang) says what came of the call."""
        with self.records.reading("people_in_wrap_up") as tx:
            people = tx.execute(select(Agent.insurer_id, Agent.code).where(*_IN_WRAP_UP)).all()
        for insurer_id, code in people:
            write = partial(
                record_call_outcome, insurer_id=insurer_id, code=code, outcome=WrittenOutcome("info_given")
            )
            self.act(lambda house, write=write: write(house.floor), gives_up_on=(AgentError,))

    # --- what must hold ------------------------------------------------------------------------

    def unfinished(self) -> dict[str, list[Any]]:
        """What is open now."""
        with self.records.reading("unfinished") as tx:
            return unfinished(tx, self.switch, self.now)

    def assert_all_is_well(self) -> None:
        """Within an hour nothing is stuck, nothing was doubled, every call has its end, and the carrier is content."""
        self.run_until_quiet()
        left_open = self.unfinished()
        assert not left_open, left_open
        with self.records.reading("doubled") as tx:
            twice = doubled(tx, self.switch)
        assert not twice, twice

    def assert_carrier_is_content(self) -> None:
        """The carrier had nothing to say against our documents and answers."""
        assert [f"{alert.code} {alert.message} {alert.url}" for alert in self.switch.alerts()] == []

    def begin_anew(self) -> None:
        """For the next test on the same centre: agents answer, the carrier is as mischievous as ever, office hours."""
        self.switch.behave_well()
        self.switch.behave("client:*", ANSWERS)
        self.switch.misbehave(MISCHIEF)
        self.switch.unregister(MOBILE)
        self.begin_in_office_hours()
        self._close_requests()
        self._man_the_desks()
        with self.switch.turn() as core:
            core.alerts.clear()

    def _close_requests(self) -> None:
        """The desk has worked off what earlier calls asked for, so that the same caller may ask again."""
        with self.house.centre.database.transaction("close_requests") as tx:
            for request in tx.scalars(select(Request).where(Request.closed_at.is_(None))).all():
                insurer = self.house.centre.insurers[request.insurer_id]
                last = rules_of(insurer, request.kind).steps[-1]
                advance_request(tx, insurer=insurer, request_id=request.id, step=last, by="desk", at=self.now)

    def _man_the_desks(self) -> None:
        """Agents work by themselves again and come back; calls still promised are kept some other way."""
        with self.house.centre.database.transaction("man_the_desks") as tx:
            for agent in tx.scalars(select(Agent).where(~Agent.is_supervisor)).all():
                agent.is_automatic = True
                if agent.presence == Presence.AWAY:
                    # Whatever they went away for, they come back for their next shift.
                    agent.presence_reason = OFF_SHIFT
                if (seconds := AUTOPILOT_SECONDS.get(Presence(agent.presence))) is not None:
                    due_at = max(self.now, agent.presence_since + timedelta(seconds=seconds))
                    due_work.schedule(
                        tx, kind=AUTOPILOT, subject_id=agent.id, insurer_id=agent.insurer_id, due_at=due_at
                    )
            for callback in tx.scalars(select(Callback).where(Callback.ended_at.is_(None))).all():
                # Kept, and not failed: after a few that failed in a day no more would be promised to that telephone.
                callback.state, callback.ended_at, callback.end_reason = CallbackState.DONE, self.now, "another way"
                for kind in (PLACE, TURN, TIMEOUT):
                    due_work.cancel(tx, kind=kind, subject_id=callback.id)
            tx.execute(
                update(Wait)
                .where(Wait.state == WaitState.CALLBACK)
                .values(state=WaitState.LEFT, ended_at=self.now, end_reason="another way")
            )
        self.run_for(6)

    # --- programs that die ---------------------------------------------------------------------

    def crash(self) -> None:
        """Every program of the centre is gone with all that it remembered, and started again on the same database."""
        before = self.house
        self.house = compose(before.centre.settings, self.stage.rehearsal.clock, carrier_seconds=REAL_SECONDS)
        before.close()
        self.take_over()
        reconcile.appoint(self.house.phone)

    def take_over(self) -> None:
        """Let the house that stands now answer the carrier, sweep and work."""
        self._connections = []
        database = self.house.centre.database
        sqlalchemy_event.listen(database.engine, "connect", lambda raw, _: self._connections.append(raw))
        # What was opened before we listened is opened anew.
        database.close()
        self.stage.front.app = _Killable(create_app(self.house), self.crash)
        self.stage.rehearsal.database = self.records
        self.stage.rehearsal.sweep = partial(self._survived, self.house.look)
        self.stage.rehearsal.work = partial(self._survived, partial(run_burst, self.redis, self.house.centre.plan))

    def break_connections(self) -> None:
        """The database is gone under every open connection of the house: whoever comes next finds it closed."""
        while self._connections:
            self._connections.pop().close()

    def flush_redis(self) -> None:
        """The job queues lose everything, what is enqueued in this very moment too."""
        self.redis.flushall()
        self.forgets = True

    def _survived(self, act: Callable[[], int]) -> int:
        """Do it; a kill ends the programs but not the centre, an error is for the next look (as `run_sweep` has it)."""
        if self.forgets:
            self.redis.flushall()
            self.forgets = False
        try:
            return act()
        except ProcessKilled:
            self.crash()
        except Exception:
            logging.getLogger("pult.sweep").warning("a look failed", exc_info=True)
        return 1


@dataclass(frozen=True)
class _Killable:
    """A web app whose process may be killed at work: the carrier then has half an answer, and asks again."""

    app: Callable[..., Any]
    restart: Callable[[], None]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer, or break off."""
        try:
            return self.app(environ, start_response)
        except ProcessKilled:
            self.restart()
            start_response("200 OK", [("Content-Type", "text/xml"), ("Content-Length", "4096")])
            return [b"<"]


def _is_reached(step: int | str | None, kinds: list[str], news: list[str]) -> bool:
    if step is None:
        return False
    if isinstance(step, int):
        return kinds.count("waits_for_input") > step
    return step in kinds or step in news


def _fallback(stage: Stage) -> Any:
    settings = stage.house.centre.settings
    duty = {(line.insurer_id, line.name): line.duty_number for line in stage.house.centre.insurers.lines()}
    signed = partial(is_signed, settings.auth_token)
    return fallback_app(public_url=settings.fallback_url, duty_numbers=duty, is_signed=signed)


@contextmanager
def opened(folder: Path, start: datetime, redis_url: str, *, database_url: str = "", seed: int = 1) -> Iterator[Centre]:
    """The whole centre with the demo's people and agents, on a carrier that misbehaves."""
    named = {**demo_settings(), "PULT_DATA_DIR": str(folder), "PULT_FALLBACK_URL": f"http://127.0.0.1:{free_port()}"}
    if database_url:
        named["PULT_DATABASE_URL"] = database_url
    settings = read_settings(named, folder=folder)
    with (
        rehearse(settings, start, redis_url=redis_url, seed=seed) as stage,
        exchange.ServedApp(_fallback(stage), port=urlsplit(settings.fallback_url).port, threads=2),
    ):
        load_demo(stage.house.centre)
        records = Database(stage.house.centre.settings.database_url)
        weekdays = _WEEKEND if start.astimezone(_MOSCOW).weekday() in _WEEKEND else _WORKING_DAYS
        centre = Centre(stage, stage.house, Redis.from_url(redis_url), records, weekdays)
        centre.take_over()
        centre.stage.rehearsal.settle()
        centre.begin_anew()
        try:
            yield centre
        finally:
            centre.redis.close()
            centre.house.close()
            records.close()

