"""Starts and stops the voice part of a live exchange: the thread that mixes, and the server for its pages."""

from __future__ import annotations

from typing import Final

from ivr.exchange.errors import PortTaken
from ivr.exchange.switch import Switch
from ivr.exchange.voice.server import VoiceServer
from ivr.exchange.voice.voice import Voice

_STOP_SECONDS: Final = 5.0


class RunningVoice:
    """Voice at a switch, once started: pages signal at ``port``, the real Voice SDK at ``sdk_port`` (None: nowhere)."""

    def __init__(
        self, switch: Switch, *, host: str, port: int, sdk_port: int | None, origins: frozenset[str]
    ) -> None:
        self._voice = Voice(switch)
        self._server = VoiceServer(self._voice, host, port, origins, sdk_port)
        self._address = f"{host}:{port}"

    @property
    def port(self) -> int:
        """Where pages signal."""
        return self._server.port

    @property
    def sdk_port(self) -> int | None:
        """Where the Voice SDK signals, over TLS."""
        return self._server.sdk_port

    def start(self) -> None:
        """Mix and listen; raises PortTaken, with nothing left behind."""
        self._voice.start()
        try:
            self._voice.run(self._server.start()).result(_STOP_SECONDS)
        except OSError as error:
            self.stop()
            raise PortTaken(f"cannot listen on {self._address}: {error.strerror}") from error

    def stop(self) -> None:
        """Close every page's socket, end every connection and the thread."""
        self._voice.run(self._server.stop()).result(_STOP_SECONDS)
        self._voice.stop()
