"""Emergency is one key away wherever keys are heard, and leads to people without a question."""

from __future__ import annotations

from collections.abc import Iterator

from flows.checks.exploring import Edge, Exploration, State
from flows.errors import Finding
from flows.loading.house import at, finding
from flows.nodes import Digits, Do, Menu, Queue, Record, Say, Transfer


def emergency_findings(exploration: Exploration) -> Iterator[Finding]:
    entries: set[State] = set()
    for state, moves in exploration.moves.items():
        if not state.frames or exploration.is_emergency(state) or state.leaving:
            continue
        for key in _keys(exploration, state):
            targets = _after(exploration, moves, key)
            entries |= targets
            if not targets or not all(map(exploration.is_emergency, targets)):
                yield _finding(exploration, state, f"key {key} does not lead to the emergency from here")
    yield from _asked_first(exploration, entries)


def _keys(exploration: Exploration, state: State) -> tuple[str, ...]:
    """The keys by which help must come: `9`, and `*9` after a mistake. An emergency queue is help already."""
    match exploration.node(state):
        case Digits():
            return ("9", "*9")
        case Menu() | Record() | Say() | Transfer():
            return ("9",)
        case Queue() as node if not node.is_emergency:
            return ("9",)
        case _:
            return ()


def _after(exploration: Exploration, moves: list[Edge], key: str) -> set[State]:
    """Where a key brings the caller once they are out of a queue that it made them leave."""
    targets = {edge.target for edge in moves if edge.label == key}
    return {
        further
        for target in targets
        for further in ([edge.target for edge in exploration.moves[target]] if target.leaving else [target])
    }


def _asked_first(exploration: Exploration, entries: set[State]) -> Iterator[Finding]:
    """An emergency queue comes before any question, end or ordinary queue, whatever fails."""
    seen = set(entries)
    waiting = list(entries)
    while waiting:
        state = waiting.pop()
        match exploration.node(state):
            case Queue(is_emergency=True):
                continue
            case Do() | Transfer():
                further = {edge.target for edge in exploration.moves[state]} - seen
                seen |= further
                waiting += further
            case _:
                yield _finding(exploration, state, "an emergency comes here before it reaches an emergency queue")


def _finding(exploration: Exploration, state: State, message: str) -> Finding:
    return finding(exploration.flow(state), at(exploration.node(state)), f"line '{exploration.line.name}': {message}")
