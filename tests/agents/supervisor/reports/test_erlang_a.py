"""Erlang A against published numbers, against the chain that it describes, and in what must always hold."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.supervisor.reports.erlang_a import Load, agents_needed, service


def test_the_published_example_comes_out() -> None:
    """Mandelbaum and Zeltyn (2007): 48 calls a minute, a minute each, two minutes' patience, 50 agents."""
    found = service(Load(48 * 60, 60, 120), agents=50, target_seconds=20)
    assert found.abandoned == pytest.approx(0.031, abs=0.0005)
    assert found.wait_seconds == pytest.approx(3.7, abs=0.05)
    assert found.occupancy == pytest.approx(0.93, abs=0.005)


@pytest.mark.parametrize(("erlangs", "agents", "waits"), [(8, 10, 0.409), (5, 7, 0.324), (90, 100, 0.217)])
def test_with_endless_patience_it_is_erlang_c(erlangs: int, agents: int, waits: float) -> None:
    found = service(Load(erlangs * 20, 180, 1e7), agents=agents, target_seconds=20)
    assert found.waiting == pytest.approx(waits, abs=0.001)
    level = 1 - found.waiting * math.exp(-(agents - erlangs) * 20 / 180)
    assert found.service_level == pytest.approx(level, abs=0.001)


LOADS = st.builds(Load, st.floats(1, 400), st.floats(30, 600), st.floats(20, 900))


@given(LOADS, st.integers(1, 60))
@settings(max_examples=30)
def test_it_agrees_with_the_chain_of_states(load: Load, agents: int) -> None:
    """Whoever is in the system leaves served, at n μ at most, or impatient: the share of the latter, counted apart."""
    rate, serves, leaves = load.per_hour / 3600, 1 / load.handling_seconds, 1 / load.patience_seconds
    logs = [0.0]
    for state in itertools.count(1):
        gone = min(state, agents) * serves + max(0, state - agents) * leaves
        logs.append(logs[-1] + math.log(rate / gone))
        if state > agents and rate < gone and logs[-1] < max(logs) - 45:
            break
    odds = [math.exp(one - max(logs)) for one in logs]
    waiting = sum(max(0, state - agents) * odd for state, odd in enumerate(odds)) / sum(odds)
    busy = sum(odds[agents:]) / sum(odds)
    found = service(load, agents=agents, target_seconds=20)
    assert found.abandoned == pytest.approx(leaves * waiting / rate, abs=1e-4)
    assert found.waiting == pytest.approx(busy, abs=1e-4)


@given(LOADS, st.floats(0.5, 0.99))
@settings(max_examples=20)
def test_the_fewest_agents_reach_the_level_and_one_less_do_not(load: Load, level: float) -> None:
    needed = agents_needed(load, service_level=level, target_seconds=20)
    assert needed is not None
    assert service(load, agents=needed, target_seconds=20).service_level >= level
    assert needed == 1 or service(load, agents=needed - 1, target_seconds=20).service_level < level


def test_nobody_is_needed_where_nobody_calls_and_no_number_for_what_is_out_of_reach() -> None:
    assert agents_needed(Load(0, 180, 120), service_level=0.8, target_seconds=20) == 0
    assert agents_needed(Load(1e5, 1800, 120), service_level=0.99, target_seconds=1) is None
    assert service(Load(0, 180, 120), agents=1, target_seconds=20).service_level == 1


@pytest.mark.parametrize(("agents", "handling", "patience"), [(0, 60, 60), (1, 0, 60), (1, 60, 0)])
def test_what_makes_no_queue_is_refused(agents: int, handling: float, patience: float) -> None:
    with pytest.raises(ValueError, match="Erlang A"):
        service(Load(10, handling, patience), agents=agents, target_seconds=20)
