"""The voice part's own web server on the event loop: WebSockets of pages, from the origins that may hold telephones."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from aiohttp import WSCloseCode, web

from ivr.exchange.voice.browsers import HEARTBEAT_SECONDS, LONGEST_MESSAGE, Browser
from ivr.exchange.voice.certificate import server_context
from ivr.exchange.voice.sdk_stream import SdkStream
from ivr.exchange.voice.telephony import Telephony

if TYPE_CHECKING:
    from ivr.exchange.voice.voice import Voice

SIGNAL_PATH: Final = "/exchange/voice/signal"
SDK_PATH: Final = "/signal"
_GOODBYE_SECONDS: Final = 0.3
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve: TypeAlias = Callable[[web.WebSocketResponse], Awaitable[None]]


class VoiceServer:
    """Listens for pages at ``port`` once started."""

    def __init__(
        self, voice: Voice, host: str, port: int, origins: frozenset[str], sdk_port: int | None = None
    ) -> None:
        self._voice = voice
        self._host = host
        self.port, self.sdk_port = port, sdk_port
        self._origins = origins
        self._telephony = Telephony(voice)
        self._sockets: set[web.WebSocketResponse] = set()
        self._runners: list[web.AppRunner] = []

    async def start(self) -> None:
        """Listen; raises OSError where the port is taken."""
        logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
        self.port = await self._listen(SIGNAL_PATH, self._page, self.port)
        if self.sdk_port is not None:
            self.sdk_port = await self._listen(SDK_PATH, self._sdk, self.sdk_port, server_context(self._host))

    async def _listen(self, path: str, handler: Handler, port: int, tls: ssl.SSLContext | None = None) -> int:
        app = web.Application()
        app.router.add_get(path, handler)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0)
        self._runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, self._host, port, ssl_context=tls).start()
        return int(runner.addresses[0][1])

    async def stop(self) -> None:
        """Close every page's socket and every connection, and listen no more."""
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)
        for runner in self._runners:
            await runner.cleanup()
        if self.sdk_port is not None:
            # A connection under TLS is closed only once both sides have said goodbye.
            await asyncio.sleep(_GOODBYE_SECONDS)
        await self._telephony.close()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        # A program sends no origin; a browser always does, and a page's script cannot change it.
        if origin is not None and origin not in self._origins:
            raise web.HTTPForbidden(text="this page's origin may not hold telephones here")
        return await self._serve(request, lambda socket: Browser(self._voice, self._telephony, socket).serve())

    async def _sdk(self, request: web.Request) -> web.StreamResponse:
        # Whatever origin: as at Twilio nothing can be done here without an access token.
        return await self._serve(request, lambda socket: SdkStream(self._voice, self._telephony, socket).serve())

    async def _serve(self, request: web.Request, serve: Serve) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=LONGEST_MESSAGE)
        await socket.prepare(request)
        self._sockets.add(socket)
        self._voice.warm_up()
        try:
            await serve(socket)
        finally:
            self._sockets.discard(socket)
        return socket
