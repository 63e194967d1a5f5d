"""Ties a child process to its parent: when the parent dies, even by SIGKILL, the kernel ends the child."""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
# Loaded before any fork: between fork and exec a child must not start loading libraries.
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> None:
    """In a fresh child: ask for SIGTERM once the process `parent` is gone; end at once if it already is.

    Linux only; elsewhere a parent that is killed by SIGKILL leaves its children to their own checks. The
    kernel counts the *thread* that forked as the parent: start children from one that lives as long as they do.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
