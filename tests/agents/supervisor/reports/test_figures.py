"""The figures: each is computed from tables of what happened, and says nothing where there was nothing."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models import WaitState
from agents.supervisor.reports.facts import (
    CallbackFact,
    ContactFact,
    EmergencyFact,
    EvaluationFact,
    Facts,
    PresenceFact,
    RatingFact,
    ServiceFact,
    WaitFact,
)
from agents.supervisor.reports.figures import BY_NAME, FIGURES, Unit
from agents.waiting.service_level import PastWait

NINE = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def wait(
    lasted: int,
    state: WaitState = WaitState.SERVED,
    *,
    at: int = 0,
    target: int = 20,
    queue: str = "desk",
    line: str = "a",
    agent: str | None = "one",
) -> WaitFact:
    since = NINE + seconds(at)
    is_answered = state is WaitState.SERVED
    past = PastWait(queue, since, since + seconds(lasted) if is_answered else None, since + seconds(lasted), state)
    return WaitFact(past, target, line, agent if is_answered else None)


def figure(name: str, **facts) -> float | None:
    return BY_NAME[name].formula(Facts(**facts))


LATE, SHORT, LEFT = wait(21, WaitState.ABANDONED), wait(20, WaitState.ABANDONED), wait(300, WaitState.LEFT)


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        ([], {"offered": 0, "answered": 0, "service_level": None, "asa": None, "abandonment": None, "short": 0}),
        ([wait(20)], {"offered": 1, "answered": 1, "service_level": 1, "asa": 20, "abandonment": 0, "short": 0}),
        ([wait(20), wait(21)], {"service_level": 0.5, "asa": 20.5, "abandonment": 0}),
        ([wait(10), LATE], {"offered": 2, "answered": 1, "service_level": 0.5, "asa": 10, "abandonment": 0.5}),
        # A short abandon, and one who left for something else, count for nothing but themselves.
        ([wait(10), SHORT, LEFT], {"offered": 3, "service_level": 1, "abandonment": 0, "short": 1}),
        ([SHORT], {"service_level": None, "abandonment": None, "short": 1}),
        # Each wait by its own queue's target.
        ([wait(30, target=60), wait(30, target=20)], {"service_level": 0.5, "answered": 2}),
    ],
)
def test_answering(waits: list[WaitFact], expected: dict[str, float | None]) -> None:
    assert {name: figure(name, waits=waits) for name in expected} == expected


def test_handling_is_talk_hold_and_wrap_up_together() -> None:
    services = [ServiceFact(NINE, "a", "desk", "one", 100, 20), ServiceFact(NINE, "a", "desk", "one", 200, 0)]
    assert figure("aht", services=services) == 160
    assert figure("wrap_up", services=services) == 10
    assert figure("aht") is None


def test_occupancy_is_the_busy_part_of_the_time_at_work() -> None:
    presences = [
        PresenceFact("one", NINE, NINE + seconds(30), True),
        PresenceFact("two", NINE, NINE + seconds(90), False),
    ]
    assert figure("occupancy", presences=presences) == 0.25
    assert figure("occupancy") is None


def test_emergencies_are_timed_by_themselves() -> None:
    emergencies = [EmergencyFact(NINE, "a", "emergency", "one", lasted) for lasted in (4, 8)]
    assert figure("emergency_asa", waits=[wait(500)], emergencies=emergencies) == 6
    assert figure("emergency_longest", waits=[wait(500)], emergencies=emergencies) == 8
    assert figure("emergency_longest", waits=[wait(5)]) is None


def test_promises_and_first_calls_are_shares() -> None:
    callbacks = [CallbackFact(NINE, "a", "desk", kept) for kept in (True, True, False, True)]
    assert figure("callbacks_kept", callbacks=callbacks) == 0.75
    contacts = [ContactFact(NINE, "a", "desk", "one", solved) for solved in (True, False)]
    assert figure("fcr", contacts=contacts) == 0.5


def test_marks_have_a_mean_and_a_count() -> None:
    ratings = [RatingFact(NINE, "a", "desk", agent, score) for agent, score in (("one", 5), ("one", 4), ("two", 1))]
    whole = Facts(ratings=ratings)
    assert (BY_NAME["rating"].formula(whole), BY_NAME["ratings"].formula(whole)) == (10 / 3, 3)
    assert BY_NAME["rating"].formula(whole.only(agent="one")) == 4.5
    assert [len(part.ratings) for part in whole.by_time([NINE - seconds(60), NINE])] == [0, 3]
    assert (figure("rating"), figure("ratings")) == (None, 0)


FATES = st.sampled_from([WaitState.SERVED, WaitState.ABANDONED, WaitState.LEFT])
WAITS = st.lists(
    st.builds(
        wait,
        st.integers(0, 120),
        FATES,
        at=st.integers(0, 7199),
        target=st.sampled_from([5, 20, 60]),
        queue=st.sampled_from(["desk", "curator"]),
        line=st.sampled_from(["a", "b"]),
        agent=st.sampled_from(["one", "two"]),
    ),
    max_size=30,
)
SPANS = st.lists(st.builds(
    lambda at, lasts, busy: PresenceFact("one", NINE + seconds(at), NINE + seconds(at + lasts), busy),
    st.integers(0, 5000), st.integers(1, 2200), st.booleans(),
), max_size=8)  # fmt: skip


@given(WAITS, SPANS)
def test_shares_are_shares_and_counts_add_up(waits: list[WaitFact], presences: list[PresenceFact]) -> None:
    whole = Facts(waits=waits, presences=presences)
    for one in FIGURES:
        value = one.formula(whole)
        assert value is None or (0 <= value <= 1 if one.unit is Unit.SHARE else value >= 0)
    parts_of_time = whole.by_time([NINE, NINE + seconds(3600)])
    parts_of_line = [whole.only(line=line) for line in ("a", "b")]
    for name in ("offered", "answered", "short"):
        for parts in (parts_of_time, parts_of_line):
            assert sum(BY_NAME[name].formula(part) for part in parts) == BY_NAME[name].formula(whole)
    cut = [sum(one.seconds for one in part.presences) for part in parts_of_time]
    assert sum(cut) == sum(one.seconds for one in presences)


def test_what_belongs_to_nobody_is_left_out_where_somebody_is_asked_for() -> None:
    whole = Facts(
        waits=[wait(5), wait(5, agent="two"), LATE],
        presences=[PresenceFact("one", NINE, NINE + seconds(1), True)],
        callbacks=[CallbackFact(NINE, "a", "desk", True)],
    )
    of_one, of_line = whole.only(agent="one"), whole.only(line="a")
    assert (len(of_one.waits), len(of_one.presences), len(of_one.callbacks)) == (1, 1, 0)
    assert (len(of_line.waits), len(of_line.presences), len(of_line.callbacks)) == (3, 0, 1)


def test_quality_is_the_mean_of_scores_and_the_share_of_what_failed() -> None:
    scored = (("one", 0.9, False), ("one", 0.0, True), ("two", 0.75, False), ("two", 0.75, True))
    whole = Facts(evaluations=[EvaluationFact(NINE, "a", "desk", *one) for one in scored])
    names = ("quality", "quality_failed", "evaluations")
    assert [BY_NAME[name].formula(whole) for name in names] == [0.6, 0.5, 4]
    assert [BY_NAME[name].formula(whole.only(agent="one")) for name in names] == [0.45, 0.5, 2]
    assert [len(part.evaluations) for part in whole.by_time([NINE - seconds(60), NINE])] == [0, 4]
    assert [figure(name) for name in names] == [None, None, 0]


def test_rows_by_name_have_every_kind_of_fact() -> None:
    made = {
        "waits": wait(5),
        "emergencies": EmergencyFact(NINE, "a", "desk", "one", 4),
        "services": ServiceFact(NINE, "a", "desk", "one", 100, 20),
        "presences": PresenceFact("one", NINE, NINE + seconds(60), True),
        "callbacks": CallbackFact(NINE, "a", "desk", True),
        "contacts": ContactFact(NINE, "a", "desk", "one", True),
        "ratings": RatingFact(NINE, "a", "desk", "one", 5),
        "evaluations": EvaluationFact(NINE, "a", "desk", "one", 0.9, False),
    }
    of_another = {"line": "b", "queue": "curator", "agent": "two"}
    both = {
        kind: [one, replace(one, **{what: name for what, name in of_another.items() if what in vars(one)})]
        for kind, one in made.items()
    }
    both["waits"].append(wait(5, line="b", queue="curator", agent="two"))
    whole = Facts(**both)
    for what in of_another:
        rows = whole.by_name(what)
        for one in fields(Facts):
            has_no_such = not hasattr(made[one.name], what)
            found = sum(len(getattr(row, one.name)) for row in rows.values())
            assert found == (0 if has_no_such else len(both[one.name])), (what, one.name)
        assert rows == {name: whole.only(**{what: name}) for name in rows}
    assert all(getattr(whole.by_time([NINE])[0], one.name) for one in fields(Facts))


def test_each_figure_is_named_and_explained_once() -> None:
    assert len(BY_NAME) == len(FIGURES)
    assert len({str(one.words) for one in FIGURES}) == len(FIGURES)
    assert {one.name for one in fields(Facts)} == {
        *("waits", "emergencies", "services", "presences", "callbacks", "contacts", "ratings", "evaluations")
    }
