"""Walking everywhere a call on a line can come: the real engine, every key, every result, every way of a branch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from flows.actions import ACTIONS, LEFT
from flows.engine import begin, take
from flows.flow import Flow
from flows.library import FlowSet
from flows.nodes import Digits, Do, Menu, Node, Queue, Record, Say, Transfer
from flows.nodes.visiting import Branching
from flows.session import Frame, Session
from flows.turn import Answered, Begin, Entered, Heard, Pressed, Round, Scalar, Silence, Step
from flows.visit import RUNAWAY, Visit


class Cause(StrEnum):
    """What made a call move: only `KEY` and `ENTRY` are the caller's own progress."""

    BEGIN = "begin"
    SILENCE = "silence"
    WRONG = "wrong"
    KEY = "key"
    ENTRY = "entry"
    RESULT = "result"
    ROUND = "round"


class State(NamedTuple):
    """Where a call can stand: all of a session that decides where it goes, save variables."""

    frames: tuple[Frame, ...]
    noinput: int
    nomatch: int
    leaving: str
    is_offered: bool


class Edge(NamedTuple):
    """One move; `label` is the key or result, and `entered` the nodes passed on the way, by flow and name."""

    source: State
    cause: Cause
    label: str
    target: State
    entered: tuple[tuple[str, str], ...]


@dataclass
class Exploration:
    """Every state of one line and every move out of each; a state without moves is a hang-up.

    Branches go every way whatever the variables are, so that there are more moves here than calls can make and
    never fewer. `runaways` are states where the engine found no rest within one turn.
    """

    flows: FlowSet
    line: Flow
    start: State
    moves: dict[State, list[Edge]] = field(default_factory=dict)
    runaways: set[State] = field(default_factory=set)

    def node(self, state: State) -> Node:
        frame = state.frames[-1]
        return self.flows.flows[frame.flow].nodes[frame.node]

    def flow(self, state: State) -> Flow:
        return self.flows.flows[state.frames[-1].flow]

    def edges(self) -> Iterator[Edge]:
        for moves in self.moves.values():
            yield from moves

    def is_emergency(self, state: State) -> bool:
        return state.frames[0].node == self.line.emergency


def explore(flows: FlowSet, line: Flow) -> Exploration:
    """Explore one line from its first word."""
    session = begin(flows, line.name, language=line.languages[0])
    start = State((), 0, 0, "", False)
    exploration = Exploration(flows, line, start)
    walker = _Walker(flows, session, exploration.runaways)
    exploration.moves[start] = list(walker.moves(start, [(Cause.BEGIN, "begin", Begin())]))
    waiting = [edge.target for edge in exploration.moves[start]]
    while waiting:
        state = waiting.pop()
        if state in exploration.moves:
            continue
        inputs = _inputs(exploration.node(state), state)
        exploration.moves[state] = list(walker.moves(state, inputs))
        waiting += [edge.target for edge in exploration.moves[state] if edge.target not in exploration.moves]
    return exploration


# --- what can be heard -------------------------------------------------------------------------

_Input = tuple[Cause, str, Heard]
_ANYWHERE = tuple((Cause.KEY, key, Pressed(key)) for key in "90*")


def _inputs(node: Node, state: State) -> Iterable[_Input]:
    match node:
        case Menu():
            yield (Cause.SILENCE, "silence", Silence())
            yield from _ANYWHERE
            yield (Cause.KEY, "#", Pressed("#"))
            yield from ((Cause.KEY, key, Pressed(key)) for key in node.keys)
            yield from ((Cause.WRONG, "wrong", Pressed(key)) for key in sorted(set("12345678") - set(node.keys))[:1])
        case Digits():
            yield (Cause.SILENCE, "silence", Silence())
            yield from _ANYWHERE
            yield (Cause.KEY, "*9", Pressed("1*9#"))
            yield (Cause.WRONG, "wrong", Pressed("1"))
            yield (Cause.ENTRY, "digits", Pressed("1" * node.min))
        case Queue() if state.leaving:
            yield (Cause.RESULT, LEFT, Answered(LEFT))
        case Queue():
            yield from _results(node.results)
            yield (Cause.ROUND, "round", Round(0, None, node.offer_after))
            yield from _ANYWHERE
            yield from ((Cause.KEY, key, Pressed(key)) for key in node.keys or ())
        case Record():
            yield from _results(node.results)
            yield from _ANYWHERE
        case Do():
            yield from _results(ACTIONS[node.action].answers)
        case Transfer():
            yield from _results(node.results)
            yield from _ANYWHERE
        case Say():
            yield (Cause.SILENCE, "silence", Silence())
            yield from _ANYWHERE
            yield (Cause.KEY, "#", Pressed("#"))
            yield (Cause.WRONG, "wrong", Pressed("1"))
        case _:
            return


def _results(results: Iterable[str]) -> Iterator[_Input]:
    return ((Cause.RESULT, result, Answered(result)) for result in results)


# --- the engine, without variables and words ---------------------------------------------------


class _Walker:
    """Runs turns from states, each as often as its branches have ways."""

    def __init__(self, flows: FlowSet, session: Session, runaways: set[State]) -> None:
        self._flows = flows
        self._line = session.line
        self._digest = session.digest
        self._language = session.language
        self._runaways = runaways

    def moves(self, state: State, inputs: Iterable[_Input]) -> Iterator[Edge]:
        session = Session(
            line=self._line,
            digest=self._digest,
            language=self._language,
            frames=state.frames,
            noinput=state.noinput,
            nomatch=state.nomatch,
            leaving=state.leaving,
            is_offered=state.is_offered,
        )
        for cause, label, heard in inputs:
            for target, entered in self._ways(state, session, heard):
                # A key that the node does not take for one is a wrong key, whatever it was meant as.
                wrong = cause is Cause.KEY and target.nomatch > state.nomatch
                yield Edge(state, Cause.WRONG if wrong else cause, label, target, entered)

    def _ways(
        self, state: State, session: Session, heard: Heard
    ) -> Iterator[tuple[State, tuple[tuple[str, str], ...]]]:
        waiting: list[tuple[int, ...]] = [()]
        while waiting:
            visit = _Abstract(self._flows, session, waiting.pop())
            turn = take(visit, heard)
            waiting += visit.untaken
            after = turn.session
            if turn.step == RUNAWAY:
                self._runaways.add(state)
            entered = tuple((entry.flow, entry.node) for entry in turn.trace if isinstance(entry, Entered))
            yield State(after.frames, after.noinput, after.nomatch, after.leaving, after.is_offered), entered


class _Abstract(Visit):
    """A visit that keeps no words and no variables, and takes given ways at branches, noting those left."""

    def __init__(self, flows: FlowSet, session: Session, ways: tuple[int, ...]) -> None:
        super().__init__(flows, session)
        self._ways = ways
        self._taken: tuple[int, ...] = ()
        self.untaken: list[tuple[int, ...]] = []

    def decide(self, branch: Branching) -> str:
        targets = list(dict.fromkeys(exit_.to for exit_ in branch.exits()))
        at = len(self._taken)
        way = self._ways[at] if at < len(self._ways) else 0
        if at >= len(self._ways):
            self.untaken += [(*self._taken, other) for other in range(1, len(targets))]
        self._taken = (*self._taken, way)
        return targets[way]

    def say(self, ids: Iterable[str], also: Mapping[str, Scalar] | None = None) -> None:
        return

    def remember(self, values: Mapping[str, Scalar]) -> None:
        return

    def repeat(self, step: Step) -> Step:
        return step

    def choose(self, key: str) -> None:
        return

    def reason(self) -> Mapping[str, str]:
        return {}
