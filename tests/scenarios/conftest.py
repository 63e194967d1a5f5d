"""Whole calls through the exchange, over real HTTP, on a moved clock and on a carrier that misbehaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from agents.models import Agent, Offer, OfferState, Presence, Wait, WaitState
from config.due_work import DueWork
from config.embedded_redis import running
from config.ports import free_port
from config.settings import demo_settings, read_settings
from ivr import exchange
from ivr.calls.following import CallFollower
from ivr.calls.models import Call, Outcome
from ivr.exchange.telephones import RehearsedTelephone
from wsgi import Stage, load_demo, rehearse

WEEKDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
OPEN_WAITS = (WaitState.WAITING, WaitState.OFFERED, WaitState.CLAIMED)
OPEN_OFFERS = (OfferState.MADE, OfferState.RINGING, OfferState.ACCEPTED)
BUSY = (Presence.OFFERED, Presence.ON_CALL)
MISCHIEF = exchange.Mischief(seed=7, doubled=0.2, late=0.1, reordered=0.1, lost=0.02, twiml_doubled=0.1)


@dataclass(frozen=True)
class CallStory:
    """One call as its caller and its centre have it; `outcome` is None where none is on record."""

    call_sid: str
    kinds: tuple[str, ...]
    centre: tuple[str, ...]
    prompts: int
    insurer_id: str
    level: str
    outcome: str | None
    is_ended: bool
    is_emergency: bool


@dataclass
class Centre:
    """A stage and the ways in which a test works it."""

    stage: Stage

    def dial(self, number: str, ani: str = "anonymous", presses: tuple[str, ...] = ()) -> RehearsedTelephone:
        """Begin a call that presses these keys at its prompts."""
        phone_id = self.stage.switch.dial(number, ani, presses=presses, patience=1500)
        return RehearsedTelephone(self.stage.switch, phone_id, self.stage.rehearsal.step)

    def place(
        self,
        number: str,
        ani: str = "anonymous",
        presses: tuple[str, ...] = (),
        *,
        hang_up_after: int | None = None,
        hang_up_at: str = "",
    ) -> CallStory:
        """One call to its end; hangs up at that many prompts, or at the first event of that kind (of the centre's)."""
        phone = self.dial(number, ani, presses)
        follower = CallFollower(self.stage.house.centre.database, phone.call_sid)
        kinds: list[str] = []
        centre: list[str] = []
        is_up = True
        for event in phone.events():
            centre += [news["kind"] for news in follower.news()]
            if event is not None:
                kinds.append(str(event["kind"]))
            is_enough = hang_up_after is not None and kinds.count("waits_for_input") > hang_up_after
            is_talked_out = kinds[-1:] == ["bridged"] and not hang_up_at
            if is_up and (is_enough or is_talked_out or (hang_up_at and hang_up_at in [*kinds, *centre])):
                is_up = False
                phone.hang_up()
        self.stage.rehearsal.run_for(timedelta(minutes=2))
        centre += [news["kind"] for news in follower.news()]
        return self.story(phone.call_sid, kinds, centre)

    def story(self, call_sid: str, kinds: list[str], centre: list[str]) -> CallStory:
        """What is on record of this call."""
        with self.stage.house.centre.database.reading("story") as tx:
            call = tx.scalars(select(Call).where(Call.carrier_sid == call_sid)).one()
            outcome = tx.scalar(select(Outcome.code).where(Outcome.call_id == call.id, Outcome.is_primary))
            return CallStory(
                call_sid,
                tuple(kinds),
                tuple(centre),
                kinds.count("waits_for_input"),
                call.insurer_id,
                call.level,
                outcome,
                call.ended_at is not None,
                call.is_emergency,
            )

    def assert_nothing_is_stuck(self) -> None:
        """An hour later every call has an end and an outcome, and nobody and nothing is held up."""
        self.stage.rehearsal.run_for(timedelta(hours=1))
        now = self.stage.rehearsal.clock.now()
        with self.stage.house.centre.database.reading("stuck") as tx:
            found = {
                "calls": tx.scalars(select(Call.id).where(Call.ended_at.is_(None))).all(),
                "calls without an outcome": tx.scalars(
                    select(Call.id).where(~select(Outcome.id).where(Outcome.call_id == Call.id).exists())
                ).all(),
                "waits": tx.scalars(select(Wait.id).where(Wait.state.in_(OPEN_WAITS))).all(),
                "offers": tx.scalars(select(Offer.id).where(Offer.state.in_(OPEN_OFFERS))).all(),
                "agents": tx.scalars(select(Agent.code).where(Agent.presence.in_(BUSY))).all(),
                "due work": tx.execute(
                    select(DueWork.kind, DueWork.subject_id).where(DueWork.due_at < now - timedelta(minutes=1))
                ).all(),
            }
        stuck = {what: list(rows) for what, rows in found.items() if rows}
        assert not stuck, stuck

    def offers(self) -> int:
        """How many offers were ever made."""
        with self.stage.house.centre.database.reading("offers") as tx:
            return tx.scalar(select(func.count()).select_from(Offer)) or 0


@contextmanager
def opened(folder: Path, start: datetime, redis_url: str) -> Iterator[Centre]:
    """The whole centre with the demo's people and agents, on a carrier that misbehaves."""
    settings = read_settings({**demo_settings(), "PULT_DATA_DIR": str(folder)}, folder=folder)
    with rehearse(settings, start, redis_url=redis_url) as stage:
        load_demo(stage.house.centre)
        stage.switch.misbehave(MISCHIEF)
        stage.rehearsal.settle()
        yield Centre(stage)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """One centre, on a weekday noon, for the calls that leave nothing behind, which each of them proves."""
    folder = tmp_path_factory.mktemp("centre")
    with running(free_port(), folder / "redis") as redis, opened(folder, WEEKDAY, redis.url) as centre:
        yield centre


@pytest.fixture
def weekend(tmp_path: Path, redis_url: str) -> Iterator[Centre]:
    """A centre of its own, on a Saturday noon: no clock that is moved for one test is another's."""
    with opened(tmp_path, SATURDAY, redis_url) as centre:
        yield centre


@pytest.fixture
def centre(shared: Centre) -> Iterator[Centre]:
    """The shared centre, whose agents answer again after the test."""
    yield shared
    shared.stage.switch.behave("client:*", exchange.AutoAnswer(after=3.0, talk_for=None, patience=None))
