"""A telephone over HTTP: the control API for Python programs such as ``pult call``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import requests

from ivr.exchange.errors import ExchangeError

Event = dict[str, Any]


@dataclass(slots=True)
class Phone:
    """One telephone at a running exchange; ``seen`` is the number of the last event taken."""

    base_url: str
    id: str
    call_sid: str = ""
    seen: int = 0

    @classmethod
    def dial(cls, base_url: str, to: str, from_: str = "", **options: Any) -> Self:
        """Call a number of the exchange; ``options`` are those of ``Switch.dial``.

        Raises ExchangeError with a sentence if the exchange refuses or is not there.
        """
        body = {"to": to, "from": from_, **options}
        answer = _ask("POST", f"{base_url}/exchange/calls", body)
        return cls(base_url, str(answer["phone"]), str(answer["call_sid"]))

    @classmethod
    def at(cls, base_url: str, address: str, behaviour: dict[str, Any] | None = None) -> Self:
        """Put a telephone at an address (``client:anna``, ``+7…``) that a person works, or that
        behaves by itself."""
        answer = _ask("PUT", f"{base_url}/exchange/phones/{quote(address)}", behaviour or {})
        return cls(base_url, str(answer["phone"]))

    def events(self, wait: float = 0.0) -> list[Event]:
        """What has happened since the last time; waits up to ``wait`` seconds (at most 25)."""
        url = f"{self.base_url}/exchange/phones/{self.id}/events?after={self.seen}&wait={wait}"
        found: list[Event] = _ask("GET", url, None, wait)["events"]
        if found:
            self.seen = found[-1]["seq"]
        return found

    def follow(self, wait: float = 25.0) -> Iterator[Event]:
        """Every event as it happens, to the end of the call."""
        while True:
            for event in self.events(wait):
                yield event
                if event["kind"] == "ended" and self.call_sid in ("", event["call_sid"]):
                    return

    def press(self, keys: str) -> None:
        """Press keys."""
        self._act("press", keys=keys)

    def speak(self, text: str) -> None:
        """Say something."""
        self._act("speak", text=text)

    def hang_up(self) -> None:
        """Put the receiver down."""
        self._act("hang_up")

    def accept(self) -> None:
        """Answer the call that rings."""
        self._act("accept")

    def decline(self) -> None:
        """Refuse the call that rings."""
        self._act("decline")

    def _act(self, act: str, **values: str) -> None:
        _ask("POST", f"{self.base_url}/exchange/phones/{self.id}/{act}", values)


def account_at(base_url: str) -> str | None:
    """The account of the exchange that answers there; None where none does, or something else."""
    try:
        return str(_ask("GET", f"{base_url}/exchange/health", None).get("account_sid", ""))
    except ExchangeError:
        return None


def _ask(method: str, url: str, body: dict[str, Any] | None, wait: float = 0.0) -> Event:
    with requests.Session() as session:
        session.trust_env = False
        try:
            response = session.request(method, url, json=body, timeout=wait + 10)
        except requests.RequestException as error:
            raise ExchangeError(f"the exchange at {url.split('/exchange/')[0]} does not answer") from error
    try:
        answer: Event = response.json() if response.content else {}
    except ValueError as error:
        raise ExchangeError(f"what answers at {url.split('/exchange/')[0]} is no exchange") from error
    if response.status_code >= 400:
        raise ExchangeError(str(answer.get("error") or answer.get("message") or response.status_code))
    return answer
