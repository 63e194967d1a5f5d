"""The program that makes the past days, run beside the demo's centre: what it says is told, and it ends with it."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from config.tether import die_with_parent


class PastInMaking:
    """`pult history` in a process of its own, out of the terminal's reach: Ctrl-C is for the demo alone."""

    def __init__(self, tell: Callable[[str], None], *options: str) -> None:
        self._command = [sys.executable, "-m", "config.start", "history", *options]
        self._tell = tell
        self._process: subprocess.Popen[str] | None = None
        self._is_over = False

    def run(self) -> None:
        """Start it, and tell its news until it is done. Call it from a thread that lives as long."""
        with self._started() as process:
            self._process = process
            if self._is_over:
                process.terminate()
            for line in process.stdout or ():
                if not self._is_over:
                    self._tell(line.rstrip())

    def end(self) -> None:
        """Stop it; a day that is broken off is made anew at the next start."""
        self._is_over = True
        if self._process is not None:
            self._process.terminate()

    def _started(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 - a command line of our own composing
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, os.getpid()),
        )
