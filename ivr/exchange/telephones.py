"""Telephones worked from another program: over HTTP at a running exchange, or at one whose clock is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ivr.exchange.client import Phone
from ivr.exchange.switch import Switch

Event = dict[str, Any]


class DistantTelephone:
    """A call at a running exchange; `events` waits at most half a second before it yields None."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self.call_sid = phone.call_sid

    def events(self) -> Iterator[Event | None]:
        """What happens at the telephone, to the end of the call."""
        while True:
            found = self._phone.events(wait=0.5)
            for event in found:
                yield event
                if event["kind"] == "ended":
                    return
            if not found:
                yield None

    def press(self, keys: str) -> None:
        """Press keys."""
        self._phone.press(keys)

    def hang_up(self) -> None:
        """Put the receiver down."""
        self._phone.hang_up()


class RehearsedTelephone:
    """A call at an exchange in this process; `step` lets the next thing happen and is False when nothing will."""

    def __init__(self, switch: Switch, phone_id: str, step: Callable[[], bool]) -> None:
        self._switch = switch
        self._id = phone_id
        self._step = step
        first = switch.events_since(phone_id)
        self.call_sid = next((event.call_sid for event in first if event.call_sid), "")

    def events(self) -> Iterator[Event | None]:
        """What happens at the telephone, to the end of the call or of everything."""
        seen = 0
        while True:
            found = self._switch.events_since(self._id, seen)
            for event in found:
                seen = event.seq
                yield event.as_json()
                if event.kind == "ended":
                    return
            if not found:
                if not self._step():
                    return
                yield None

    def press(self, keys: str) -> None:
        """Press keys."""
        self._switch.press(self._id, keys)

    def hang_up(self) -> None:
        """Put the receiver down."""
        self._switch.hang_up(self._id)
