"""What a page does with a telephone at the switch: dial, register, answer, press keys, hang up; with its sound."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ivr.exchange import calls, phones
from ivr.exchange.behaviours import Person
from ivr.exchange.errors import ExchangeError
from ivr.exchange.holders import press
from ivr.exchange.model import Call, Number
from ivr.exchange.phones import WITHHELD, Phone, PhoneEvent
from ivr.exchange.transitions import CallStatus
from ivr.exchange.twiml.verbs import Callback, Play
from ivr.exchange.voice import tones
from ivr.exchange.voice.legs import Leg
from ivr.exchange.voice.tokens import Grant
from ivr.exchange.voice.webrtc import Connection

if TYPE_CHECKING:
    from ivr.exchange.core import Core
    from ivr.exchange.voice.voice import Voice

Listener: TypeAlias = Callable[[PhoneEvent, dict[str, object], Call | None], None]
"""Learns of an event at a telephone, the same as JSON, and its call, on the loop's thread."""

# What the carrier says of a call; a page cannot say it for itself.
_RESERVED: Final = frozenset(
    {
        *("AccountSid", "ApiVersion", "CallSid", "CallStatus", "Called", "Caller"),
        *("Direction", "ForwardedFrom", "From", "ParentCallSid", "To"),
    }
)
_MOST_PARAMETERS: Final = 50
_LONGEST_VALUE: Final = 800


