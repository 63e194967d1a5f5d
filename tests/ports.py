"""Ports for the servers that tests start: none is soon drawn again, and nobody else here is given one meanwhile."""

import os
import re
import socket
from collections.abc import Iterator
from itertools import count
from random import SystemRandom
from typing import Final

# Below what Linux gives to whoever asks for any port, as browsers and clients do all the time.
_FIRST: Final = 20_000
_OF_A_PROCESS: Final = 1_500
_PROCESSES: Final = 8


def _numbers() -> Iterator[int]:
    """One process of a run draws where no other of that run does, and two runs hardly begin at the same place."""
    worker = re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or "0"
    first = _FIRST + int(worker) % _PROCESSES * _OF_A_PROCESS
    begin = SystemRandom().randrange(_OF_A_PROCESS)
    for number in count(begin):
        yield first + number % _OF_A_PROCESS


_left: Final = _numbers()


def free_port() -> int:
    """A port of the loopback that nothing listens on; the same only after all the others."""
    return next(port for port in _left if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port that only lingers after its last owner is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
