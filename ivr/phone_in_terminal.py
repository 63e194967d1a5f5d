"""A telephone in the terminal: what the caller hears and presses, with what the centre's log says beside it."""

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TextIO

from ivr.keys_in_terminal import HANG_UP, Hand

Event = Mapping[str, Any]

KINDS: Final = (
    *("dialled", "hears", "pressed", "identified", "queued", "position"),
    *("offered", "connected", "sms", "recorded", "ended"),
)
"""The kinds of events that machines are told."""


class Telephone(Protocol):
    """One call in progress, as its caller has it."""

    def events(self) -> Iterator[Event | None]:
        """What happens at the telephone, in order, `kind` naming each; None now and then when nothing does."""
        ...

    def press(self, keys: str) -> None:
        """Press these keys now."""
        ...

    def hang_up(self) -> None:
        """Put the receiver down."""
        ...


class CentreLog(Protocol):
    """What only the centre knows of the call."""

    def news(self) -> Sequence[Event]:
        """Events of the call's log since the last time asked, in order."""
        ...

    def prompt_of(self, text: str) -> str | None:
        """The id of the prompt that was heard as `text`; None for a text that is no prompt of the call's flows."""
        ...

    def ending(self) -> Event | None:
        """`outcome` (None before it is on record), `call_id` and durations; None of a call that it does not know."""
        ...


Wait = Callable[[Callable[[], Event | None]], Event | None]
"""Asks until there is an answer, and gives up after a few seconds of the centre's time."""


@dataclass
class Transcript:
    """Prints the call: prose for people, one JSON object a line for machines."""

    as_json: bool
    out: TextIO = field(default_factory=lambda: sys.stdout)

    def show(self, event: Event) -> None:
        """Print one event."""
        line = _for_machines(event) if self.as_json else _prose(event)
        if line:
            print(line, file=self.out, flush=True)


def _for_machines(event: Event) -> str:
    if event["kind"] not in KINDS:
        return ""
    told = {"kind": event["kind"], **{name: value for name, value in event.items() if name not in _INSIDE}}
    if event["kind"] == "dialled":
        told["from"] = _sender(event)
    return json.dumps(told, ensure_ascii=False, default=str)


# The carrier's own numbers, of no use behind it.
_INSIDE: Final = frozenset({"seq", "sender", "phone_id", "voice"})


def _sender(event: Event) -> str | None:
    sender = str(event.get("sender", ""))
    return sender if sender.startswith("+") else None


def _estimate(event: Event) -> str:
    seconds = event.get("wait_seconds")
    return "" if seconds is None else f", about {seconds} s"


_PROSE: Final[Mapping[str, Callable[[Event], str]]] = {
    "dialled": lambda event: f"☎  dialled {event.get('to', '')} from {_sender(event) or 'a withheld number'}",
    "ringing": lambda _: "   (ringing)",
    "answered": lambda _: "   (answered)",
    "hears": lambda event: f"<  {event.get('text', '')}",
    "pressed": lambda event: f">  {event.get('keys', '')}",
    "hold_music": lambda _: "   ♪ (music)",
    "beep": lambda _: "   (beep)",
    "bridged": lambda _: "   (connected: somebody is on the line)",
    "unbridged": lambda _: "   (disconnected)",
    "identified": lambda event: f"•  identified: {event.get('level', '')}",
    "queued": lambda event: f"•  queued: {event.get('queue', '')}",
    "position": lambda event: f"•  position: {event.get('ahead')} ahead{_estimate(event)}",
    "offered": lambda event: f"•  offered to {event.get('agent', 'a curator')}",
    "connected": lambda event: f"•  connected to {event.get('agent', 'a curator')}",
    "sms": lambda event: f"✉  SMS: {event.get('text') or event.get('template', '')}",
    "recorded": lambda event: f"•  message recorded, {event.get('seconds', '?')} s",
    "ended": lambda event: (
        f"■  ended: {event.get('outcome') or 'no outcome on record'}"
        f" (call {event.get('call_id') or 'unknown to the centre'}, {event.get('duration_seconds', '?')} s)"
    ),
}


def _prose(event: Event) -> str:
    write = _PROSE.get(str(event["kind"]))
    return write(event) if write else ""


@dataclass
class TerminalCall:
    """Carries one call from dialling to its recorded outcome; hangs up once `is_hung_up` says that the caller did."""

    telephone: Telephone
    log: CentreLog
    transcript: Transcript
    hand: Hand
    wait_for_outcome: Wait
    is_hung_up: Callable[[], bool] = lambda: False
    _pressed: str = ""
    _messages: deque[Event] = field(default_factory=deque)

    def run(self) -> int:
        """Follow the call to its end. 0 if it came to a proper end that the centre knows of, 1 if it did not."""
        return self._close(self._follow())

    def _follow(self) -> Event:
        for event in self.telephone.events():
            self._tell_news()
            if self.is_hung_up():
                self.telephone.hang_up()
            if event is None:
                self._press(self.hand.meanwhile())
            elif event["kind"] == "ended":
                return event
            else:
                self._take(event)
        return {}

    def _take(self, event: Event) -> None:
        match event["kind"]:
            case "waits_for_input":
                self._press(self.hand.at_prompt())
            case "pressed":
                self._pressed += str(event.get("keys", ""))
            case "hears" if "text" in event:
                self._show({**event, "prompt_id": self.log.prompt_of(str(event["text"]))})
            case "hears":
                # A sound file: nothing here speaks, and what is played while one waits is music.
                self._show({**event, "kind": "hold_music"})
            case "sms":
                written = self._messages.popleft() if self._messages else {}
                self._show({**written, **event})
            case "recorded":
                # The centre has it once its own log says so.
                return
            case _:
                self._show(event)

    def _press(self, press: str | None) -> None:
        if press == HANG_UP:
            self.telephone.hang_up()
        elif press:
            self.telephone.press(press)

    def _tell_news(self) -> None:
        for known in self.log.news():
            if known["kind"] == "sms":
                # Shown with its text when it comes to the telephone.
                self._messages.append(known)
            else:
                self._show(known)

    def _show(self, event: Event) -> None:
        """Print an event, behind the keys that were pressed before it: the carrier tells them one by one."""
        if self._pressed:
            self.transcript.show({"kind": "pressed", "keys": self._pressed, "at": event.get("at")})
            self._pressed = ""
        self.transcript.show(event)

    def _close(self, ended: Event) -> int:
        ending = self.wait_for_outcome(self._recorded_ending) or self.log.ending()
        self._tell_news()
        while self._messages:
            self._show(self._messages.popleft())
        told = ending or {"outcome": None, "call_id": None, "duration_seconds": ended.get("seconds")}
        self._show({"kind": "ended", **{name: ended.get(name) for name in ("at", "status", "cause")}, **told})
        return 0 if ended.get("status") == "completed" and ending is not None else 1

    def _recorded_ending(self) -> Event | None:
        ending = self.log.ending()
        return ending if ending is not None and ending.get("outcome") is not None else None
