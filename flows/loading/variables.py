"""Variables are set by something on the line before a prompt, an argument or a branch can use them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flows.actions import ACTIONS, ENGINE_VARIABLES, LINK, ROUND_VARIABLES, Kind, is_link
from flows.errors import Finding
from flows.flow import Flow
from flows.loading.house import House, at, finding
from flows.loading.spoken_prompts import said_by
from flows.nodes import Branch, Digits, Do, Node, Queue, Set
from flows.nodes.branch import case_of
from flows.speech import Kind as Spoken
from flows.speech import placeholders
from flows.turn import Scalar

_NUMBERS = frozenset(
    {
        Spoken.NUMBER,
        Spoken.ORDINAL,
        Spoken.MONEY,
        Spoken.MINUTES,
        Spoken.DURATION,
        Spoken.PEOPLE_AHEAD,
        Spoken.COUNT,
        Spoken.WORKING_DAYS,
    }
)
_DIGITS = frozenset({Spoken.DIGITS, Spoken.GROUPS, Spoken.LAST_FOUR, Spoken.PHONE, Spoken.EXTENSION})
_DAYS = frozenset({Spoken.DATE, Spoken.UNTIL, Spoken.WEEKDAY})

# In which ways each kind of variable can be spoken.
SPEAKABLE: Mapping[Kind, frozenset[Spoken]] = {
    Kind.TEXT: frozenset({Spoken.TEXT, Spoken.ZONE}),
    Kind.NUMBER: _NUMBERS,
    Kind.DIGITS: _DIGITS,
    Kind.DATE: _DAYS,
    Kind.TIME: frozenset({Spoken.TIME}),
    Kind.MOMENT: _DAYS | {Spoken.TIME, Spoken.ZONE},
    Kind.SECONDS: _NUMBERS,
    Kind.FLAG: frozenset(),
}


def variable_findings(house: House) -> Iterator[Finding]:
    for line in house.lines():
        flows = house.flows_of(line)
        nodes = [(flow, node) for flow in flows for node in flow.nodes.values()]
        known = {**ENGINE_VARIABLES}
        for _, node in nodes:
            known.update(sets(node))
        for flow, node in nodes:
            yield from _uses(line, flow, node, known)
            yield from _speech(house, line, flow, node, known)
    for flow, node in house.nodes():
        if isinstance(node, Branch):
            yield from _cases(house, flow, node)


def sets(node: Node) -> Mapping[str, Kind]:
    """The variables that a node may set."""
    match node:
        case Digits():
            return {node.store: Kind.DIGITS}
        case Do():
            return ACTIONS[node.action].sets
        case Set():
            return {name: _kind(value) for name, value in node.values.items()}
        case _:
            return {}


def _kind(value: Scalar) -> Kind:
    if isinstance(value, bool):
        return Kind.FLAG
    return Kind.NUMBER if isinstance(value, int) else Kind.TEXT


def _uses(line: Flow, flow: Flow, node: Node, known: Mapping[str, Kind]) -> Iterator[Finding]:
    for path, name in _references(node):
        if name not in known:
            yield finding(flow, at(node, *path), f"nothing on line '{line.name}' sets '{name}'")


def _references(node: Node) -> Iterator[tuple[tuple[str, ...], str]]:
    values: Mapping[str, Scalar] = {}
    match node:
        case Branch():
            yield ("branch",), node.variable
        case Do():
            field, values = "with", node.arguments
        case Set():
            field, values = "set", node.values
        case _:
            pass
    for name, value in values.items():
        if isinstance(value, str) and value.startswith("$"):
            yield (field, name), value[1:]


def _speech(house: House, line: Flow, flow: Flow, node: Node, known: Mapping[str, Kind]) -> Iterator[Finding]:
    for said in said_by(node):
        is_round = isinstance(node, Queue) and said.at[0] in ("announce", "offer")
        kinds = {**known, **ROUND_VARIABLES} if is_round else known
        prompt = house.prompts.get(said.id)
        for text in prompt.texts.values() if prompt else ():
            for spoken in placeholders(text):
                if is_link(spoken.name) and isinstance(node, Do):
                    wrong = _unknown_link(house, line, spoken.name)
                else:
                    wrong = _unspeakable(line, spoken.name, spoken.kind, kinds)
                if wrong is not None:
                    yield finding(flow, at(node, *said.at), f"prompt '{said.id}': {wrong}")


def _unspeakable(line: Flow, name: str, spoken: Spoken, kinds: Mapping[str, Kind]) -> str | None:
    if name not in kinds:
        return f"nothing on line '{line.name}' sets '{name}'"
    if spoken not in SPEAKABLE[kinds[name]]:
        return f"'{name}' is a {kinds[name]} and cannot be spoken as {spoken}"
    return None


def _unknown_link(house: House, line: Flow, name: str) -> str | None:
    known = house.vocabularies.of(line.name).links
    link = name.removeprefix(LINK)
    return None if known is None or link in known else f"the insurer of line '{line.name}' has no link '{link}'"


# --- branches ----------------------------------------------------------------------------------


def _cases(house: House, flow: Flow, node: Branch) -> Iterator[Finding]:
    """Every value that is ever set has its case; for what is always set, `otherwise` is exactly one value."""
    possible = _values(house, flow, node.variable)
    if possible is None:
        return
    for case in node.cases:
        if case not in possible:
            yield finding(flow, at(node, "cases", case), f"'{node.variable}' is never '{case}'")
    rest = sorted(possible - set(node.cases))
    if node.variable in ENGINE_VARIABLES:
        if len(rest) != 1:
            message = f"`otherwise` must stand for exactly one value, not {', '.join(rest) or 'none'}"
            yield finding(flow, at(node, "otherwise"), message)
    elif rest:
        yield finding(flow, at(node, "cases"), f"'{node.variable}' may be {', '.join(rest)} without a case")


def _values(house: House, flow: Flow, variable: str) -> set[str] | None:
    """The values that a variable may have; None where they are not known."""
    if variable == "language":
        return set(flow.languages)
    if variable == "line":
        return {line.name for line in house.lines_through(flow)}
    values: set[str] = set()
    for line in house.lines_through(flow):
        for reached in house.flows_of(line):
            for node in reached.nodes.values():
                if variable not in sets(node):
                    continue
                value = node.values[variable] if isinstance(node, Set) else "$"
                if isinstance(value, str) and value.startswith("$"):
                    return None
                values.add(case_of(value))
    return values
