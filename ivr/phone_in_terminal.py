"""A telephone in the terminal: what the caller hears and presses, with what the centre's log says beside it."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TextIO

Event = Mapping[str, Any]

_HANG_UP: Final = "hangup"
_GAP: Final = re.compile(r"\{[^{}]*\}")


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

    def ending(self) -> Event | None:
        """`outcome`, `call_id` and durations once the outcome is on record; None before."""
        ...


class PromptNames:
    """Finds the id of the prompt that a heard text was made from."""

    def __init__(self, prompts: Mapping[str, Mapping[str, str]]) -> None:
        patterns = [
            (len(_GAP.sub("", text)), prompt_id, _pattern(text))
            for prompt_id, texts in prompts.items()
            for text in texts.values()
        ]
        self._patterns = sorted(patterns, key=lambda entry: -entry[0])
        self._known: dict[str, str | None] = {}

    def of(self, text: str) -> str | None:
        """The prompt id, or None for a text that is no prompt (a duty manager's announcement)."""
        if text not in self._known:
            self._known[text] = next((name for _, name, found in self._patterns if found.fullmatch(text)), None)
        return self._known[text]


def _pattern(template: str) -> re.Pattern[str]:
    parts = (re.escape(part.strip()) for part in _GAP.split(template))
    return re.compile(r"\s*.+?\s*".join(parts).strip(), re.DOTALL)


@dataclass
class Script:
    """What to press at each prompt that waits for input: keys, `""` for silence, `hangup`. None: a person decides."""

    presses: list[str]
    position: int = 0

    def next_press(self) -> str | None:
        """The next answer; None when the script is used up, which is silence too."""
        if self.position >= len(self.presses):
            return None
        self.position += 1
        return self.presses[self.position - 1]


@dataclass
class Transcript:
    """Prints the call: prose for people, one JSON object a line for machines."""

    prompt_names: PromptNames
    as_json: bool
    out: TextIO = field(default_factory=lambda: sys.stdout)

    def show(self, event: Event) -> None:
        """Print one event."""
        event = self._named(event)
        line = json.dumps(event, ensure_ascii=False, default=str) if self.as_json else _prose(event)
        if line:
            print(line, file=self.out, flush=True)

    def _named(self, event: Event) -> Event:
        if event["kind"] == "hears" and "text" in event:
            return {**event, "prompt": self.prompt_names.of(str(event["text"]))}
        return event


def _who(event: Event) -> str:
    sender = str(event.get("sender", ""))
    return sender if sender.startswith("+") else "a withheld number"


def _estimate(event: Event) -> str:
    seconds = event.get("wait_seconds")
    return "" if seconds is None else f", about {seconds} s"


_PROSE: Final[Mapping[str, Callable[[Event], str]]] = {
    "dialled": lambda event: f"☎  dialled {event.get('to', '')} from {_who(event)}",
    "ringing": lambda _: "   (ringing)",
    "answered": lambda _: "   (answered)",
    "hears": lambda event: f"<  {event.get('text') or event.get('url') or ''}",
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
    "sms": lambda event: f"✉  SMS: {event.get('text') or event.get('body') or event.get('template', '')}",
    "recorded": lambda _: "•  message recorded",
    "ended": lambda event: (
        f"■  ended: {event.get('outcome') or event.get('cause') or 'no outcome yet'}"
        f" (call {event.get('call_id') or '?'}, {event.get('duration_seconds', '?')} s)"
    ),
}


def _prose(event: Event) -> str:
    write = _PROSE.get(str(event["kind"]))
    return write(event) if write else ""


@dataclass
class TerminalCall:
    """Carries one call from dialling to its recorded outcome; without a script, `ask` asks a person what to press."""

    telephone: Telephone
    log: CentreLog
    transcript: Transcript
    script: Script | None
    wait_for_outcome: Callable[[Callable[[], Event | None]], Event | None]
    ask: Callable[[], str] = lambda: ""

    def run(self) -> int:
        """Follow the call to its end. 0 if it came to a proper end, 1 if it did not."""
        ended: Event = {}
        for event in self.telephone.events():
            for known in self.log.news():
                self.transcript.show(known)
            if event is None:
                continue
            if event["kind"] == "ended":
                ended = event
                break
            self._take(event)
        return self._close(ended)

    def _take(self, event: Event) -> None:
        if event["kind"] == "waits_for_input":
            self._answer()
        else:
            self.transcript.show(event)

    def _answer(self) -> None:
        press = self.script.next_press() if self.script else self.ask()
        if press == _HANG_UP:
            self.telephone.hang_up()
        elif press:
            self.telephone.press(press)

    def _close(self, ended: Event) -> int:
        ending = self.wait_for_outcome(self.log.ending)
        for known in self.log.news():
            self.transcript.show(known)
        self.transcript.show({"kind": "ended", **ended, **(ending or {})})
        return 0 if ended.get("status") == "completed" else 1
