"""The embedded Redis: keeps what it was told, stays on loopback, and says plainly why it cannot start."""

import socket
from pathlib import Path

import pytest
from redis import Redis

from config.embedded_redis import EmbeddedRedis, responds, running
from config.errors import ConfigError
from tests.ports import free_port


def test_answers_and_stops(tmp_path: Path) -> None:
    with running(free_port(), tmp_path) as server, Redis.from_url(server.url) as client:
        assert client.set("key", "value")
    assert not responds(server.port)


def test_keeps_its_data_when_killed(tmp_path: Path) -> None:
    server = EmbeddedRedis(free_port(), tmp_path)
    server.start()
    with Redis.from_url(server.url) as client:
        client.rpush("rq:queue:dispatch", "job")
        client.execute_command("WAITAOF", 1, 0, 2000)
    server.kill()
    server.start()
    with Redis.from_url(server.url) as client:
        assert client.lrange("rq:queue:dispatch", 0, -1) == [b"job"]
    server.stop()


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} for the embedded Redis .* PULT_REDIS") as caught:
            EmbeddedRedis(port, tmp_path).start()
    assert "\n" not in str(caught.value)
