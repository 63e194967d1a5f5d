"""A day of a thousand calls on all lines, seeded, with faults of every kind mixed in: nobody is lost on it.

`PULT_SEED=… PULT_CALLS=…` choose another day, or a shorter one.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest
from sqlalchemy import select

from config import failpoints
from config.embedded_redis import running
from ivr import exchange
from ivr.calls.models import Call, Outcome
from tests.ports import free_port
from tests.scenarios.centre import ANSWERS, WEEKDAY, Centre, opened
from tests.scenarios.lines import EMERGENCY, LINES, MAIN, OPERATOR
from tests.scenarios.reference import served
from tests.scenarios.test_faults import COMMITS, PASSED_BY, REQUESTS

SEED: Final = int(os.environ.get("PULT_SEED", "20261124"))
CALLS: Final = int(os.environ.get("PULT_CALLS", "1000"))

# One call in so many meets a fault of its own; the carrier misbehaves all day.
_ONE_FAULT_IN: Final = 5
_BAD_DAY: Final = {
    "doubled": 0.1,
    "late": 0.05,
    "reordered": 0.05,
    "lost": 0.02,
    "twiml_doubled": 0.05,
    "twiml_answer_lost": 0.02,
    "rest_answer_lost": 0.01,
    "rest_throttled": 0.01,
}
_AGENTS: Final = (
    exchange.NoAnswer(),
    exchange.Busy(),
    exchange.Fail(),
    exchange.AutoAnswer(after=1.0, talk_for=5.0, patience=None),
    exchange.AutoAnswer(after=3.0, talk_for=None, patience=2.0),
)
_USUAL: Final = PASSED_BY[served].split()
_FAULTS: Final = ("killed", "flushed", "connections broken")


@pytest.fixture(autouse=True)
def _nothing_stays_armed() -> Iterator[None]:
    yield
    failpoints.disarm()


@pytest.mark.timeout(1800)
def test_a_thousand_calls_with_faults_of_every_kind_leave_nobody_behind(
    tmp_path: Path, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path, WEEKDAY, redis_url, seed=SEED) as centre:
        day = _Day(centre, SEED)
        for _ in range(CALLS):
            day.next_call()
        day.close()
        with capsys.disabled():
            print(f"\n{CALLS} calls, seed {SEED}: {day.faults.most_common()}, {_outcomes(centre).most_common(6)} ...")
        assert all(day.faults[kind] for kind in _FAULTS)
        assert len(_story(centre)) >= CALLS
        centre.assert_all_is_well()


def test_the_same_seed_tells_the_same_story(tmp_path: Path) -> None:
    first, second = (_told(tmp_path / name, calls=40) for name in ("first", "second"))
    assert len(first) >= 40
    assert first == second


def _told(folder: Path, *, calls: int) -> list[tuple[object, ...]]:
    folder.mkdir()
    with running(free_port(), folder / "redis") as redis, opened(folder, WEEKDAY, redis.url, seed=SEED) as centre:
        day = _Day(centre, SEED)
        for _ in range(calls):
            day.next_call()
        day.close()
        return _story(centre)


class _Day:
    """Calls that come in one after another, and what goes wrong meanwhile, all decided by one pair of dice."""

    def __init__(self, centre: Centre, seed: int) -> None:
        self.faults: Counter[str] = Counter()
        self._centre = centre
        self._dice = Random(seed)
        centre.switch.misbehave(exchange.Mischief(seed=seed, **_BAD_DAY))

    def next_call(self) -> None:
        """A caller rings; perhaps something breaks; time passes."""
        dice = self._dice
        name = dice.choice(sorted(LINES))
        presses = self._presses(name)
        ani = dice.choice(["anonymous", f"+7000700{dice.randrange(10_000):04d}"])
        silent = dice.choice([0.0, 4.0, 4.0])
        self._centre.switch.dial(
            LINES[name], ani, presses=presses, patience=dice.uniform(2, 400), dictation_seconds=silent
        )
        if dice.randrange(_ONE_FAULT_IN) == 0:
            self._break_something()
        if dice.randrange(20) == 0:
            self._change_an_agent()
        self._centre.run_for(dice.uniform(1, 14))

    def close(self) -> None:
        """The evening: the carrier behaves, agents answer, everybody comes to an end."""
        failpoints.disarm()
        self._centre.switch.behave_well()
        self._centre.switch.behave("client:*", ANSWERS)
        for agent in self._agents():
            self._centre.switch.unregister(agent)
        self._centre.run_until_quiet()

    def _presses(self, name: str) -> tuple[str, ...]:
        dice = self._dice
        anything = tuple(dice.choice(["", "0", "1", "2", "3", "4", "5", "7", "8", "*", "#", "9#"]) for _ in range(6))
        waiting = (*OPERATOR[name], *[""] * dice.randrange(2, 6), dice.choice(["1", "2", "9"]))
        usual = [MAIN[name], MAIN[name], OPERATOR[name], EMERGENCY[name], waiting, anything, ()]
        chosen = list(dice.choice(usual))
        if chosen and dice.randrange(6) == 0:
            chosen.insert(dice.randrange(len(chosen)), dice.choice(["hangup", "", "7"]))
        return tuple(chosen)

    def _break_something(self) -> None:
        """At a place that some call will pass, mostly one that nearly every call passes."""
        places = self._dice.choice([_USUAL, _USUAL, [*COMMITS, *REQUESTS]])
        place, kind = self._dice.choice(places), self._dice.choice(_FAULTS)

        def strike(name: str) -> None:
            self.faults[kind] += 1
            if kind == "killed":
                failpoints.kill_here(name)
            elif kind == "flushed":
                self._centre.flush_redis()
            else:
                self._centre.break_connections()

        failpoints.arm_once(place, strike)

    def _change_an_agent(self) -> None:
        """Somebody does not answer, is engaged, hangs up too soon, or is as usual again."""
        agent = self._dice.choice(self._agents())
        self._centre.switch.unregister(agent)
        if self._dice.randrange(2):
            self._centre.switch.register(agent, self._dice.choice(_AGENTS))

    def _agents(self) -> list[str]:
        return [f"client:{insurer}-desk-{number}" for insurer in ("vsk", "sog", "rgs", "maks") for number in (1, 2)]


def _story(centre: Centre) -> list[tuple[object, ...]]:
    """What became of each call, in order."""
    statement = (
        select(Call.started_at, Call.carrier_sid, Call.line, Call.level, Call.hangup_cause, Call.ended_at, Outcome.code)
        .join(Outcome, (Outcome.call_id == Call.id) & Outcome.is_primary, isouter=True)
        .order_by(Call.started_at, Call.id)
    )
    with centre.records.reading("story") as tx:
        return [tuple(row) for row in tx.execute(statement)]


def _outcomes(centre: Centre) -> Counter[str]:
    return Counter(str(row[-1]) for row in _story(centre))
