"""A call as a script: what it posts, given the reply before; the tools play it and know nothing more of calls."""

from collections.abc import Callable, Generator
from typing import TypeAlias

from config.bench.client import Reply, Request

CallScript: TypeAlias = Generator[Request, Reply, None]
"""One call: yields what it posts next and is sent the reply; ends when the call does. Raises TurnFailed."""
Scripts: TypeAlias = Callable[[], CallScript]
"""Makes the next call; it decides which calls wait and which are in menus."""
Step: TypeAlias = Callable[[], None]
"""Called after each step of a measurement, for a progress bar."""


class TurnFailed(Exception):
    """A request was refused, or answered with something that no call can go on from: its figure would mean nothing."""


def next_request(script: CallScript, reply: Reply) -> Request | None:
    """What the call posts after `reply`; None once it is over."""
    try:
        return script.send(reply)
    except StopIteration:
        return None
