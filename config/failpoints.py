"""Named places at which tests make the program fail: after every commit, and around every carrier call.

In production `reached` is one dictionary look-up. A test arms a name with an action; a process of its own is armed by
`PULT_FAILPOINT=name=kill` in its environment, `kill` being the only action there. `name=kill@FILE` kills once only,
whichever process comes there first: it leaves FILE behind. More than one are separated by commas.
"""

import os
from collections.abc import Callable
from functools import partial
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


def arm_once(name: str, action: Action) -> None:
    """Run `action` the next time that `name` is reached."""

    def once(place: str) -> None:
        _armed.pop(name, None)
        action(place)

    arm(name, once)


def is_armed(name: str) -> bool:
    """Whether an action still waits at `name`."""
    return name in _armed


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


def _exit_once(file: str, name: str) -> None:
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    _exit_now(name)


def arm_from_environment(value: str | None) -> None:
    """Arm what PULT_FAILPOINT names: the process ends at once there, without any clean-up."""
    for entry in (value or "").split(","):
        name, _, action = entry.partition("=")
        _, _, file = action.partition("@")
        if name:
            arm(name, partial(_exit_once, file) if file else _exit_now)
