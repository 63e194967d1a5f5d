"""Named places at which tests make the program fail: after every commit and every carrier call.

In production `reached` is one dictionary look-up. A test arms a name with an action; a process of its own is armed by
`PULT_FAILPOINT=name=kill` in its environment, `kill` being the only action there.
"""

import os
from collections.abc import Callable
from typing import Final, TypeAlias

Action: TypeAlias = Callable[[str], None]

_armed: Final[dict[str, Action]] = {}
_listeners: Final[list[Action]] = []


class ProcessKilled(BaseException):
    """Unwinds everything, as a killed process would; not an Exception, so that no handler swallows it."""


def reached(name: str) -> None:
    """Announce that the place `name` was passed; runs the action armed for it, if any."""
    for listener in _listeners:
        listener(name)
    action = _armed.get(name)
    if action is not None:
        action(name)


def arm(name: str, action: Action) -> None:
    """Run `action` each time that `name` is reached, until `disarm`."""
    _armed[name] = action


def disarm() -> None:
    """Forget every armed action and every listener."""
    _armed.clear()
    _listeners.clear()


def listen(listener: Action) -> None:
    """Call `listener` with each name that is reached: how a test learns which places a call passes."""
    _listeners.append(listener)


def kill_here(name: str) -> None:
    """An action: unwind this thread as if the process had been killed."""
    raise ProcessKilled(name)


def _exit_now(_name: str) -> None:
    os._exit(137)


def arm_from_environment(value: str | None) -> None:
    """Arm `name=kill` given in PULT_FAILPOINT: the process ends at once there, without any clean-up."""
    if value:
        name, _, _action = value.partition("=")
        arm(name, _exit_now)
