"""The words that flows take from elsewhere: actions, queues, destinations and outcomes."""

from __future__ import annotations

from collections.abc import Iterator

from flows.actions import ACTIONS, Action
from flows.errors import Finding, Path
from flows.flow import Flow
from flows.loading.house import House, at, finding
from flows.nodes import Do, End, Node, Queue, Transfer
from flows.turn import Scalar


def word_findings(house: House) -> Iterator[Finding]:
    for flow, node in house.nodes():
        match node:
            case Do():
                yield from _do(house, flow, node)
            case Queue():
                yield from _queue(house, flow, at(node, "queue"), node.queue)
            case Transfer():
                yield from _destination(house, flow, node)
            case End() if flow.is_line:
                yield from _outcome(house, flow, at(node, "end"), node.outcome)
            case _:
                pass


def _queue(house: House, flow: Flow, path: Path, name: str) -> Iterator[Finding]:
    for line, words in house.vocabularies_of(flow):
        if words.queues is not None and name not in words.queues:
            yield finding(flow, path, f"no queue '{name}' on line '{line.name}'{_of(words.queues)}")


def _destination(house: House, flow: Flow, node: Transfer) -> Iterator[Finding]:
    for line, words in house.vocabularies_of(flow):
        known = words.destinations
        if known is not None and node.destination not in known:
            message = f"no destination '{node.destination}' on line '{line.name}'{_of(known)}"
            yield finding(flow, at(node, "transfer"), message)


def _outcome(house: House, flow: Flow, path: Path, name: str) -> Iterator[Finding]:
    for _, words in house.vocabularies_of(flow):
        if words.outcomes is not None and name not in words.outcomes:
            yield finding(flow, path, f"no outcome '{name}'")


def _of(known: frozenset[str]) -> str:
    return f"; there are {', '.join(sorted(known))}" if known else ""


def _do(house: House, flow: Flow, node: Do) -> Iterator[Finding]:
    action = ACTIONS[node.action]
    yield from _unequal(flow, node, "results", action.answers, tuple(node.results))
    yield from _unequal(flow, node, "with", action.needs, tuple(node.arguments))
    for name, value in node.arguments.items():
        if not (isinstance(value, str) and value.startswith("$")):
            yield from _constant(house, flow, node, action, name, value)


def _unequal(flow: Flow, node: Node, field: str, wanted: tuple[str, ...], given: tuple[str, ...]) -> Iterator[Finding]:
    what, lack = ("result", "leads nowhere") if field == "results" else ("argument", "is not given")
    for name in wanted:
        if name not in given:
            yield finding(flow, at(node, field), f"{what} '{name}' {lack}")
    for name in given:
        if name not in wanted:
            yield finding(flow, at(node, field, name), f"the action has no {what} '{name}'")


def _constant(house: House, flow: Flow, node: Do, action: Action, name: str, value: Scalar) -> Iterator[Finding]:
    path = at(node, "with", name)
    choices = action.choices.get(name)
    if choices is not None and value not in choices:
        yield finding(flow, path, f"no {name} '{value}'{_of(choices)}")
    match name:
        case "queue":
            yield from _queue(house, flow, path, str(value))
        case "outcome":
            yield from _outcome(house, flow, path, str(value))
        case "template" if value not in house.prompts:
            yield finding(flow, path, f"no prompt '{value}'")
        case _:
            pass
