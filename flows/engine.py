"""The flow engine: one pure function from a session and what was heard to the next turn."""

from __future__ import annotations

from collections.abc import Mapping

from flows.library import FlowSet
from flows.moves import Go, Move
from flows.session import Frame, Session, Turn
from flows.turn import Begin, Heard, Pressed, Scalar, Silence, Step
from flows.visit import Visit


def begin(flows: FlowSet, flow: str, *, language: str, variables: Mapping[str, Scalar] | None = None) -> Session:
    """The session of a call that has not been answered yet. Raises KeyError where no line has that name."""
    line = flows.lines[flow]
    spoken = language if language in line.languages else line.languages[0]
    return Session(line=line.name, digest=flows.digest, language=spoken, variables=dict(variables or {}))


def advance(flows: FlowSet, session: Session, heard: Heard) -> Turn:
    """One turn, of the flow version that the session began with.

    Never raises, whatever is heard: an input that does not fit where the call stands keeps it there.
    """
    return take(Visit(flows, session), heard)


def take(visit: Visit, heard: Heard) -> Turn:
    """Work one turn out; exploration comes here with a visit that takes every branch."""
    return visit.turn(visit.settle(_first_move(visit, heard)))


def _first_move(visit: Visit, heard: Heard) -> Move | Step:
    if visit.frames:
        return _heard_before(visit, heard) or visit.node.hear(visit, heard)
    if isinstance(heard, Begin):
        visit.remember(heard.variables)
    visit.frames.append(Frame(visit.line.name, visit.line.start))
    return Go(visit.line.start)


def _heard_before(visit: Visit, heard: Heard) -> Step | None:
    """The same step once more for a `#` that ends the entry before.

    Whoever finishes a date or a menu's key with `#` out of habit presses it while the next question begins; the
    carrier hands it over as that question's answer, where it would mean "back". A second one is meant, and so is the
    one that ends what a correction left too short.
    """
    match heard:
        case Pressed("#", is_hasty):
            is_habit = is_hasty and not visit.is_hash_heard and not visit.keyed
            visit.is_hash_heard = True
            return visit.pass_over() if is_habit else None
        case Pressed() | Silence():
            visit.is_hash_heard = False
    return None
