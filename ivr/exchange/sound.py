"""The port through which a voice part makes calls audible; without one the exchange is text, and nothing changes.

The switch calls it under its lock: whoever answers must return at once, and may change nothing before
the turn is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ivr.exchange.core import Core
    from ivr.exchange.model import Call, Recording
    from ivr.exchange.phones import Phone, PhoneEvent
    from ivr.exchange.twiml.verbs import Prompt

Play = Callable[[float | None], None]
"""Begins a prompt; given the seconds that one round of it really lasts, None where nobody knows."""


class Sound(Protocol):
    """What a voice part learns of the switch, and what it knows better than the switch."""

    def noted(self, core: Core, phone: Phone, call: Call | None, event: PhoneEvent) -> None:
        """Something happened at a telephone; whom each call hears may have changed with it."""
        ...

    def prepare(self, core: Core, listeners: list[Call], prompt: Prompt, base: str, play: Play) -> None:
        """Get a prompt's sound ready and call ``play`` once: at once, or later in a turn of its own.

        ``base`` is the document's URL, against which the prompt's is resolved.
        """
        ...

    def plays(self, core: Core, call: Call, prompt: Prompt, base: str) -> None:
        """A call begins to hear a prompt that was prepared."""
        ...

    def hushed(self, core: Core, calls: list[Call]) -> None:
        """Whatever was played to these calls stops."""
        ...

    def recorded(self, core: Core, recording: Recording) -> None:
        """A recording has begun, is paused, goes on, has ended or is deleted: it says which."""
        ...

    def wav_of(self, recording: Recording, channels: int) -> bytes | None:
        """The sound of a recording that has ended, None where nothing was audible of it. Not under the lock."""
        ...


class Silence:
    """No voice part: prompts last as long as their texts are, and nothing is heard."""

    def noted(self, core: Core, phone: Phone, call: Call | None, event: PhoneEvent) -> None:
        """Nobody listens."""

    def prepare(self, core: Core, listeners: list[Call], prompt: Prompt, base: str, play: Play) -> None:
        """Nothing to get ready."""
        play(None)

    def plays(self, core: Core, call: Call, prompt: Prompt, base: str) -> None:
        """Nobody listens."""

    def hushed(self, core: Core, calls: list[Call]) -> None:
        """Nothing was played."""

    def recorded(self, core: Core, recording: Recording) -> None:
        """Nothing to record."""

    def wav_of(self, recording: Recording, channels: int) -> bytes | None:
        """No sound."""
        return None
