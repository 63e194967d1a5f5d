"""Menus that a caller can bear: at most five options, and what they ring for at most three menus deep."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from flows.checks.exploring import Cause, Edge, Exploration, State
from flows.errors import Finding
from flows.loading.house import at, finding
from flows.nodes import Menu, Queue, Transfer

MOST_OPTIONS = 5
MOST_MENUS = 3
# Kept for the language on every line, and so no option.
LANGUAGE_KEY = "8"


def menu_findings(exploration: Exploration) -> Iterator[Finding]:
    for state, menus in menus_before(exploration).items():
        node = _service_menu(exploration, state)
        if node is None:
            continue
        flow = exploration.flow(state)
        options = len(set(node.keys) - {LANGUAGE_KEY})
        if options > MOST_OPTIONS:
            message = f"{options} options, of {MOST_OPTIONS} that a caller can keep in mind"
            yield finding(flow, at(node, "keys"), message)
        if menus >= MOST_MENUS:
            message = f"line '{exploration.line.name}': {menus} menus come before this one, of {MOST_MENUS} in all"
            yield finding(flow, at(node, "menu"), message)


def _service_menu(exploration: Exploration, state: State) -> Menu | None:
    node = exploration.node(state) if state.frames else None
    return node if isinstance(node, Menu) and node.purpose == "service" else None


def menus_before(exploration: Exploration) -> dict[State, int]:
    """The least number of menus that a caller passes before each state; what follows a person is left out."""
    least = {exploration.start: 0}
    waiting = deque([exploration.start])
    while waiting:
        state = waiting.popleft()
        for edge in exploration.moves[state]:
            if _follows_a_person(exploration, edge):
                continue
            passed = _passes_a_menu(exploration, edge)
            if least[state] + passed < least.get(edge.target, 1 << 30):
                least[edge.target] = least[state] + passed
                # Moves that cost nothing go first, so that each state is settled once or nearly so.
                waiting.append(edge.target) if passed else waiting.appendleft(edge.target)
    return least


def _passes_a_menu(exploration: Exploration, edge: Edge) -> bool:
    """Whether a menu lies behind: a key was chosen, or silence led on. Keys that work everywhere cost nothing."""
    menu = _service_menu(exploration, edge.source)
    if menu is None:
        return False
    if edge.cause is Cause.KEY:
        return edge.label in set(menu.keys) - {LANGUAGE_KEY}
    return edge.target.frames != edge.source.frames


def _follows_a_person(exploration: Exploration, edge: Edge) -> bool:
    if not edge.source.frames or edge.cause is not Cause.RESULT:
        return False
    node = exploration.node(edge.source)
    return (edge.label == "served" and isinstance(node, Queue)) or (
        edge.label == "completed" and isinstance(node, Transfer)
    )
