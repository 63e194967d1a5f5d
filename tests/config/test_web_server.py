"""Gunicorn as we set it up: connections are kept, the log recognises nobody, a taken port is one line."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.ports import accepts
from config.web_server import MAX_BODY_BYTES, WebServer, safe_path, serve
from tests.config import web_app
from tests.ports import free_port

APP = Path(web_app.__file__)
ID = "0193a5b0c0d1712389abcdef01234567"


@dataclass
class Web:
    port: int
    log: Path

    def post(self, connection: http.client.HTTPConnection, path: str, body: bytes = b"") -> tuple[int, bytes]:
        connection.request("POST", path, body)
        response = connection.getresponse()
        return response.status, response.read()

    def logged(self, text: str) -> str:
        deadline = time.monotonic() + 60
        while text not in (log := self.log.read_text()):
            assert time.monotonic() < deadline, log
            time.sleep(0.02)
        return log


def started(port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        command = [sys.executable, str(APP), str(port)]
        process = subprocess.Popen(command, cwd=APP.parents[2], stdout=output, stderr=output)
    while not accepts("127.0.0.1", port):
        assert process.poll() is None, log.read_text()
        time.sleep(0.02)
    return process


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    port, log = free_port(), tmp_path_factory.mktemp("web") / "web.log"
    process = started(port, log)
    yield Web(port, log)
    process.terminate()
    assert process.wait(30) == 0


def test_a_server_that_is_told_to_stop_ends_what_keeps_its_threads_busy(tmp_path: Path) -> None:
    port = free_port()
    process = started(port, tmp_path / "web.log")
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/stream")
    reply = connection.getresponse()
    assert reply.read(6) == b"begun "
    process.terminate()
    # Cut off, the reply would break in the middle.
    assert reply.read() == b"and ended"
    connection.close()
    assert process.wait(30) == 0


def test_a_connection_is_kept(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port)
    for _ in range(5):
        assert web.post(connection, "/turn")[0] == 200
        assert connection.sock is not None
    connection.close()


def test_two_processes_answer(web: Web) -> None:
    seen = set()
    deadline = time.monotonic() + 60
    # On a busy machine one of them may take many in a row.
    while len(seen) < 2 and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", web.port)
        seen.add(web.post(connection, "/turn")[1])
        connection.close()
    assert len(seen) == 2


def test_a_body_that_is_too_large_is_refused(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port)
    assert web.post(connection, "/turn", b"x" * (MAX_BODY_BYTES + 1))[0] == 413
    connection.close()


def test_the_log_recognises_nobody(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port)
    web.post(connection, "/turn/79161234567?policy=4501234567")
    connection.close()
    with socket.create_connection(("127.0.0.1", web.port)) as raw:
        raw.sendall(b"GET /79161234567 nonsense 4501234567\r\n\r\n")
        raw.recv(1000)
    log = web.logged("Invalid request") + web.logged("POST /turn/… 404")
    assert "1234567" not in log
    assert "policy" not in log


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/voice/incoming", "/voice/incoming"),
        (f"/voice/calls/{ID}/turns/12", f"/voice/calls/{ID}/turns/12"),
        ("/voice/79161234567", "/voice/…"),
        ("/Иванов", "/…"),
        ("/", "/"),
    ],
)
def test_a_path_shows_only_what_is_ours(path: str, shown: str) -> None:
    assert safe_path(path) == shown


def test_a_taken_port_is_one_clear_line(web: Web) -> None:
    with pytest.raises(ConfigError, match=f"port {web.port} for the web server .* PULT_WEB_PORT"):
        serve(WebServer(port=web.port), web_app.compose)
