"""Playing a transcript through the engine: what is heard, pressed and answered, line by line in prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flows.actions import ACTIONS, LEFT, Kind
from flows.engine import advance, begin
from flows.library import FlowSet
from flows.session import Session, Turn
from flows.speech import render
from flows.turn import (
    Answered,
    Ask,
    Begin,
    Do,
    Enqueue,
    Entered,
    HangUp,
    Heard,
    LeaveQueue,
    Pressed,
    Record,
    Round,
    Scalar,
    Silence,
    Transfer,
    Wait,
)

SILENCE, HANGS_UP, STAYS = "(silence)", "(hangs up)", "(stays)"
UNFINISHED, GONE = "unfinished", "hangs_up"
# Far more turns than any call takes: a transcript whose answers go round for ever is stopped here.
MOST_TURNS = 500
_WAITS = re.compile(r"\(waits (\d+) s(?:, (\d+) ahead)?(?:, (\d+) s left)?\)")

# What an answer brings where the transcript does not say.
SAMPLES: Mapping[Kind, Scalar] = {
    Kind.TEXT: "…",
    Kind.NUMBER: 5000,
    Kind.DIGITS: "1234",
    Kind.DATE: "2026-12-01",
    Kind.TIME: "09:00",
    Kind.MOMENT: "2026-11-24T09:00 Europe/Moscow",
    Kind.SECONDS: 300,
    Kind.FLAG: True,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answers; variables that are not given are samples of their kind."""

    result: str
    variables: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Script:
    """Who rings, what they press, and what the service answers, by action, queue or destination, or `record`.

    Several answers come in turn and the last one stays. What is not scripted goes the ordinary way.
    """

    flow: str
    language: str
    pressed: tuple[str, ...]
    answers: Mapping[str, tuple[Answer, ...]]
    variables: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(slots=True)
class Played:
    """A call as it went: its lines, its outcome, the nodes entered by flow and name, and the sessions between turns."""

    lines: list[str] = field(default_factory=list)
    end: str = UNFINISHED
    entered: list[tuple[str, str]] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)


def play(flows: FlowSet, script: Script) -> Played:
    """Replay a call, the session written to JSON and read again before each turn. Raises KeyError without its flow."""
    return _Player(flows, script).play()


class _Player:
    def __init__(self, flows: FlowSet, script: Script) -> None:
        self._flows = flows
        self._script = script
        self._pressed = list(script.pressed)
        self._answers = {name: list(answers) for name, answers in script.answers.items()}
        self._played = Played()

    def play(self) -> Played:
        script = self._script
        session = begin(self._flows, script.flow, language=script.language)
        heard: Heard | None = Begin(script.variables)
        for _ in range(MOST_TURNS):
            if heard is None:
                break
            turn = advance(self._flows, Session.from_json(session.to_json()), heard)
            session = turn.session
            self._note(turn)
            heard = self._next(turn)
        self._played.lines += [f"! nobody heard: {pressed}" for pressed in self._pressed]
        return self._played

    def _note(self, turn: Turn) -> None:
        language = turn.session.language
        for prompt in turn.said:
            text = render(self._flows.prompts[prompt.id].texts[language], prompt.values(), language=language)
            self._played.lines.append(f"< {text}")
        entered = (entry for entry in turn.trace if isinstance(entry, Entered))
        self._played.entered += [(entry.flow, entry.node) for entry in entered]
        self._played.sessions.append(turn.session)

    def _next(self, turn: Turn) -> Heard | None:
        """What comes back for a step; None where the call is over."""
        match turn.step:
            case Ask(is_passing=True):
                return Silence()
            case Ask():
                return self._press()
            case Do(action):
                return self._action(action)
            case Enqueue(queue):
                return self._queue(queue)
            case Wait():
                return self._wait(turn)
            case LeaveQueue():
                self._played.lines.append("= out of the queue")
                return Answered(LEFT)
            case Transfer(destination):
                return self._answer("transfer", destination, "completed")
            case Record():
                return self._record()
            case HangUp(outcome):
                self._played.end = outcome
                return None

    # --- the caller ----------------------------------------------------------------------------

    def _queue(self, queue: str) -> Heard | None:
        if not (self._pressed and self._pressed[0].startswith("(waits")):
            return self._answer("queue", queue, "served")
        self._played.lines.append(f"= queue {queue}: waiting")
        return self._press()

    def _press(self) -> Heard | None:
        if not self._pressed:
            return None
        pressed = self._pressed.pop(0)
        self._played.lines.append(f"> {pressed}")
        if pressed == HANGS_UP:
            self._played.end = GONE
            return None
        if (waits := _WAITS.fullmatch(pressed)) is not None:
            waited, ahead, left = waits.groups()
            return Round(int(ahead or 0), int(left) if left else None, int(waited))
        return Silence() if pressed == SILENCE else Pressed(pressed)

    def _wait(self, turn: Turn) -> Heard | None:
        """In a queue the caller does what is written next, or `(stays)` until the queue is done with them."""
        if self._pressed and self._pressed[0] != STAYS:
            return self._press()
        if self._pressed:
            self._press()
        frame = turn.session.frames[-1]
        queue = getattr(self._flows.flows[frame.flow].nodes[frame.node], "queue", "")
        return self._answer("queue", queue, "served")

    # --- the service ---------------------------------------------------------------------------

    def _take(self, name: str, ordinary: str) -> Answer:
        answers = self._answers.get(name)
        if not answers:
            return Answer(ordinary)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _answer(self, what: str, name: str, ordinary: str) -> Answered:
        answer = self._take(name, ordinary)
        self._played.lines.append(f"= {what} {name}: {answer.result}")
        return Answered(answer.result, answer.variables)

    def _action(self, name: str) -> Answered:
        action = ACTIONS[name]
        answer = self._take(name, action.results[0])
        self._played.lines.append(f"= {name}: {answer.result}")
        samples = {brought: SAMPLES[action.sets[brought]] for brought in action.sets_on(answer.result)}
        return Answered(answer.result, {**samples, **answer.variables})

    def _record(self) -> Heard:
        answer = self._take("record", "recorded")
        self._played.lines.append(f"= record: {answer.result}")
        return Pressed(answer.result) if answer.result in tuple("90*") else Answered(answer.result)


def pressed_in(lines: tuple[str, ...]) -> Iterator[str]:
    """What the caller does in a transcript's lines."""
    return (line[2:].strip() for line in lines if line.startswith("> "))
