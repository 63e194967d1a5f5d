"""One page with Twilio's Voice SDK: its signalling (PStream 1.6, JSON over a WebSocket), as the SDK speaks it.

Read off the sources of @twilio/voice-sdk 2.18.5 (twilio.md §5): listen, register, invite, answer, dtmf, hangup and
reject come from the page; connected, ready, offline, ringing, answer, invite, cancel, hangup and error go to it.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

import jwt
from aiohttp import WSMsgType, web

from ivr.exchange.errors import ExchangeError
from ivr.exchange.model import Call
from ivr.exchange.phones import PhoneEvent
from ivr.exchange.voice.telephony import Offer, Telephony
from ivr.exchange.voice.tokens import Grant, TokenRefused, read_token

if TYPE_CHECKING:
    from ivr.exchange.voice.voice import Voice

# The SDK takes a stream for dead that is silent for 15 seconds.
HEARTBEAT_SECONDS: Final = 5.0
_INVALID_TOKEN: Final = 31204
_EXPIRED_TOKEN: Final = 31205
_EXPIRED: Final = 20104
_REFUSED: Final = 31000

Payload = dict[str, Any]


class SdkStream:
    """One open page, from its first message to its last."""

    def __init__(self, voice: Voice, telephony: Telephony, socket: web.WebSocketResponse) -> None:
        self._voice = voice
        self._telephony = telephony
        self._socket = socket
        self._grant: Grant | None = None
        self._phone_id = ""
        self._calls: set[str] = set()
        self._ringing: dict[str, Offer] = {}
        self._dialled: dict[str, str] = {}
        self._is_dialling = False
        self._early: list[PhoneEvent] = []
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Serve the page until it goes; what it leaves behind is hung up."""
        work = [asyncio.ensure_future(self._send_all()), asyncio.ensure_future(self._beat())]
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT and message.data.strip():
                    await self._take(message.data)
        finally:
            for task in work:
                task.cancel()
            await self._leave()

    async def _send_all(self) -> None:
        with suppress(ConnectionError):
            while True:
                await self._socket.send_str(await self._outgoing.get())

    async def _beat(self) -> None:
        while True:
            self._outgoing.put_nowait("\n")
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def _send(self, kind: str, **payload: Any) -> None:
        self._outgoing.put_nowait(json.dumps({"type": kind, "payload": payload, "version": "1.6"}))

    async def _take(self, text: str) -> None:
        payload: Payload = {}
        try:
            message = json.loads(text)
            payload = dict(message.get("payload") or {})
            await self._do(str(message.get("type")), payload)
        except TokenRefused as error:
            code = _EXPIRED_TOKEN if error.code == _EXPIRED else _INVALID_TOKEN
            self._send("error", error={"code": code, "message": str(error)})
        except (ExchangeError, ValueError) as error:
            where = {"callsid": payload["callsid"]} if "callsid" in payload else {}
            self._send("hangup", error={"code": _REFUSED, "message": str(error)}, **where)

    async def _do(self, kind: str, payload: Payload) -> None:
        sid = str(payload.get("callsid", ""))
        match kind:
            case "listen":
                self._listen(str(payload.get("token", "")))
            case "register":
                await self._register(bool(dict(payload.get("media") or {}).get("audio")))
            case "invite":
                await self._invite(payload)
            case "answer" if sid in self._ringing:
                await self._answer(sid, str(payload.get("sdp", "")))
            case "reject" if sid in self._ringing:
                await self._telephony.decline(sid)
            case "hangup" if sid in self._calls or sid in self._ringing:
                await self._telephony.hang_up(sid)
            case "dtmf" if sid in self._calls:
                await self._telephony.press(sid, str(payload.get("dtmf", "")))

    def _listen(self, token: str) -> None:
        settings = self._voice.switch.settings
        self._grant = read_token(token, account_sid=settings.account_sid, api_keys=dict(settings.api_keys))
        expires = jwt.decode(token, options={"verify_signature": False})["exp"]
        ttl = max(0, round(expires - time.time()))
        whose = {"identity": self._grant.identity, "ttl": ttl}
        self._send("connected", region="exchange", edge="exchange", home="exchange", token=whose)

    async def _register(self, is_wanted: bool) -> None:
        if self._grant is None:
            raise TokenRefused(_INVALID_TOKEN, "Invalid Access Token")
        await self._unregister()
        if is_wanted and self._grant.is_incoming_allowed:
            self._phone_id = await self._telephony.register(self._grant, self._told)
        self._send("ready" if is_wanted else "offline")

    async def _unregister(self) -> None:
        if self._phone_id:
            phone_id, self._phone_id = self._phone_id, ""
            await self._telephony.unregister(phone_id, self._told)

    async def _invite(self, payload: Payload) -> None:
        if self._grant is None:
            raise TokenRefused(_INVALID_TOKEN, "Invalid Access Token")
        parameters = dict(parse_qsl(str(dict(payload.get("twilio") or {}).get("params", ""))))
        self._is_dialling = True
        try:
            dialled = await self._telephony.dial_as(self._grant, parameters, str(payload.get("sdp", "")), self._told)
        finally:
            self._is_dialling = False
        self._calls.add(dialled.call_sid)
        self._dialled[dialled.call_sid] = dialled.phone_id
        self._send("ringing", callsid=dialled.call_sid, sdp=dialled.answer)
        for event in self._early:
            self._happened(event)
        self._early.clear()

    async def _answer(self, sid: str, answer: str) -> None:
        offer = self._ringing.pop(sid)
        self._calls.add(sid)
        try:
            await self._telephony.accept_offered(sid, offer, answer)
        except (ExchangeError, ValueError):
            self._calls.discard(sid)
            raise

    def _told(self, event: PhoneEvent, _shown: dict[str, object], call: Call | None) -> None:
        if self._is_dialling and (event.kind == "dialled" or event.call_sid in self._calls):
            # The page must learn first which call this is: the application may be quicker than that.
            self._calls.add(event.call_sid)
            self._early.append(event)
        elif event.kind == "ringing" and call and event.call_sid not in self._calls:
            self._spawn(self._offer(call))
        else:
            self._happened(event)

    def _happened(self, event: PhoneEvent) -> None:
        sid = event.call_sid
        if event.kind == "answered" and sid in self._calls:
            self._send("answer", callsid=sid)
        elif sid in self._ringing and event.kind in ("answered", "ended"):
            self._send("cancel", callsid=sid)
            self._spawn(self._ringing.pop(sid).connection.close())
        elif event.kind == "ended" and sid in self._calls:
            self._calls.discard(sid)
            self._send("hangup", callsid=sid)
            self._forget(sid)

    def _forget(self, sid: str) -> None:
        phone_id = self._dialled.pop(sid, None)
        if phone_id and phone_id != self._phone_id:
            self._telephony.forget(phone_id, self._told)

    async def _offer(self, call: Call) -> None:
        offer = await self._telephony.offer()
        if call.is_over:
            await offer.connection.close()
            return
        self._ringing[call.sid] = offer
        account = self._voice.switch.settings.account_sid
        said = {"CallSid": call.sid, "From": call.sender, "To": call.to, "AccountSid": account}
        self._send("invite", callsid=call.sid, sdp=offer.sdp, parameters={**said, "Params": urlencode(call.parameters)})

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _leave(self) -> None:
        for sid in list(self._calls):
            await self._telephony.hang_up(sid, "the page was closed")
        await self._unregister()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for offer in self._ringing.values():
            await offer.connection.close()
