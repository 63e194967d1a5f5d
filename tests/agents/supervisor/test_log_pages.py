"""The call log's page: what is searched for, what stands in its address, and searches that are kept."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.supervisor.call_log import saved_searches, searching
from agents.supervisor.call_log.search_form import period_query, read_form
from tests.agents.supervisor.conftest import OWN_PHONE, POLICY, Logged
from tests.databases import read_apart


def listed(text: str) -> list[str]:
    return re.findall(r'id="call-([0-9a-f]{32})"', text)


def test_the_newest_calls_are_listed_with_what_came_of_them(logged: Logged) -> None:
    call_id = logged.call(waited=70, queue="curator", agent="desk-2", outcome="gl_requested", lasted=600)
    text = logged.site.signed_in("boss").get("/calls").text
    assert listed(text) == [call_id]
    outcome = "Просит гарантийное письмо"
    for shown in ("Медицинский пульт", "Врачи-кураторы", "+7 999 ···-··-22", "01:10", "10:00", "desk-2", outcome):
        assert shown in text, shown
    assert "+79990001122" not in text


def test_a_search_that_identifies_nobody_has_an_address(logged: Logged) -> None:
    fitting = logged.call(waited=70, queue="curator")
    logged.call(waited=10, queue="curator")
    boss = logged.site.signed_in("boss")
    sent = boss.post("/calls", {"queue": "curator", "waited_least": "1:00"}, page="/calls")
    assert sent.headers["Location"] == "/calls?queue=curator&waited_least=1%3A00"
    assert listed(boss.get(sent.headers["Location"]).text) == [fitting]


@pytest.mark.parametrize(("field", "value"), [("policy", POLICY), ("phone", "8 916 123-45-67"), ("text", "письмо")])
def test_what_may_identify_somebody_never_stands_in_an_address(logged: Logged, field: str, value: str) -> None:
    theirs = logged.call(ani=OWN_PHONE, insured_id=logged.insured_id, outcome="gl_requested", note="Просит ПИСЬМО")
    other = logged.call()
    boss = logged.site.signed_in("boss")
    answer = boss.post("/calls", {field: value}, page="/calls")
    assert answer.status_code == 200
    assert listed(answer.text) == [theirs]
    assert set(listed(boss.get(f"/calls?{field}={value}").text)) == {theirs, other}


def test_what_cannot_be_read_is_said_and_finds_nothing(logged: Logged) -> None:
    logged.call()
    boss = logged.site.signed_in("boss")
    for form in ({"phone": "12"}, {"lasted_least": "ab"}, {"from": "yesterday"}, {"policy": "12"}):
        answer = boss.post("/calls", form, page="/calls")
        assert answer.status_code == 400, form
        assert 'role="alert"' in answer.text
        assert listed(answer.text) == []


def test_the_next_page_follows_the_last_row(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PAGE", 2)
    made = [logged.call(minutes_ago=100 - number, ani=OWN_PHONE) for number in range(3)]
    boss = logged.site.signed_in("boss")
    first = boss.post("/calls", {"phone": OWN_PHONE}, page="/calls")
    assert listed(first.text) == [made[2], made[1]]
    before = re.search(r'name="before" value="([0-9a-f]+)"', first.text)[1]
    assert listed(boss.post("/calls", {"phone": OWN_PHONE, "before": before}, page="/calls").text) == [made[0]]


def test_who_looks_keeps_nobody_from_writing(logged: Logged) -> None:
    call_id, boss = logged.whole(), logged.site.signed_in("boss")
    database = logged.site.house.centre.database
    looks = {
        "search_calls": "/calls", "show_call": f"/calls/{call_id}", "search_audit": "/audit",
        "show_insured": f"/desk/insured/{logged.insured_id}",
    }  # fmt: skip
    for name, path in looks.items():
        with read_apart(database, name):
            assert boss.get(path).status_code == 200


def test_a_period_is_the_readers_day(logged: Logged) -> None:
    """The house's noon is 09:00 UTC: 700 minutes ago is still today in Kaliningrad only until midnight there."""
    logged.call(minutes_ago=12 * 60 + 30)
    today = logged.call(minutes_ago=60)
    text = logged.site.signed_in("boss").get("/calls?period=today").text
    assert listed(text) == [today]


@pytest.mark.parametrize("period", ["", "today", "week"])
def test_typed_days_win_over_a_period_with_a_name(logged: Logged, period: str) -> None:
    yesterday = logged.call(minutes_ago=24 * 60)
    logged.call(minutes_ago=1)
    day = f"{logged.site.house.clock.now() - timedelta(days=1):%Y-%m-%d}"
    boss = logged.site.signed_in("boss")
    sent = boss.post("/calls", {"period": period, "from": day, "to": day}, page="/calls")
    text = boss.get(sent.headers["Location"]).text
    assert listed(text) == [yesterday]
    assert '<option value="own" selected>' in text
    assert text.count(f'value="{day}"') >= 2


