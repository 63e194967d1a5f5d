"""The web server: gunicorn, set up from code, with a log in which no caller can be recognised."""

import gc
import logging
import os
import re
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any, Final, TypeAlias

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from config.logs import protect
from config.ports import require_free

MAX_BODY_BYTES: Final = 64 * 1024
"""No webhook of the carrier comes near this; Flask's MAX_CONTENT_LENGTH, as gunicorn has no limit of its own."""

# The carrier keeps its connections to us for minutes: opening one costs it more than our whole answer.
_KEEP_ALIVE_SECONDS: Final = 75
# A turn takes milliseconds: whoever needs longer to stop is stuck.
_GRACEFUL_SECONDS: Final = 3
_STUCK_SECONDS: Final = 30
_HARMLESS: Final = re.compile(r"[a-z][a-z_.-]*|[0-9a-f]{32}|\d{1,3}")
_DIGITS: Final = re.compile(r"\d{4,}")


AtStop: TypeAlias = Callable[[Any], object]
"""Called with a worker's app as soon as the worker is told to stop: ends what would keep its threads busy."""


@dataclass(frozen=True)
class WebServer:
    """Where to listen, and how many processes and threads answer (docs/decisions: web server)."""

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 2
    threads: int = 1


def serve(
    server: WebServer,
    compose: Callable[[], Any],
    *,
    port_setting: str = "PULT_WEB_PORT",
    at_stop: AtStop | None = None,
) -> None:
    """Serve the WSGI app that `compose` returns until SIGTERM or SIGINT; does not return, but exits the process.

    `compose` is called in each worker after the fork, so that no process shares a connection with another. Raises
    ConfigError when the port is taken.
    """
    require_free(server.host, server.port, "the web server", port_setting)
    _Gunicorn(server, compose, at_stop).run()


def safe_path(path: str) -> str:
    """`path` with every part hidden that is neither one of our words, nor a row's id, nor a small number."""
    return "/".join(part if not part or _HARMLESS.fullmatch(part) else "…" for part in path.split("/"))


class SafeLogger(Logger):  # type: ignore[misc]
    """Gunicorn's log without query strings, headers, and digits in which a person could be recognised."""

    def atoms(self, resp: Any, req: Any, environ: Mapping[str, Any], request_time: Any) -> dict[str, Any]:
        """What the access log may print."""
        return {
            "h": environ.get("REMOTE_ADDR", "-"),
            "m": environ.get("REQUEST_METHOD"),
            "U": safe_path(str(environ.get("PATH_INFO"))),
            "s": str(resp.status).split(None, 1)[0],
            "B": getattr(resp, "sent", None),
            "M": request_time.seconds * 1000 + request_time.microseconds // 1000,
        }

    def setup(self, cfg: Any) -> None:
        """Gunicorn quotes what it was sent in its complaints, errors included: hide the digits there too."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.addFilter(_hide_digits)
            protect(handler)


def _hide_digits(record: logging.LogRecord) -> bool:
    record.msg, record.args = _DIGITS.sub("…", record.getMessage().split("?", 1)[0]), ()
    return True


_OBJECTS_BETWEEN_COLLECTIONS: Final = 20_000


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    def __init__(self, server: WebServer, compose: Callable[[], Any], at_stop: AtStop | None) -> None:
        self._server = server
        self._compose = compose
        self._at_stop = at_stop
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        for name, value in _options(self._server).items():
            self.cfg.set(name, value)
        if self._at_stop is not None:
            self.cfg.set("post_worker_init", partial(_hear_stop, self._at_stop))

    def load(self) -> Any:
        """Called by gunicorn in each worker."""
        app = self._compose()
        # What was composed stays for good. A request leaves hardly a cycle behind: looking for them every 700 objects,
        # several times a turn, finds nothing and throws out of the processor's caches what the turn needs next.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        return app


def _hear_stop(at_stop: AtStop, worker: Any) -> None:
    """Called by gunicorn in each worker, whose own handlers of signals stand already: they go on as before."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, partial(_stop, at_stop, worker.wsgi, signal.getsignal(number)))


def _stop(at_stop: AtStop, app: Any, gunicorns: Any, number: int, frame: FrameType | None) -> None:
    # On a thread of its own: whoever was interrupted here may hold the locks that it needs.
    threading.Thread(target=at_stop, args=(app,), daemon=True, name="at stop").start()
    gunicorns(number, frame)


def _options(server: WebServer) -> dict[str, object]:
    return {
        "bind": [f"{server.host}:{server.port}"],
        "workers": server.workers,
        "worker_class": "gthread",
        "threads": server.threads,
        "keepalive": _KEEP_ALIVE_SECONDS,
        "timeout": _STUCK_SECONDS,
        "graceful_timeout": _GRACEFUL_SECONDS,
        "limit_request_fields": 60,
        "logger_class": SafeLogger,
        "accesslog": "-",
        "access_log_format": "%(h)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms",
        "errorlog": "-",
        "loglevel": "warning",
        "proc_name": "pult-web",
        # Heartbeat files on a disk can hang a worker while the disk is busy.
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108
        # A socket in the home folder for steering it by another program: nobody here uses it.
        "control_socket_disable": True,
    }
