"""What a desk's telephone and the exchange tell each other, held back for a while."""

import json
from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute

from tests.agents.desk.whole import until


class HeldSignals:
    """Holds back what the page's telephone and the exchange tell each other, by the kind of message."""

    def __init__(self, page: Page, *kinds: str) -> None:
        self.held: dict[str, Callable[[], None]] = {}
        self._page = page
        self._kinds = set(kinds)
        page.route_web_socket("**/*", self._between)
        page.reload()

    def wait_for(self, kind: str) -> None:
        """Until one of this kind is held back."""
        until(lambda: kind in self.held or self._page.wait_for_timeout(50), f"a message {kind!r}")

    def let_go(self, kind: str) -> None:
        """What came of this kind goes on, once it has come, and whatever comes of it later."""
        self.wait_for(kind)
        self._kinds.discard(kind)
        self.held.pop(kind)()
        self._page.wait_for_timeout(50)

    def _between(self, page_side: WebSocketRoute) -> None:
        exchange_side = page_side.connect_to_server()
        page_side.on_message(lambda message: self._pass_on(message, exchange_side.send))
        exchange_side.on_message(lambda message: self._pass_on(message, page_side.send))

    def _pass_on(self, message: str | bytes, send: Callable[[str | bytes], None]) -> None:
        told = json.loads(message)
        kind = told.get("kind") if told["type"] == "event" else told["type"]
        if kind in self._kinds:
            self.held[kind] = lambda: send(message)
        else:
            send(message)