def test_the_form_shows_the_very_period_that_is_searched(logged: Logged) -> None:
    """The reader's clock is Moscow's, three hours before UTC."""
    fitting = logged.call(minutes_ago=2 * 60 + 30)
    logged.call(minutes_ago=60)
    boss = logged.site.signed_in("boss")
    hour = {"from": "2026-11-24T06:00:00+00:00", "to": "2026-11-24T07:00:00+00:00"}
    text = boss.get(f"/calls?{urlencode({'period': 'own', **hour})}").text
    assert listed(text) == [fitting]
    shown = dict(re.findall(r'<input type="datetime-local" step="any" name="(from|to)".*?value="(.*?)"', text))
    assert shown == {"from": "2026-11-24T09:00", "to": "2026-11-24T10:00"}
    assert listed(boss.get(f"/calls?{urlencode(shown)}").text) == [fitting]
    day = {"from": "2026-11-22T21:00:00+00:00", "to": "2026-11-23T21:00:00+00:00"}
    text = boss.get(f"/calls?{urlencode(day)}").text
    shown = dict(re.findall(r'<input type="date" step="any" name="(from|to)".*?value="(.*?)"', text))
    assert shown == {"from": "2026-11-23", "to": "2026-11-23"}


@given(
    st.integers(10**9, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.integers(1, 10**7),
    st.sampled_from(["Europe/Moscow", "Asia/Kamchatka", "UTC"]),
)
def test_a_period_in_an_address_is_read_as_it_was(since: datetime, lasts: int, zone: str) -> None:
    until = since + timedelta(seconds=lasts)
    asked = period_query(since, until, zone=ZoneInfo(zone))
    form = read_form(asked, zone=ZoneInfo(zone), now=since)
    # Where clocks were put back an hour is there twice, and its name says one.
    if all(at.astimezone(ZoneInfo(zone)).fold == 0 for at in (since, until)):
        assert (form.wanted.since, form.wanted.until) == (since, until)
    assert {name: form.typed[name] for name in asked} == asked


def test_whose_calls_are_shown_is_said_in_the_form_and_can_be_left_out(logged: Logged) -> None:
    theirs = logged.call(insured_id=logged.insured_id, minutes_ago=20)
    other = logged.call(minutes_ago=10)
    boss = logged.site.signed_in("boss")
    text = boss.get(f"/calls?insured={logged.insured_id}").text
    assert listed(text) == [theirs]
    assert f"Застрахованный: О. П. Т., 1985, ···· {POLICY[-4:]}" in text
    assert POLICY not in text
    sent = boss.post("/calls", {"insured": logged.insured_id, "line": "medical_desk", "drop": "insured"}, page="/calls")
    assert sent.headers["Location"] == "/calls?line=medical_desk"
    assert listed(boss.get(sent.headers["Location"]).text) == [other, theirs]
    assert f'href="/calls?insured={logged.insured_id}"' in boss.get(f"/desk/insured/{logged.insured_id}").text


def test_agents_are_told_apart_by_their_codes(logged: Logged) -> None:
    for address in ("/calls", "/reports"):
        text = logged.site.signed_in("boss").get(address).text
        assert re.search(r'<option value="desk-2">desk-2 · \S', text), address


def test_a_search_that_is_not_exported_says_why(logged: Logged) -> None:
    boss = logged.site.signed_in("boss")
    assert "Выгрузки нет" not in boss.get("/calls").text
    assert "Выгрузки нет" in boss.post("/calls", {"phone": OWN_PHONE}, page="/calls").text


def test_a_search_is_kept_without_what_identifies_and_dropped(logged: Logged) -> None:
    boss = logged.site.signed_in("boss")
    wanted = {"name": "Долго ждали", "queue": "curator", "waited_least": "1:00", "phone": OWN_PHONE}
    boss.post("/calls/searches", wanted, page="/calls")
    text = boss.get("/calls").text
    assert '<a href="/calls?queue=curator&amp;waited_least=1%3A00">Долго ждали</a>' in text
    assert "Долго ждали" not in logged.site.signed_in("watcher").get("/calls").text
    search_id = re.search(r'name="search" value="([0-9a-f]{32})"', text)[1]
    logged.site.signed_in("watcher").post("/calls/searches/drop", {"search": search_id}, page="/calls")
    assert "Долго ждали" in boss.get("/calls").text
    boss.post("/calls/searches/drop", {"search": search_id}, page="/calls")
    assert "Долго ждали" not in boss.get("/calls").text


def test_a_search_does_not_go_when_another_is_kept_by_its_name(logged: Logged) -> None:
    boss = logged.site.signed_in("boss")
    boss.post("/calls/searches", {"name": "Долго ждали", "queue": "curator"}, page="/calls")
    answer = boss.post("/calls/searches", {"name": "долго  Ждали", "agent": "desk-2"}, page="/calls")
    assert answer.status_code == 409
    assert "Поиск «долго Ждали» уже сохранён" in answer.text
    assert '<option value="desk-2" selected>' in answer.text
    assert 'name="name" maxlength="60" value="долго Ждали"' in answer.text
    assert '<a href="/calls?queue=curator">Долго ждали</a>' in boss.get("/calls").text


def test_searches_are_kept_up_to_a_number(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.supervisor.call_log.saved_searches.MOST", 1)
    boss = logged.site.signed_in("boss")
    assert boss.post("/calls/searches", {"name": "one"}, page="/calls").status_code == 303
    assert boss.post("/calls/searches", {"name": "one"}, page="/calls").status_code == 303
    assert boss.post("/calls/searches", {"name": "two"}, page="/calls").status_code == 409
    assert saved_searches.MOST == 1


def test_another_insurers_calls_are_not_there(logged: Logged) -> None:
    elsewhere = logged.call(insurer_id="soglasie", line="medical_desk")
    boss = logged.site.signed_in("boss")
    assert listed(boss.get("/calls").text) == []
    assert boss.get(f"/calls/{elsewhere}").status_code == 404
