"""A telephone whose connection to the exchange breaks off: whoever waits for it is told, and it is ready again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import WebSocketRoute

from ivr.exchange import RunningExchange
from tests.ivr.exchange.voice.conftest import Telephone, token_for, until

pytestmark = [pytest.mark.xdist_group("browsers")]
MakeTelephone = Callable[..., Telephone]
NO_ANSWER = "the exchange does not answer"
# What becomes of what is asked of a telephone: what it gives, or why it was refused.
BECOMES = """([what, ...given]) => Promise.race([
  window.telephone[what](...given).then(String, (error) => error.message),
  new Promise((resolve) => setTimeout(resolve, 50_000, "nothing")),
])"""


class Lines:
    """The connections of a telephone's page from now on; of the next ones as many break off as are to `fail`."""

    def __init__(self, telephone: Telephone) -> None:
        self.fail = 0
        self.newest: WebSocketRoute | None = None
        telephone.page.route_web_socket("**/*", self._next)
        # The telephone anew, for what is connected already is not seen here.
        telephone.page.evaluate(
            """() => {
              const { constructor, _signalUrl } = window.telephone;
              window.telephone.close();
              window.openAnew = () => { window.telephone = new constructor(_signalUrl); };
            }"""
        )

    def break_off(self) -> None:
        assert self.newest
        self.newest.close()

    def _next(self, line: WebSocketRoute) -> None:
        self.newest = line
        if self.fail:
            self.fail -= 1
            line.close()
        else:
            line.connect_to_server()


def becomes(telephone: Telephone, *asked: object) -> str:
    return str(telephone.page.evaluate(BECOMES, list(asked)))


@pytest.mark.parametrize("asked", [("register", token_for("anna")), ("call", {})])
def test_who_waits_for_a_connection_that_fails_is_told(telephone: MakeTelephone, asked: tuple[object, ...]) -> None:
    anna = telephone()
    lines = Lines(anna)
    lines.fail = 1

    anna.page.evaluate("openAnew()")

    assert becomes(anna, *asked) == NO_ANSWER
    # The next connection comes by itself.
    until(lambda: anna.page.evaluate("Boolean(telephone.hello)"), "the next connection")
    assert becomes(anna, "register", token_for("anna")) == "anna"


def test_who_asks_while_there_is_no_connection_is_told_at_once(telephone: MakeTelephone) -> None:
    anna = telephone()
    lines = Lines(anna)
    anna.page.evaluate("openAnew()")
    assert becomes(anna, "register", token_for("anna")) == "anna"
    lines.fail = 1000

    anna.page.evaluate("telephone.addEventListener('unregistered', () => (window.isGone = true))")
    lines.break_off()
    until(lambda: anna.page.evaluate("Boolean(window.isGone)"), "the end of the connection")

    assert becomes(anna, "register", token_for("anna")) == NO_ANSWER
    assert becomes(anna, "call", {}) == NO_ANSWER


def test_who_is_asked_for_the_microphone_while_the_connection_ends_is_told(telephone: MakeTelephone) -> None:
    anna = telephone()

    anna.page.evaluate(
        """() => {
          const isGone = new Promise((resolve) => telephone.addEventListener("unregistered", resolve));
          telephone._newLine = async () => {
            telephone._socket.close();
            await isGone;
            return null;
          };
        }"""
    )

    assert becomes(anna, "call", {}) == NO_ANSWER


def test_a_token_brought_before_the_connection_is_back_is_taken(
    telephone: MakeTelephone, carrier: RunningExchange
) -> None:
    anna = telephone()
    lines = Lines(anna)
    anna.page.evaluate("openAnew()")
    assert becomes(anna, "register", token_for("anna")) == "anna"

    # Asked when the connection is being made, and not there yet.
    anna.page.evaluate(
        """(token) => {
          const connect = telephone._connect.bind(telephone);
          telephone._connect = () => {
            connect();
            window.renewed = telephone.register(token);
          };
        }""",
        token_for("boris"),
    )
    lines.break_off()
    until(lambda: anna.page.evaluate("Boolean(window.renewed)"), "the next try")

    took = "Promise.race([renewed, new Promise((resolve) => setTimeout(resolve, 50_000, 'nothing'))])"
    assert anna.page.evaluate(took) == "boris"
    with carrier.switch.turn() as core:
        assert "client:boris" in core.registered
