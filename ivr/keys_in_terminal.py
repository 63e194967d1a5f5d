"""Who presses the keys of a telephone in the terminal: a script or a person, while time goes on or stands still."""

import os
import select
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

HANG_UP: Final = "hangup"
_KEYS: Final = frozenset("0123456789*#")
_HINT: Final = "   (keys, then Enter; Enter alone is silence; hangup or Ctrl-C hangs up)"


class Hand(Protocol):
    """Decides what to press: keys, `hangup`, or nothing."""

    def at_prompt(self) -> str | None:
        """The answer to a prompt that waits for input now; nothing is silence."""
        ...

    def meanwhile(self) -> str | None:
        """What is pressed between prompts; asked again and again, and answered at once."""
        ...


def is_pressable(text: str) -> bool:
    """Whether `text` is keys, `hangup`, or empty, which is silence."""
    return text == HANG_UP or set(text) <= _KEYS


@dataclass
class Script:
    """Answers each prompt with the next of `presses`; then it is silent."""

    presses: Sequence[str]
    position: int = 0

    def at_prompt(self) -> str | None:
        """The next press."""
        if self.position >= len(self.presses):
            return None
        self.position += 1
        return self.presses[self.position - 1]

    def meanwhile(self) -> str | None:
        """Nothing."""
        return None


class AskedPerson:
    """A person on a moved clock: time stands still while they think, and only then."""

    def at_prompt(self) -> str | None:
        """What they type; the end of input and Ctrl-C hang up."""
        while True:
            _tell("keys> ", end="")
            try:
                typed = input().strip()
            except (EOFError, KeyboardInterrupt):
                return HANG_UP
            if is_pressable(typed):
                return typed
            _tell(f"   (there is no such key: {typed})")

    def meanwhile(self) -> str | None:
        """Nothing: no time passes between prompts."""
        return None


class TypingPerson:
    """A person at the terminal while the call goes on, who may press keys at any moment."""

    def __init__(self) -> None:
        self._typed = b""
        self._lines: deque[str] = deque()
        self._is_told = False
        self._is_at_end = False

    def at_prompt(self) -> str | None:
        """Nothing: time goes on, and what they type is pressed when they type it."""
        if not self._is_told:
            self._is_told = True
            _tell(_HINT)
        return None

    def meanwhile(self) -> str | None:
        """The next line that was typed, if one was."""
        self._read()
        while self._lines:
            typed = self._lines.popleft().strip()
            if is_pressable(typed):
                return typed
            _tell(f"   (there is no such key: {typed})")
        return None

    def _read(self) -> None:
        stdin = sys.stdin.fileno()
        while not self._is_at_end and select.select([stdin], [], [], 0)[0]:
            found = os.read(stdin, 4096)
            *lines, self._typed = (self._typed + found).split(b"\n")
            self._lines.extend(line.decode("utf-8", "replace") for line in lines)
            if not found:
                self._is_at_end = True
                self._lines.append(HANG_UP)


def _tell(text: str, end: str = "\n") -> None:
    """To the person and not into the transcript, which a machine may read."""
    print(text, end=end, file=sys.stderr, flush=True)
