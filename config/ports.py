"""Ports of this machine: whether one is free to start a server on, and whether a server answers there."""

import errno
import http.client
import socket
from urllib.parse import urlsplit

from config.errors import ConfigError


def require_free(host: str, port: int, purpose: str, setting: str) -> None:
    """Raise ConfigError, in one line that names `setting`, when something already listens on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port that only lingers after its last owner is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            is_taken = error.errno == errno.EADDRINUSE
            advice = "stop what uses it, or set" if is_taken else f"{host} must be here, and yours to use: set"
            raise ConfigError(
                f"port {port} for {purpose} cannot be had ({error.strerror}): {advice} {setting} to another."
            ) from error


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nothing listens on now; somebody else may take it before you do."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(host: str, port: int, *, timeout_seconds: float = 0.5) -> bool:
    """Whether a server accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=timeout_seconds):
            return True
    except OSError:
        return False


def answers(url: str, *, timeout_seconds: float = 2.0) -> bool:
    """Whether a GET of `url` is answered with a status below 500."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_seconds)
    try:
        connection.request("GET", parts.path or "/", headers={"Connection": "close"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
