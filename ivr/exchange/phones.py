"""Telephones at the exchange: who holds them and what they hear, event by event."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ivr.exchange.behaviours import Behaviour, Hands, Person
from ivr.exchange.errors import NoSuchPhone

if TYPE_CHECKING:
    from ivr.exchange.core import Core
    from ivr.exchange.model import Call

WITHHELD = "anonymous"
LONGEST_STORY = 5000


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """Something at a telephone: ``seq`` counts from 1 per telephone, ``at`` is UTC.

    Kinds: dialled ringing answered hears waits_for_input pressed spoke hold_music bridged
    unbridged beep recorded sms registered declined ended.
    """

    seq: int
    at: datetime
    kind: str
    call_sid: str
    data: dict[str, object]

    def as_json(self) -> dict[str, object]:
        """One flat object; ``at`` in ISO 8601."""
        return {
            "seq": self.seq,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "call_sid": self.call_sid,
            **self.data,
        }


@dataclass(slots=True, eq=False)
class Phone:
    """A telephone, by the address under which it rings; its calls in order.

    ``matter`` is what whoever holds it speaks about, where recordings are to tell (`ivr.exchange.talk`).
    """

    id: str
    address: str
    behaviour: Behaviour = field(default_factory=Person)
    hands: Hands = field(default_factory=Hands)
    dictation_seconds: float | None = None
    matter: str = ""
    events: list[PhoneEvent] = field(default_factory=list)
    dropped: int = 0
    calls: list[Call] = field(default_factory=list)

    @property
    def live_call(self) -> Call | None:
        """The latest call that is not over."""
        return next((call for call in reversed(self.calls) if not call.is_over), None)

    def events_after(self, seq: int) -> list[PhoneEvent]:
        """Events with a greater number than ``seq``."""
        return self.events[max(0, seq - self.dropped) :]


def new_phone(core: Core, address: str, behaviour: Behaviour | None = None) -> Phone:
    """A telephone that nobody has registered: a caller's, or one that the carrier dials."""
    phone = Phone(core.sids.make("PH"), address, behaviour or Person())
    core.phones[phone.id] = phone
    return phone


def register(core: Core, address: str, behaviour: Behaviour) -> Phone:
    """Let ``address`` ring at one telephone of its own; registering again changes its behaviour."""
    phone = core.registered.get(address)
    if phone is None:
        phone = core.registered[address] = new_phone(core, address)
    phone.behaviour = behaviour
    note(core, phone, None, "registered", address=address)
    return phone


def unregister(core: Core, address: str) -> None:
    """From now on ``address`` behaves as its pattern says."""
    core.registered.pop(address, None)


def find(core: Core, ref: str) -> Phone:
    """The telephone with this id, or that of the call with this sid, or at this address."""
    if ref in core.phones:
        return core.phones[ref]
    if ref in core.calls:
        return core.calls[ref].phone
    if ref in core.registered:
        return core.registered[ref]
    raise NoSuchPhone(f"no telephone {ref}")


def callee(core: Core, address: str) -> Phone:
    """The telephone that rings at ``address``."""
    if address in core.registered:
        return core.registered[address]
    return new_phone(core, address, behaviour_of(core, address))


def behaviour_of(core: Core, address: str) -> Behaviour:
    """How ``address`` behaves: what was said last about a pattern that fits."""
    fitting = (what for pattern, what in reversed(core.behaviours) if fnmatchcase(address, pattern))
    return next(fitting)


def note(core: Core, phone: Phone, call: Call | None, kind: str, **data: object) -> None:
    """Add an event to the telephone's story; the oldest of a very long story are dropped."""
    seq = phone.dropped + len(phone.events) + 1
    event = PhoneEvent(seq, core.now(), kind, call.sid if call else "", data)
    phone.events.append(event)
    core.has_news = True
    core.sound.noted(core, phone, call, event)
    if len(phone.events) > LONGEST_STORY:
        phone.dropped += len(phone.events) - LONGEST_STORY // 2
        del phone.events[: -(LONGEST_STORY // 2)]


def hear(core: Core, call: Call, kind: str, **data: object) -> None:
    """The holder of the call's telephone hears or sees something."""
    note(core, call.phone, call, kind, **data)


def at_number(core: Core, number: str) -> list[Phone]:
    """The telephones that show a text sent to ``number``: the registered one, else all with it."""
    if number in core.registered:
        return [core.registered[number]]
    return [phone for phone in core.phones.values() if phone.address == number]
