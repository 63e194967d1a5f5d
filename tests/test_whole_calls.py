"""Whole calls through the exchange, over real HTTP, on the moved clock, with a carrier that misbehaves."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from agents.models import OPEN_OFFER, OPEN_WAIT, Agent, Offer, Presence, Wait
from config.due_work import DueWork
from config.settings import demo_settings, read_settings
from ivr import exchange
from ivr.calls.models import Call, CallState, Leg, Outcome
from wsgi import Stage, load_demo, rehearse

# A Tuesday noon in Moscow: every office that the sources give hours for is open.
NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MISCHIEF = exchange.Mischief(seed=7, doubled=0.3, late=0.1, reordered=0.1, lost=0.03, twiml_doubled=0.2)
LINES = {
    "vsk": "+78002001441",
    "soglasie": "+78002500101",
    "rgs": "+70000000301",
    "oms": "+78003336003",
    "maks": "+70000000501",
}
ASKED_FOR_AN_OPERATOR = {"maks": ("1", "0")}


@pytest.fixture
def stage(tmp_path: Path, redis_url: str) -> Iterator[Stage]:
    settings = read_settings({**demo_settings(), "PULT_DATA_DIR": str(tmp_path)})
    with rehearse(settings, NOON, redis_url=redis_url) as stage:
        load_demo(stage.house.centre)
        stage.rehearsal.settle()
        stage.switch.misbehave(MISCHIEF)
        yield stage


def place(stage: Stage, to: str, *presses: str, ani: str = "+70002000001", patience: float | None = None) -> str:
    """Place a call, let it go to its end, and return what the caller heard."""
    phone = stage.switch.dial(to, ani, presses=presses, patience=patience)

    def is_over() -> bool:
        return any(event.kind == "ended" for event in stage.switch.events_since(phone))

    assert stage.rehearsal.run_until(is_over, within=timedelta(hours=1))
    return " ".join(str(event.data.get("text", "")) for event in stage.switch.events_since(phone))


def nothing_is_stuck(stage: Stage) -> None:
    """An hour later every call has an end and an outcome, and nobody waits or rings for nothing."""
    stage.rehearsal.run_for(timedelta(hours=1))
    with stage.house.centre.database.reading("look_around") as tx:
        assert tx.scalars(select(Call.id).where(Call.state != CallState.ENDED)).all() == []
        assert (
            tx.scalars(select(Call.id).where(~select(Outcome).where(Outcome.call_id == Call.id).exists())).all() == []
        )
        assert tx.scalars(select(Offer.id).where(OPEN_OFFER)).all() == []
        stuck = (Presence.OFFERED, Presence.ON_CALL, Presence.WRAP_UP)
        assert tx.scalars(select(Agent.code).where(Agent.presence.in_(stuck))).all() == []
        overdue = stage.house.centre.clock.now() - timedelta(minutes=5)
        assert tx.scalars(select(DueWork.kind).where(DueWork.due_at < overdue)).all() == []


def count(stage: Stage, model: type[Leg] | type[Wait] | type[Outcome], *where: object) -> int:
    with stage.house.centre.database.reading("count") as tx:
        return tx.scalar(select(func.count()).select_from(model).where(*where)) or 0  # type: ignore[arg-type]


@pytest.mark.parametrize("insurer", LINES)
def test_whoever_asks_for_a_person_reaches_one(stage: Stage, insurer: str) -> None:
    place(stage, LINES[insurer], *ASKED_FOR_AN_OPERATOR.get(insurer, ("0",)))
    assert count(stage, Wait, Wait.insurer_id == insurer, Wait.state == "served") == 1
    assert count(stage, Wait, Wait.insurer_id != insurer) == 0
    assert count(stage, Outcome, Outcome.is_primary, Outcome.code == "info_given") == 1
    nothing_is_stuck(stage)


@pytest.mark.parametrize("insurer", LINES)
def test_an_emergency_reaches_a_person_without_identification(stage: Stage, insurer: str) -> None:
    heard = place(stage, LINES[insurer], "9")
    assert "112" in heard
    assert count(stage, Wait, Wait.is_emergency, Wait.state == "served") == 1
    nothing_is_stuck(stage)


def test_the_insured_is_identified_and_the_outcome_is_on_the_record(stage: Stage) -> None:
    heard = place(stage, LINES["vsk"], "1", "1", "5000000001#", "15031985")
    assert "ноль ноль ноль один" in heard
    assert count(stage, Outcome, Outcome.is_primary, Outcome.insured_id.is_not(None)) == 1
    nothing_is_stuck(stage)


def test_nine_and_hash_is_an_emergency_where_digits_are_asked(stage: Stage) -> None:
    place(stage, LINES["vsk"], "1", "1", "9#")
    assert count(stage, Wait, Wait.is_emergency, Wait.state == "served") == 1


@pytest.mark.parametrize("key", ["", "7"])
def test_silence_and_wrong_keys_end_at_a_person(stage: Stage, key: str) -> None:
    place(stage, LINES["vsk"], *[key] * 12)
    assert count(stage, Wait, Wait.state == "served") >= 1
    nothing_is_stuck(stage)


@pytest.mark.parametrize("patience", [1, 8, 20, 40, 60, 66, 70, 75, 90, 110])
def test_a_caller_may_hang_up_at_any_step(stage: Stage, patience: float) -> None:
    place(stage, LINES["vsk"], "1", "1", "5000000001#", "15031985", patience=patience)
    nothing_is_stuck(stage)


def test_many_callers_at_once_all_come_to_an_end(stage: Stage) -> None:
    script: list[Callable[[], str]] = []
    for turn in range(30):
        insurer = list(LINES)[turn % 5]
        presses = [("0",), ("9",), ("1", "1", "5000000001#", "15031985"), ("hangup",), ("", "0"), ("1", "0")][turn % 6]
        script.append(
            lambda to=LINES[insurer], keys=presses, n=turn: stage.switch.dial(  # type: ignore[misc]
                to, f"+7000300{n:04d}", presses=keys, patience=None if n % 4 else 45.0
            )
        )
    for dial in script:
        dial()
        stage.rehearsal.run_for(timedelta(seconds=4))
    nothing_is_stuck(stage)
    assert count(stage, Wait, OPEN_WAIT, Wait.state != "callback") == 0