@dataclass(frozen=True, slots=True)
class Dialled:
    """A call that a page has placed: ``answer`` is the SDP for its offer, '' for a call without sound."""

    call_sid: str
    phone_id: str
    answer: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Sound that is offered to a page whose telephone rings; whoever made it closes what was not accepted."""

    leg: Leg
    connection: Connection
    sdp: str


class Telephony:
    """Every telephone that is in a page; its methods belong to the voice thread's event loop."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._switch = voice.switch
        self._listeners: defaultdict[str, list[Listener]] = defaultdict(list)
        self._connections: dict[str, Connection] = {}
        self._closing: set[asyncio.Task[None]] = set()
        voice.tell = self._told

    # Registration.

    async def register(self, grant: Grant, listener: Listener) -> str:
        """Let ``client:identity`` ring in a page; returns the telephone's id."""

        def work(core: Core) -> str:
            phone = phones.register(core, f"client:{grant.identity}", Person())
            self._listeners[phone.id].append(listener)
            return phone.id

        return str(await self._turn(work))

    async def unregister(self, phone_id: str, listener: Listener) -> None:
        """It no longer rings in this page; with the last one the identity is offline."""

        def work(core: Core) -> None:
            self.forget(phone_id, listener)
            phone = core.phones.get(phone_id)
            if phone and not self._listeners.get(phone_id):
                phones.unregister(core, phone.address)

        await self._turn(work)

    def forget(self, phone_id: str, listener: Listener) -> None:
        """Tell this listener no more of a telephone."""
        if listener in self._listeners.get(phone_id, ()):
            self._listeners[phone_id].remove(listener)
        if not self._listeners.get(phone_id):
            self._listeners.pop(phone_id, None)

    # Calls.

    async def dial(self, to: str, sender: str, offer: str, listener: Listener) -> Dialled:
        """Call a number of the account from outside. Raises ExchangeError or ValueError."""

        def place(core: Core) -> Call:
            number = core.numbers.get(to)
            if number is None:
                raise ExchangeError(f"{to} is not a number of this exchange")
            phone = phones.new_phone(core, sender or WITHHELD)
            if offer:
                # Somebody with a microphone speaks as long as they speak, and not for as long as a test says.
                phone.dictation_seconds = 0.0
            self._listeners[phone.id].append(listener)
            return calls.dial_in(core, number, phone, phone.address)

        return await self._placed(offer, place)

    async def dial_as(self, grant: Grant, parameters: dict[str, str], offer: str, listener: Listener) -> Dialled:
        """An agent's call: the application of the grant is asked, with the page's parameters, what to do."""

        def place(core: Core) -> Call:
            url = dict(core.settings.applications).get(grant.application_sid)
            if url is None:
                raise ExchangeError("this token allows no outgoing calls")
            application = Number(grant.application_sid, parameters.get("To", ""), core.now(), voice=Callback(url))
            address = f"client:{grant.identity}"
            phone = core.registered.get(address) or phones.new_phone(core, address)
            if listener not in self._listeners[phone.id]:
                self._listeners[phone.id].append(listener)
            return calls.dial_in(core, application, phone, address, parameters=_own(parameters))

        return await self._placed(offer, place)

    async def _placed(self, offer: str, place: Callable[[Core], Call]) -> Dialled:
        leg = Leg()
        connection, answer = await self._answered(leg, offer)

        def work(core: Core) -> Call:
            call = place(core)
            if connection:
                leg.player.background(tones.ringing())
                self._voice.join(call.sid, leg)
            return call

        try:
            call = await self._turn(work)
        except ExchangeError:
            if connection:
                await connection.close()
            raise
        if connection:
            self._connections[call.sid] = connection
        return Dialled(call.sid, call.phone.id, answer)

    async def _answered(self, leg: Leg, offer: str) -> tuple[Connection | None, str]:
        if not offer or not self._voice.has_sound:
            return None, ""
        connection = Connection(leg)
        return connection, await connection.answer(offer)

    async def accept(self, call_sid: str, offer: str) -> str:
        """Answer a call that rings; returns the SDP for the page's offer. Raises ExchangeError or ValueError."""
        leg = Leg()
        connection, answer = await self._answered(leg, offer)
        await self._pick_up(call_sid, leg, connection)
        return answer

    async def offer(self) -> Offer:
        """Our own offer for a call that rings, for a page that answers rather than offers."""
        leg = Leg()
        connection = Connection(leg)
        return Offer(leg, connection, await connection.offer())

    async def accept_offered(self, call_sid: str, offer: Offer, answer: str) -> None:
        """Answer a call that rings by the page's answer (SDP). Raises ExchangeError or ValueError."""
        await offer.connection.accept(answer)
        await self._pick_up(call_sid, offer.leg, offer.connection)

    async def _pick_up(self, call_sid: str, leg: Leg, connection: Connection | None) -> None:
        def work(core: Core) -> None:
            call = core.live_calls.get(call_sid)
            if call is None or call.status is not CallStatus.RINGING:
                raise ExchangeError("the call no longer rings")
            if connection:
                self._voice.join(call_sid, leg)
            calls.answer(core, call)

        try:
            await self._turn(work)
        except ExchangeError:
            if connection:
                await connection.close()
            raise
        if connection:
            self._connections[call_sid] = connection

    async def decline(self, call_sid: str) -> None:
        """Refuse a call that rings."""

        def work(core: Core) -> None:
            call = core.live_calls.get(call_sid)
            if call and call.status is CallStatus.RINGING and call.direction != "inbound":
                phones.note(core, call.phone, call, "declined")
                calls.finish(core, call, CallStatus.BUSY, "declined", 603)

        await self._turn(work)

    async def hang_up(self, call_sid: str, cause: str = "hung up") -> None:
        """Put the receiver down."""

        def work(core: Core) -> None:
            call = core.live_calls.get(call_sid)
            if call:
                calls.hang_up(core, call, cause, by_party=True)

        await self._turn(work)

    async def press(self, call_sid: str, keys: str) -> None:
        """Press keys; raises ValueError for what is on no telephone."""

        def work(core: Core) -> None:
            call = core.live_calls.get(call_sid)
            if call:
                press(core, call.phone, keys)

        await self._turn(work)

    async def close(self) -> None:
        """End every connection."""
        for connection in list(self._connections.values()):
            await connection.close()
        self._connections.clear()
        await asyncio.gather(*self._closing)

    async def _turn(self, work: Callable[[Core], Any]) -> Any:
        """Do some work in a turn of the switch, not on the loop's thread, which must never wait for the lock."""

        def turn() -> Any:
            with self._switch.turn() as core:
                return work(core)

        return await asyncio.to_thread(turn)

    # Events.

    def _told(self, phone_id: str, event: PhoneEvent, call: Call | None) -> None:
        if event.kind == "ended":
            self._spawn(self._end(event.call_sid))
        shown = event.as_json()
        if event.kind == "hears" and "url" in shown:
            audible = self._voice.prompts.made(Play(str(shown["url"])), "")
            if audible and audible.text:
                shown["text"] = audible.text
        for listener in list(self._listeners.get(phone_id, ())):
            listener(event, shown, call)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _end(self, call_sid: str) -> None:
        self._voice.part(call_sid)
        connection = self._connections.pop(call_sid, None)
        if connection:
            await connection.close()


def parameters_of(call: Call) -> dict[str, str]:
    """What a page learns of a call that rings: the carrier's words, and what the application gave along."""
    return {**dict(call.parameters), "CallSid": call.sid, "From": call.sender, "To": call.to}


def _own(parameters: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """A page's parameters without those that only the carrier may set; as many, and as long, as are allowed."""
    allowed = [(name, value[:_LONGEST_VALUE]) for name, value in parameters.items() if name not in _RESERVED]
    return tuple(allowed[:_MOST_PARAMETERS])


def is_ringing_in(call: Call | None, phone: Phone) -> bool:
    """Whether a call rings at a telephone."""
    return call is not None and call.phone is phone and call.status is CallStatus.RINGING
