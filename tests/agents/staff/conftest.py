"""The staff site on a centre of its own, with people who may sign in, asked by a browser that keeps its cookies."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from agents.accounts import looking_after
from agents.accounts.models import Account, Role
from agents.accounts.passwords import hash_password
from agents.floor import Floor
from agents.news_told import TOLD
from agents.site import create_staff_app
from agents.staff.side import EXTENSION
from agents.staff.streams import Streams
from config.audit import AuditEntry
from config.clock import WallClock
from config.database import Database
from config.news import Announcer
from tests.agents.conftest import House, make_house
from tests.agents.staff.serving import serving
from tests.ports import free_port

PASSWORD = "correct-horse-7"
ORIGIN = {"Origin": "http://127.0.0.1:8082"}


@dataclass
class Browser:
    """A browser at the site: sends what browsers send, finds the form token on the page before."""

    client: FlaskClient
    address: str = "10.0.0.1"

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={"Accept": "text/html", **headers}, environ_base=self._from)

    def post(self, path: str, data: dict[str, str] | None = None, *, page: str = "/sign-in", **more) -> TestResponse:
        token = more.pop("token", None) or form_token(self.get(page, **{"X-No": "1"}))
        headers = {**ORIGIN, "Accept": "text/html", **more.pop("headers", {})}
        return self.client.post(
            path, data={"form_token": token, **(data or {})}, headers=headers, environ_base=self._from, **more
        )

    def sign_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", {"name": name, "password": password})

    @property
    def _from(self) -> dict[str, str]:
        return {"REMOTE_ADDR": self.address}


def form_token(response: TestResponse) -> str:
    return re.search(r'name="form-token" content="([^"]+)"', response.text)[1]


@dataclass
class Site:
    """The site, its centre, and its people."""

    app: Flask
    house: House

    def browser(self, address: str = "10.0.0.1") -> Browser:
        return Browser(self.app.test_client(), address)

    def signed_in(self, name: str) -> Browser:
        browser = self.browser()
        assert browser.sign_in(name).status_code == 302
        return browser

    def audited(self, **where: str) -> list[str]:
        with self.house.centre.database.reading("test_audit") as tx:
            return list(tx.scalars(select(AuditEntry.action).filter_by(**where).order_by(AuditEntry.id)))


def add_people(house: House) -> None:
    """An agent of two insurers, a supervisor who takes calls and one who does not, an administrator, a former one."""
    house.agent("desk-1")
    house.agent("desk-2")
    house.agent("sog-1", insurer_id="soglasie")
    centre = house.centre
    give, take = looking_after.give_role, looking_after.take_role
    for name, role, code in (
        ("anna", Role.AGENT, "desk-1"),
        ("boss", Role.SUPERVISOR, "desk-2"),
        ("watcher", Role.SUPERVISOR, None),
        ("admin", Role.ADMINISTRATOR, None),
        ("former", Role.SUPERVISOR, None),
    ):
        looking_after.add_account(
            centre, insurer_id="vsk", name=name, role=role, password=None, by="t", agent_code=code
        )
    give(centre, insurer_id="soglasie", name="anna", role=Role.AGENT, by="t", agent_code="sog-1")
    take(centre, insurer_id="vsk", name="former", role=Role.SUPERVISOR, by="t")
    with centre.database.transaction("test_passwords") as tx:
        tx.execute(update(Account).values(password_hash=_hashed()))


@cache
def _hashed() -> str:
    """The one password's hash: each takes 50 ms of both cores, and there are many people."""
    return hash_password(PASSWORD, name="")


@pytest.fixture
def site(tmp_path: Path, sqlite_url: str):
    """The site at noon, with its people."""
    database = Database(sqlite_url)
    house = make_house(tmp_path, database)
    add_people(house)
    app = create_staff_app(house.floor)
    yield Site(app, house)
    app.extensions[EXTENSION].streams.stop()
    database.close()


class Live:
    """The site behind a real server that can be stopped under open pages and started again: its address, its house."""

    def __init__(self, house: House, port: int) -> None:
        self.house = house
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._running = ExitStack()

    @property
    def streams(self) -> Streams:
        return self.app.extensions[EXTENSION].streams

    def start(self) -> None:
        self.app = create_staff_app(self.house.floor)
        self._running.enter_context(serving(self.app, self._port))

    def stop(self) -> None:
        self.streams.stop()
        self._running.close()


@contextmanager
def first_draft_held(live: Live, late: str) -> Iterator[Event]:
    """Until the block's end the first draft that comes waits: the `draft`, or the `answer` to it; set once it does."""
    has_come, may_go, is_over = Event(), Event(), Event()
    answered = live.app.wsgi_app

    def holding(environ: dict, start_response: Callable) -> Iterable[bytes]:
        if not environ["PATH_INFO"].endswith("/draft") or has_come.is_set():
            return answered(environ, start_response)
        if late == "draft":
            has_come.set()
            may_go.wait(60)
        answer = answered(environ, start_response)
        has_come.set()
        may_go.wait(60)
        is_over.set()
        return answer

    live.app.wsgi_app = holding
    try:
        yield has_come
    finally:
        may_go.set()
        live.app.wsgi_app = answered
    assert is_over.wait(60)


@pytest.fixture
def live(tmp_path: Path, sqlite_url: str, redis_url: str) -> Iterator[Live]:
    """The site on the wall clock behind a real server."""
    database = Database(sqlite_url)
    house = make_house(tmp_path, database)
    add_people(house)
    live = Live(house, free_port())
    settings = replace(house.centre.settings, redis_url=redis_url, desk_url=live.url)
    house.floor = Floor(replace(house.centre, clock=WallClock(), settings=settings), house.carrier)
    Announcer(redis_url, TOLD, timeout_seconds=5).watch(database)
    live.start()
    yield live
    live.stop()
    database.close()


def eventually(found: Callable[[], object], seconds: float = 60) -> None:
    """Wait until it is so; fail when it never is."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
