"""What holders do with their telephones: press keys and speak, by themselves or when told to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ivr.exchange import calls, phones
from ivr.exchange.behaviours import AutoAnswer, Hands
from ivr.exchange.model import Call
from ivr.exchange.phones import Phone

if TYPE_CHECKING:
    from ivr.exchange.core import Core

KEYS = frozenset("0123456789*#")
PAUSES = {"w": 0.5, "W": 1.0}


def press(core: Core, phone: Phone, keys: str) -> None:
    """Press keys one after another; raises ValueError for anything that is not on a telephone."""
    wrong = set(keys) - KEYS - PAUSES.keys()
    if wrong:
        raise ValueError(f"no such key: {''.join(sorted(wrong))}")
    call = phone.live_call
    if call:
        _press_on(core, call, keys)


def _press_on(core: Core, call: Call, keys: str) -> None:
    for index, key in enumerate(keys):
        if call.is_over:
            return
        if key in PAUSES:
            rest = partial(_press_on, core, call, keys[index + 1 :])
            core.after_unless_over(call, PAUSES[key], rest)
            return
        phones.hear(core, call, "pressed", keys=key)
        if call.main is None or not call.main.key(core, key):
            # Kept for the next Gather, as a caller who knows the menu expects.
            call.keys_ahead += key


def speak(core: Core, phone: Phone, text: str) -> None:
    """Say something, for as long as it takes."""
    call = phone.live_call
    if call is None:
        return
    phones.hear(core, call, "spoke", text=text)
    if call.main:
        call.main.speech(core, text, len(text) / core.settings.characters_per_second)


def prompted(core: Core, call: Call) -> None:
    """A prompt waits for input: hands that press by themselves take their next entry."""
    hands = _hands_of(call)
    if call.hands_used >= len(hands.presses):
        return
    entry = hands.presses[call.hands_used]
    call.hands_used += 1
    if entry:
        core.after_unless_over(call, hands.think_seconds, lambda: _act(core, call, entry))


def _hands_of(call: Call) -> Hands:
    behaviour = call.phone.behaviour
    if call.direction != "inbound" and isinstance(behaviour, AutoAnswer):
        return behaviour.hands
    return call.phone.hands


def _act(core: Core, call: Call, entry: str) -> None:
    if entry == "hangup":
        calls.hang_up(core, call, "hung up", by_party=True)
    else:
        _press_on(core, call, entry)
