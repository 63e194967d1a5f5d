"""Parts that are pushed: the same bytes for all who read alike, and for nobody else."""

from collections.abc import Iterator
from contextvars import copy_context
from itertools import count

import pytest
import requests

from agents.accounts import looking_after, sessions
from agents.accounts.models import Role, SessionEnd
from agents.at_work import commands
from agents.staff.pushing import Watch
from agents.staff.server_events import unpacked
from agents.staff.side import EXTENSION
from agents.staff.streams import Signal, Stream, Streams
from config.news import News
from tests.agents.staff.conftest import Live, Site, eventually
from tests.agents.staff.test_news import events, sign_in

FLOOR = "/floor/parts/now"


@pytest.fixture
def streams(site: Site) -> Streams:
    return site.app.extensions[EXTENSION].streams


def watching(site: Site, streams: Streams, name: str, *, language: str = "ru") -> Stream:
    """A stream of somebody who was signed in and a supervisor when it was opened."""
    now = site.house.clock.now()
    with site.house.centre.database.transaction("test_session") as tx:
        token = sessions.start(tx, looking_after.account_named(tx, name), at=now)
    with site.house.centre.database.reading("test_staff") as tx:
        staff = sessions.find(tx, token, at=now)
    numbers = count()
    parts = {FLOOR: lambda _: f"{name} {next(numbers)}"}
    return streams.open(staff, Watch(parts, (language,), copy_context()))


def parts_in(pushed: bytes) -> list[str]:
    lines = pushed.decode().splitlines()
    return [unpacked(line.removeprefix("data: "))[1] for line in lines if '"packed"' in line]


def next_push(streams: Streams, stream: Stream) -> bytes:
    """What a push of now brings to the stream; whatever was pushed before is whole everywhere."""
    stream.pushed()
    streams.hear(News("wait", "vsk", "w1"))
    eventually(lambda: stream._newest)
    return stream.pushed()


def test_the_same_bytes_reach_all_who_read_alike_and_nobody_else(site: Site, streams: Streams) -> None:
    centre = site.house.centre
    looking_after.add_account(
        centre, insurer_id="soglasie", name="neighbour", role=Role.SUPERVISOR, password=None, by="t"
    )
    looking_after.add_account(centre, insurer_id="vsk", name="demoted", role=Role.SUPERVISOR, password=None, by="t")
    first, second = watching(site, streams, "watcher"), watching(site, streams, "boss")
    english, neighbour = watching(site, streams, "boss", language="en"), watching(site, streams, "neighbour")
    ended, demoted = watching(site, streams, "watcher"), watching(site, streams, "demoted")
    with centre.database.transaction("test_end") as tx:
        sessions.end(tx, ended.staff.session_id, reason=SessionEnd.SIGNED_OUT, at=site.house.clock.now())
    looking_after.take_role(centre, insurer_id="vsk", name="demoted", role=Role.SUPERVISOR, by="t")
    # A push that is under way may have been begun before that; the one after it was not.
    next_push(streams, first)
    next_push(streams, first)
    for stream in (second, english, ended, demoted, neighbour):
        stream.pushed()
    pushed = next_push(streams, first)
    next_push(streams, first)
    assert len(parts_in(pushed)) == 1
    assert parts_in(second.pushed())[0].split()[0] == parts_in(pushed)[0].split()[0]
    assert parts_in(english.pushed())[0].startswith("boss ")
    assert parts_in(ended.pushed()) == parts_in(demoted.pushed()) == []
    assert all(part.startswith("neighbour ") for part in parts_in(neighbour.pushed()))


def test_a_slow_reader_has_only_the_newest_parts_waiting_and_hears_of_its_end(site: Site, streams: Streams) -> None:
    stream = watching(site, streams, "watcher")
    # Nothing is pushed any more but what is shown here.
    streams.stop()
    stream.tell(News("wait", "vsk", "w1"))
    for number in range(300):
        stream.show(b"shown %d" % number)
    stream.put(Signal.OVER)
    assert Signal.OVER in iter(stream.next, None)
    pushed = stream.pushed()
    assert b"w1" in pushed
    assert pushed.endswith(b"shown 299")
    assert pushed.count(b"shown") == 1
    assert stream.pushed() == b""


def test_the_floor_is_pushed_to_every_supervisor_of_the_insurer_over_one_stream(live: Live) -> None:
    url, house = live.url, live.house
    address = f"{url}/news?watch={FLOOR}&watch=/floor/parts/waiting"
    opened = [sign_in(url, name).get(address, stream=True, timeout=60) for name in ("watcher", "boss")]
    coming = [events(one) for one in opened]
    for one in coming:
        assert any(kind == "part" for kind, _ in one)
    commands.go_away(house.floor, insurer_id="vsk", code="desk-1", reason="meal")
    shown = [next(raw for raw in floors(one) if "presence-away" in unpacked(raw)[1]) for one in coming]
    assert shown[0] == shown[1]
    looking_after.set_locked(house.floor.centre, name="boss", is_locked=True, by="t")
    assert any(kind == "over" for kind, _ in coming[1])
    assert next(coming[1], None) is None
    for one in opened:
        one.close()
    assert sign_in(url, "watcher").get(f"{url}/news?watch=/calls", timeout=60).status_code == requests.codes.bad_request


def floors(coming: Iterator[tuple[str, str]]) -> Iterator[str]:
    return (data for kind, data in coming if kind == "part" and unpacked(data)[0] == FLOOR)
