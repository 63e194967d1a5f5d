"""Telephones worked from another program: over HTTP at a running exchange, or at one whose clock is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ivr.exchange.behaviours import AutoAnswer, Hands, NoAnswer
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


class ManyTelephones:
    """Whole days of callers, and the telephones that the centre rings, at an exchange whose clock is moved.

    A call is named by its sid.
    """

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def dial(self, to: str, ani: str, presses: tuple[str, ...], *, think_seconds: float, speaks_seconds: float) -> str:
        """Call a line; each entry of `presses` answers the next prompt that asks for keys. The call's sid."""
        phone = self._switch.dial(
            to, ani, presses=presses, think_seconds=think_seconds, dictation_seconds=speaks_seconds
        )
        return next(event.call_sid for event in self._switch.events_since(phone) if event.call_sid)

    def happened(self, call_sid: str) -> list[str]:
        """What happened at the telephone of a call so far, by its kind, in order."""
        return [event.kind for event in self._switch.events_since(call_sid) if event.call_sid == call_sid]

    def press(self, call_sid: str, keys: str) -> None:
        """Press keys."""
        self._switch.press(call_sid, keys)

    def talk_about(self, call_sid: str, matter: str) -> None:
        """What is said there, where it is recorded, is about this matter (`ivr.exchange.talk`)."""
        self._switch.talk_about(call_sid, matter)

    def hang_up(self, call_sid: str) -> None:
        """Put the receiver down; nothing happens where it is down already."""
        self._switch.hang_up(call_sid)

    def hang_up_all(self) -> None:
        """Everybody puts the receiver down."""
        with self._switch.turn() as core:
            sids = list(core.live_calls)
        for sid in sids:
            self._switch.hang_up(sid)

    def answers(self, pattern: str, *, after_seconds: float, talk_seconds: float | None = None) -> None:
        """Addresses like that pick up, press 1 where asked to, and hang up so long after they were put through."""
        patience = None if talk_seconds is None else 90.0
        self._put_up(pattern, AutoAnswer(after_seconds, talk_seconds, patience, Hands(("1",))))

    def is_left_to_ring(self, pattern: str) -> None:
        """Nobody picks up at addresses like that."""
        self._put_up(pattern, NoAnswer())

    def _put_up(self, pattern: str, behaviour: AutoAnswer | NoAnswer) -> None:
        self._switch.behave(pattern, behaviour)
