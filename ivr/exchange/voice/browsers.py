"""One page's telephone over a WebSocket: the exchange's own signalling, JSON messages with a ``type``.

From the page: register {token}, unregister, call {id, parameters, sdp}, accept {call, sdp}, decline, hangup,
keys {call, keys}. To it: hello, registered, unregistered, calling {id, call, sdp}, accepted {call, sdp},
incoming {call, parameters}, event {call, kind, …}, refused {code, message, id?, call?}.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from aiohttp import WSMsgType, web

from ivr.exchange.errors import ExchangeError
from ivr.exchange.model import Call
from ivr.exchange.phones import PhoneEvent
from ivr.exchange.voice import webrtc
from ivr.exchange.voice.telephony import Dialled, Telephony, parameters_of
from ivr.exchange.voice.tokens import Grant, TokenRefused, read_token

if TYPE_CHECKING:
    from ivr.exchange.voice.voice import Voice

HEARTBEAT_SECONDS: Final = 10.0
LONGEST_MESSAGE: Final = 64 * 1024
MOST_CALLS: Final = 6

Message = dict[str, Any]


class Browser:
    """One open page, from its first message to its last."""

    def __init__(self, voice: Voice, telephony: Telephony, socket: web.WebSocketResponse) -> None:
        self._voice = voice
        self._telephony = telephony
        self._socket = socket
        self._grant: Grant | None = None
        self._phone_id = ""
        self._dialled: dict[str, str] = {}
        self._is_dialling = False
        self._calls: set[str] = set()
        self._offered: set[str] = set()
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue()

    async def serve(self) -> None:
        """Serve the page until it goes; what it leaves behind is hung up."""
        sender = asyncio.ensure_future(self._send_all())
        self._send(type="hello", **hello(self._voice))
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(message.data)
        finally:
            sender.cancel()
            await self._leave()

    async def _send_all(self) -> None:
        with suppress(ConnectionError):
            while True:
                await self._socket.send_json(await self._outgoing.get())

    def _send(self, **message: Any) -> None:
        self._outgoing.put_nowait(message)

    async def _take(self, text: str) -> None:
        message: Message = {}
        try:
            message = _read(text)
            await self._do(message)
        except TokenRefused as error:
            self._send(type="refused", code=error.code, message=str(error))
        except (ExchangeError, ValueError) as error:
            where = {name: message[name] for name in ("id", "call") if name in message}
            self._send(type="refused", code=31000, message=str(error), **where)

    async def _do(self, message: Message) -> None:
        sid = str(message.get("call", ""))
        match message.get("type"):
            case "register":
                await self._register(str(message.get("token", "")))
            case "unregister":
                await self._unregister()
            case "call":
                await self._call(message)
            case "accept" if sid in self._offered:
                await self._accept(sid, str(message.get("sdp") or ""))
            case "decline" if sid in self._offered:
                await self._telephony.decline(sid)
            case "hangup" if sid in self._calls | self._offered:
                await self._telephony.hang_up(sid)
            case "keys" if sid in self._calls:
                await self._telephony.press(sid, str(message.get("keys", "")))
            case _:
                raise ValueError("nothing is known of such a call or message")

    async def _register(self, token: str) -> None:
        await self._unregister()
        settings = self._voice.switch.settings
        grant = read_token(token, account_sid=settings.account_sid, api_keys=dict(settings.api_keys))
        self._grant = grant
        if grant.is_incoming_allowed:
            self._phone_id = await self._telephony.register(grant, self._told)
        self._send(type="registered", identity=grant.identity)

    async def _unregister(self) -> None:
        if self._phone_id:
            phone_id, self._phone_id = self._phone_id, ""
            await self._telephony.unregister(phone_id, self._told)
            self._send(type="unregistered")
        self._grant = None

    async def _call(self, message: Message) -> None:
        if len(self._calls) >= MOST_CALLS:
            raise ValueError("this page has too many calls")
        parameters = {str(name): str(value) for name, value in dict(message.get("parameters") or {}).items()}
        offer = str(message.get("sdp") or "")
        self._is_dialling = True
        try:
            dialled = await self._dial(parameters, offer)
        finally:
            self._is_dialling = False
        self._calls.add(dialled.call_sid)
        self._dialled[dialled.call_sid] = dialled.phone_id
        self._send(type="calling", id=message.get("id"), call=dialled.call_sid, sdp=dialled.answer)

    async def _dial(self, parameters: dict[str, str], offer: str) -> Dialled:
        if self._grant:
            return await self._telephony.dial_as(self._grant, parameters, offer, self._told)
        to, sender = parameters.get("To", ""), parameters.get("From", "")
        return await self._telephony.dial(to, sender, offer, self._told)

    async def _accept(self, sid: str, offer: str) -> None:
        # Before the answer: its event must find the call to be this page's.
        self._calls.add(sid)
        try:
            answer = await self._telephony.accept(sid, offer)
        except (ExchangeError, ValueError):
            self._calls.discard(sid)
            raise
        self._offered.discard(sid)
        self._send(type="accepted", call=sid, sdp=answer)

    def _told(self, event: PhoneEvent, shown: dict[str, object], call: Call | None) -> None:
        sid = event.call_sid
        if event.kind == "dialled" and self._is_dialling:
            # Before the page learns which call it has placed: nothing that happens on it may be missed.
            self._calls.add(sid)
        if event.kind == "ringing" and call and self._phone_id and sid not in self._calls:
            self._offered.add(sid)
            self._send(type="incoming", call=sid, parameters=parameters_of(call))
            return
        if sid in self._calls or sid in self._offered:
            self._send(type="event", call=sid, **{name: value for name, value in shown.items() if name != "call_sid"})
        if event.kind == "ended":
            self._forget(sid)
        elif event.kind == "answered" and sid in self._offered and sid not in self._calls:
            # Another page of the same agent has answered.
            self._offered.discard(sid)
            self._send(type="event", call=sid, kind="ended", cause="answered elsewhere")

    def _forget(self, sid: str) -> None:
        self._calls.discard(sid)
        self._offered.discard(sid)
        phone_id = self._dialled.pop(sid, None)
        if phone_id and phone_id != self._phone_id:
            self._telephony.forget(phone_id, self._told)

    async def _leave(self) -> None:
        for sid in list(self._calls):
            await self._telephony.hang_up(sid, "the page was closed")
        await self._unregister()


def hello(voice: Voice) -> Message:
    """What a page learns first: whether there is sound, why not, and who speaks which language."""
    spoken = {}
    for language in ("ru", "en", "uz", "tg", "ky", "kk"):
        engine = voice.prompts.engines.for_language(language)
        spoken[language] = engine.name if engine else None
    return {"audio": voice.has_sound, "why": "" if voice.has_sound else webrtc.MISSING, "voices": spoken}


def _read(text: str) -> Message:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("a message is a JSON object")
    return found
