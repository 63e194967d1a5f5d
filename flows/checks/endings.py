"""Every call comes to something: a person or a useful end from everywhere, and no end is put off for ever."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import NamedTuple

from flows.checks.exploring import Cause, Edge, Exploration, State
from flows.errors import Finding
from flows.loading.house import at, finding
from flows.nodes import Digits, End, Menu, Queue, Say, Transfer

# Ends that help nobody; a flow may not count on them.
USELESS = frozenset({"abandoned_in_ivr", "abandoned_in_queue", "dropped_mid_call", "nuisance", "test"})
PASSIVE = frozenset({Cause.BEGIN, Cause.SILENCE, Cause.WRONG, Cause.RESULT})


def runaway_findings(exploration: Exploration) -> Iterator[Finding]:
    """A turn comes to rest at something that the caller hears."""
    for state in exploration.runaways:
        if state.frames:
            yield _finding(exploration, state, "a turn begun here goes round without end")


# --- a person or a useful end ------------------------------------------------------------------


def dead_end_findings(exploration: Exploration) -> Iterator[Finding]:
    """From everywhere the caller has keys that bring a person or a useful end, whatever fails on the way."""
    helped = _helped(exploration)
    for state in exploration.moves:
        if state.frames and state not in helped:
            yield _finding(exploration, state, "neither a person nor a useful end can be counted on from here")


class _Input(NamedTuple):
    """All that one key, one result or one silence may come to."""

    state: State
    cause: Cause
    label: str


def _helped(exploration: Exploration) -> set[State]:
    """States that win: the caller picks the key, while results and branches turn out for the worst."""
    open_targets: dict[_Input, int] = defaultdict(int)
    open_inputs: dict[State, int] = defaultdict(int)
    into: dict[State, list[_Input]] = defaultdict(list)
    for edge in exploration.edges():
        if _counts(exploration, edge):
            input_ = _Input(edge.source, edge.cause, edge.label)
            open_inputs[edge.source] += not open_targets[input_]
            open_targets[input_] += 1
            into[edge.target].append(input_)
    helped = {state for state in exploration.moves if state.frames and _is_useful_end(exploration, state)}
    waiting = deque(helped)
    while waiting:
        for input_ in into[waiting.popleft()]:
            open_targets[input_] -= 1
            if open_targets[input_] or input_.state in helped:
                continue
            open_inputs[input_.state] -= 1
            if not open_inputs[input_.state] or _is_callers(exploration, input_.state):
                helped.add(input_.state)
                waiting.append(input_.state)
    return helped


def _counts(exploration: Exploration, edge: Edge) -> bool:
    """Moves that decide: not those of a caller who was with a person, nor a caller's whims while waiting."""
    if not edge.source.frames or _is_callers(exploration, edge.source):
        return True
    return edge.cause is Cause.RESULT and not _is_person(exploration, edge) and not is_lasting(exploration, edge)


def _is_callers(exploration: Exploration, state: State) -> bool:
    return not state.frames or isinstance(exploration.node(state), Menu | Digits | Say)


def _is_useful_end(exploration: Exploration, state: State) -> bool:
    node = exploration.node(state)
    return isinstance(node, End) and node.outcome not in USELESS


def _is_person(exploration: Exploration, edge: Edge) -> bool:
    node = exploration.node(edge.source)
    return (isinstance(node, Queue) and edge.label == "served") or (
        isinstance(node, Transfer) and edge.label == "completed"
    )


def is_lasting(exploration: Exploration, edge: Edge) -> bool:
    """Whether a caller waited through an emergency queue: people were rung all the while, so it may come again."""
    if edge.label != "timed_out":
        return False
    node = exploration.node(edge.source)
    return isinstance(node, Queue) and node.is_emergency


# --- no end is put off for ever ----------------------------------------------------------------


def endless_findings(exploration: Exploration) -> Iterator[Finding]:
    """Silence for ever, wrong keys for ever and the worst of results end somewhere, also mixed."""
    for state, trail in _circles(exploration):
        names = list(dict.fromkeys(exploration.node(passed).name for passed in trail))
        way = " → ".join([*names, names[0]])
        yield _finding(exploration, state, f"goes round for ever without the caller doing anything: {way}")


def _circles(exploration: Exploration) -> Iterator[tuple[State, list[State]]]:
    """Each state that closes a circle of passive moves, with the circle; depth first, without recursion."""
    done: set[State] = set()
    for root in exploration.moves:
        if root in done:
            continue
        trail: list[State] = [root]
        on_trail = {root}
        ways = [_passive(exploration, root)]
        while trail:
            following = next(ways[-1], None)
            if following is None:
                ways.pop()
                on_trail.discard(trail[-1])
                done.add(trail.pop())
            elif following in on_trail:
                yield following, trail[trail.index(following) :]
            elif following not in done:
                trail.append(following)
                on_trail.add(following)
                ways.append(_passive(exploration, following))


def _passive(exploration: Exploration, state: State) -> Iterator[State]:
    return (
        edge.target for edge in exploration.moves[state] if edge.cause in PASSIVE and not is_lasting(exploration, edge)
    )


def _finding(exploration: Exploration, state: State, message: str) -> Finding:
    return finding(exploration.flow(state), at(exploration.node(state)), f"line '{exploration.line.name}': {message}")
