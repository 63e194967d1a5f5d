"""News of what is committed, to whom they go, and the desk's connection."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from agents import desk_connection, presence
from agents.accounts import looking_after, sessions
from agents.at_work import commands
from agents.errors import ImpossibleChange
from agents.house.upkeep import keep_up
from agents.models import Agent, Presence
from agents.news_told import TOLD
from agents.staff.side import EXTENSION
from agents.staff.streams import Signal, Streams, TooManyStreams
from config.embedded_redis import running
from config.news import Announcer, News, NewsListener
from tests.agents.conftest import House
from tests.agents.staff.conftest import PASSWORD, Live, Site, eventually
from tests.databases import all_metadata
from tests.ports import free_port


@pytest.fixture
def heard(house: House, redis_url: str) -> Iterator[list[News | None]]:
    """What a listener hears of the house, from when it is listening."""
    Announcer(redis_url, TOLD, timeout_seconds=5).watch(house.centre.database)
    heard: list[News | None] = []
    listener = NewsListener(redis_url, heard.append)
    listener.start()
    eventually(lambda: heard)
    heard.clear()
    yield heard
    listener.stop()


def test_what_is_committed_is_told_by_ids_only(house: House, heard: list[News | None]) -> None:
    house.agent("desk-1")
    call = house.call(ani="+79161234567")
    house.join(call)
    house.work()
    eventually(lambda: {"presence", "call", "wait", "offer"} <= {news.kind for news in heard if news})
    assert all(re.fullmatch(r"[0-9a-f]{32}", news.subject) for news in heard)
    assert not [news for news in heard if "9161234567" in str(news)]
    offer = next(news for news in heard if news.kind == "offer")
    assert (offer.agent, offer.call, offer.insurer) == (house.agent_now("desk-1").id, call.id, "vsk")


def test_what_is_rolled_back_is_not_told(house: House, heard: list[News | None]) -> None:
    agent = house.agent("desk-1")
    eventually(lambda: heard)
    heard.clear()
    with pytest.raises(ImpossibleChange):
        change_twice(house, agent.id)
    commands.go_away(house.floor, insurer_id="vsk", code="desk-1")
    eventually(lambda: heard)
    assert [news.kind for news in heard] == ["presence"]


def change_twice(house: House, agent_id: str) -> None:
    """The second change is impossible, so the first is rolled back."""
    with house.centre.database.transaction("test_fails") as tx:
        row = tx.get_one(Agent, agent_id)
        presence.change(tx, row, Presence.OFFERED, at=house.clock.now(), call_id="0" * 32)
        presence.change(tx, row, Presence.WRAP_UP, at=house.clock.now())


def test_a_lost_redis_delays_nobody_and_asks_pages_to_look(house: House, tmp_path: Path) -> None:
    port = free_port()
    heard: list[News | None] = []
    with running(port, tmp_path / "first") as redis:
        Announcer(redis.url, TOLD).watch(house.centre.database)
        listener = NewsListener(redis.url, heard.append)
        listener.start()
        eventually(lambda: heard)
    heard.clear()
    began = time.monotonic()
    house.agent("desk-1")
    commands.go_away(house.floor, insurer_id="vsk", code="desk-1")
    assert time.monotonic() - began < 30
    assert house.agent_now("desk-1").presence == Presence.AWAY
    eventually(lambda: None in heard)
    with running(port, tmp_path / "second"):
        heard.clear()
        eventually(lambda: None in heard)
        time.sleep(1)
        commands.become_available(house.floor, insurer_id="vsk", code="desk-1")
        eventually(lambda: any(heard))
        listener.stop()


QUIET = set(
    """account_roles accounts agent_skills api_tokens audit_entries audit_seals calibrations call_events call_turns
    carrier_news destruction_acts due_work entitlement_uses entitlements failed_tries first_opinions
    flow_versions identification_tries insured_people insured_phones insured_searches legal_holds
    outgoing_events policies presence_intervals programmes queued_calls request_steps saved_searches score_card_versions
    shifts webhook_deliveries webhook_endpoints wrap_ups""".split()  # noqa: SIM905 - to be read
)


def test_every_table_is_told_or_said_to_be_quiet() -> None:
    """A new table is put into TOLD, or here where no page shows it live."""
    told = {model.__tablename__ for model in TOLD}
    tables = set(all_metadata().tables)
    assert tables - told == QUIET
    assert told <= tables


# Whom news reach.


@pytest.fixture
def streams(site: Site) -> Streams:
    return site.app.extensions[EXTENSION].streams


def open_stream(site: Site, streams: Streams, name: str):
    now = site.house.clock.now()
    with site.house.centre.database.transaction("test_session") as tx:
        token = sessions.start(tx, looking_after.account_named(tx, name), at=now)
    with site.house.centre.database.reading("test_staff") as tx:
        staff = sessions.find(tx, token, at=now)
    return streams.open(staff)


def test_an_agent_hears_of_their_own_call_and_a_supervisor_of_all(site: Site, streams: Streams) -> None:
    anna, watcher = open_stream(site, streams, "anna"), open_stream(site, streams, "watcher")
    own = site.house.agent_now("desk-1").id
    call = News("call", "vsk", "c1", call="c1")
    assert not anna.hears(call)
    assert watcher.hears(call)
    assert anna.hears(News("offer", "vsk", "o1", agent=own, call="c1"))
    assert anna.hears(call)
    assert not anna.hears(News("offer", "vsk", "o2", agent="another", call="c2"))
    assert anna.hears(News("presence", "vsk", own, agent=own, call=None))
    assert not anna.hears(call)
    assert anna.hears(News("wait", "vsk", "w1"))
    for stream in (anna, watcher):
        assert not stream.hears(News("wait", "soglasie", "w1"))


def test_no_stream_takes_the_threads_of_pages(site: Site) -> None:
    few = Streams(site.house.centre, most=1)
    first = open_stream(site, few, "anna")
    with pytest.raises(TooManyStreams):
        open_stream(site, few, "boss")
    few.close(first)
    open_stream(site, few, "boss")
    few.stop()


def test_a_site_that_stops_ends_every_stream_and_those_that_come_meanwhile(site: Site) -> None:
    stopping = Streams(site.house.centre, most=5)
    before = open_stream(site, stopping, "anna")
    stopping.stop()
    # What was heard before comes first.
    assert Signal.CLOSING in (before.next(), before.next())
    assert open_stream(site, stopping, "boss").next() is Signal.CLOSING


def test_a_stream_that_nobody_reads_still_hears_of_its_end(site: Site, streams: Streams) -> None:
    stream = open_stream(site, streams, "anna")
    for number in range(200):
        stream.put(News("wait", "vsk", f"w{number}"))
    stream.put(Signal.OVER)
    assert Signal.OVER in iter(stream.next, None)


# The desk's connection: rows and due work, no process's memory.


def test_a_closed_desk_takes_the_agent_away_after_the_grace(site: Site, streams: Streams) -> None:
    stream = open_stream(site, streams, "anna")
    streams.close(stream)
    site.house.later(desk_connection.GRACE.total_seconds() - 1)
    assert site.house.agent_now("desk-1").presence == Presence.AVAILABLE
    site.house.later(2)
    agent = site.house.agent_now("desk-1")
    assert (agent.presence, agent.presence_reason) == (Presence.AWAY, "connection_lost")
    assert not agent.is_at_desk


def test_a_page_loaded_anew_in_time_changes_nothing(site: Site, streams: Streams) -> None:
    streams.close(open_stream(site, streams, "anna"))
    site.house.later(5)
    open_stream(site, streams, "anna")
    site.house.later(60)
    assert site.house.agent_now("desk-1").presence == Presence.AVAILABLE


def test_a_second_browser_keeps_the_agent_at_the_desk(site: Site, streams: Streams) -> None:
    first, _second = open_stream(site, streams, "anna"), open_stream(site, streams, "anna")
    streams.close(first)
    site.house.later(60)
    assert site.house.agent_now("desk-1").presence == Presence.AVAILABLE


def test_a_server_killed_under_an_open_desk_takes_the_agent_away_too(site: Site, streams: Streams) -> None:
    open_stream(site, streams, "anna")
    streams.stop()
    site.house.later(desk_connection.GRACE.total_seconds() + 1)
    assert site.house.agent_now("desk-1").presence == Presence.AVAILABLE
    keep_up(site.house.centre)
    site.house.work()
    assert site.house.agent_now("desk-1").presence == Presence.AWAY


def test_who_never_opened_a_desk_is_never_taken_away(site: Site) -> None:
    site.house.later(3600)
    keep_up(site.house.centre)
    site.house.work()
    assert site.house.agent_now("desk-2").presence == Presence.AVAILABLE


def test_a_call_that_rings_at_a_closed_desk_goes_to_somebody_else(site: Site, streams: Streams) -> None:
    commands.go_away(site.house.floor, insurer_id="vsk", code="desk-2")
    stream = open_stream(site, streams, "anna")
    site.house.join(site.house.call())
    site.house.work()
    assert site.house.agent_now("desk-1").presence == Presence.OFFERED
    streams.close(stream)
    commands.become_available(site.house.floor, insurer_id="vsk", code="desk-2")
    site.house.later(desk_connection.GRACE.total_seconds() + 1)
    assert site.house.agent_now("desk-1").presence == Presence.AWAY
    assert site.house.agent_now("desk-2").presence == Presence.OFFERED


# Over real HTTP, as a browser has it.


def sign_in(url: str, name: str) -> requests.Session:
    session = requests.Session()
    page = session.get(f"{url}/sign-in", timeout=60).text
    token = re.search(r'name="form-token" content="([^"]+)"', page)[1]
    data = {"name": name, "password": PASSWORD, "form_token": token}
    assert session.post(f"{url}/sign-in", data, headers={"Origin": url}, timeout=30).ok
    return session


def events(response: requests.Response) -> Iterator[tuple[str, str]]:
    kind = ""
    for line in response.iter_lines(chunk_size=1, decode_unicode=True):
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data:"):
            yield kind, line.removeprefix("data:").strip()


def test_a_stream_tells_the_state_first_then_news_and_ends_with_the_session(live: Live) -> None:
    url, house = live.url, live.house
    session = sign_in(url, "anna")
    with session.get(f"{url}/news", stream=True, timeout=60) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        coming = events(response)
        assert next(coming)[0] == "state"
        # Once more when the process listens: what happens before that is in this state, and no news.
        assert any(kind == "state" for kind, _ in coming)
        eventually(lambda: house.agent_now("desk-1").is_at_desk)
        commands.go_away(house.floor, insurer_id="vsk", code="desk-1", reason="meal")
        news = next(json.loads(data) for kind, data in coming if kind == "news")
        assert news["kind"] == "presence"
        looking_after.set_locked(house.floor.centre, name="anna", is_locked=True, by="t")
        assert any(kind == "over" for kind, _ in coming)
    assert session.head(f"{url}/news", timeout=60).status_code == 401


def test_news_that_redis_did_not_take_in_time_are_made_up_for(house: House, redis_url: str) -> None:
    announcer = Announcer(redis_url, TOLD, timeout_seconds=5)
    announcer.watch(house.centre.database)
    heard: list[News | None] = []
    listener = NewsListener(redis_url, heard.append)
    listener.start()
    eventually(lambda: heard)
    heard.clear()
    announcer._silent_until = time.monotonic() + 3600  # as after a refusal
    house.agent("desk-1")
    announcer._silent_until = 0.0
    house.agent("desk-2")
    eventually(lambda: any(heard))
    listener.stop()
    assert heard[0] is None


def test_news_that_redis_did_not_take_are_made_up_for_though_none_follow(house: House, redis_url: str) -> None:
    announcer = Announcer(redis_url, TOLD, timeout_seconds=5)
    announcer.watch(house.centre.database)
    heard: list[News | None] = []
    listener = NewsListener(redis_url, heard.append)
    listener.start()
    eventually(lambda: heard)
    heard.clear()
    announcer._silent_until = time.monotonic() + 3600
    house.agent("desk-1")
    eventually(lambda: heard == [None])
    listener.stop()


def test_whoever_fails_over_news_hears_the_next(house: House, redis_url: str) -> None:
    Announcer(redis_url, TOLD, timeout_seconds=5).watch(house.centre.database)
    heard: list[News | None] = []

    def hear(news: News | None) -> None:
        heard.append(news)
        if len(heard) == 1:
            raise ConnectionError("the database is away")

    listener = NewsListener(redis_url, hear)
    listener.start()
    eventually(lambda: heard)
    house.agent("desk-1")
    eventually(lambda: any(heard))
    listener.stop()
