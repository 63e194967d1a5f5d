"""The floor: what it shows, what a supervisor does there, and that it is read once however many look."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from agents import listening_in
from agents.models import Ear, Presence
from agents.supervisor.live_floor import snapshots
from config.ids import new_id
from ivr.calls.log import record
from ivr.calls.models import Call, CallState, LineNotice, Outcome
from recordings.models import Recording
from tests.agents.staff.conftest import Site
from tests.agents.test_joining import talk
from tests.agents.test_monitoring import listening


@pytest.fixture(autouse=True)
def _no_look_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "TICK_SECONDS", 0.0)


def row(text: str, row_id: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.search(rf'<tr id="{row_id}">(.*?)</tr>', text, re.DOTALL)[1]))


def pinned(site: Site) -> str:
    text = site.signed_in("watcher").get("/floor/parts/now").text
    return re.search(r'<section class="pinned".*?</section>', text, re.DOTALL)[0]


def act(site: Site, path: str, **data: str):
    return site.signed_in("watcher").post(path, data, page="/floor")


def test_queues_tell_who_waits_how_long_what_they_were_told_and_how_today_went(site: Site) -> None:
    house = site.house
    for code in ("desk-1", "desk-2"):
        act(site, "/floor/presence", agent=code, presence="meal")
    house.join(house.call())
    house.clock.move_by(75)
    text = site.signed_in("watcher").get("/floor").text
    shown = row(text, "queue-now-medical_desk")
    assert "Медицинский пульт" in shown
    assert " 1 " in shown
    assert "01:15" in shown
    assert "0 / 0" in shown
    assert 'href="/calls?queue=medical_desk&amp;only=open"' in text


def test_emergencies_and_alarms_stand_on_top(site: Site) -> None:
    house = site.house
    for code in ("desk-1", "desk-2"):
        act(site, "/floor/presence", agent=code, presence="meal")
    call = house.call("CA-urgent", is_emergency=True)
    house.join(call, "emergency", is_emergency=True)
    house.clock.move_by(20)
    now = house.clock.now()
    with house.centre.database.transaction("test_dropped") as tx:
        dropped = Call(
            id=new_id(now), insurer_id="vsk", carrier_sid="CA-d", line="medical_desk", dnis="+78002001441",
            state="ended", started_at=now, ended_at=now, language="ru", flow="vsk", flow_digest="",
        )
        tx.add(dropped)
        tx.flush()
        tx.add(Outcome(id=new_id(now), insurer_id="vsk", call_id=dropped.id, code="emergency_drop", is_primary=True,
                       recorded_by="line", recorded_at=now))
        tx.add(Recording(id=new_id(now), insurer_id="vsk", call_id=dropped.id, carrier_sid="RE-1", kind="voicemail",
                         state="failed", announced_at=now, ended_at=now))
    text = pinned(site)
    assert f'id="emergency-{call.id}"' in text
    for said in (
        "ЭКСТРЕННО", "ждёт, никто не ответил", "Экстренный звонок ждёт", "Экстренный звонок оборвался",
        "никого нет на смене", "Записи не удалось получить",
    ):
        assert said in text, said
    assert "soglasie" not in site.signed_in("watcher").get("/floor").text


def test_the_wall_has_nothing_to_press_and_tells_who_waits(site: Site) -> None:
    site.house.join(site.house.call())
    text = site.signed_in("watcher").get("/floor/wall").text
    assert "<form" not in re.search(r"<main.*</main>", text, re.DOTALL)[0]
    assert "+7 916" in row(text, f"wait-{site.house.waits()[0].id}")


def test_an_agents_presence_is_set_and_the_audit_says_by_whom(site: Site) -> None:
    assert act(site, "/floor/presence", agent="desk-1", presence="meal").status_code == 204
    assert site.house.agent_now("desk-1").presence_reason == "meal"
    assert act(site, "/floor/presence", agent="desk-1", presence="available").status_code == 204
    assert site.house.agent_now("desk-1").presence == Presence.AVAILABLE
    assert site.audited(action="presence_set", actor="watcher") == ["presence_set", "presence_set"]
    assert act(site, "/floor/presence", agent="desk-1", presence="rona").status_code == 400
    assert act(site, "/floor/presence", agent="sog-1", presence="meal").status_code == 409


def test_who_has_a_call_is_not_taken_from_it(site: Site) -> None:
    house = site.house
    house.agent("busy-1", presence_now=Presence.ON_CALL)
    assert act(site, "/floor/presence", agent="busy-1", presence="meal").status_code == 409
    assert house.agent_now("busy-1").presence == Presence.ON_CALL


def test_who_waits_is_moved_from_the_page(site: Site) -> None:
    house = site.house
    for code in ("desk-1", "desk-2"):
        act(site, "/floor/presence", agent=code, presence="meal")
    house.join(house.call("CA-1"))
    house.clock.move_by(5)
    house.join(house.call("CA-2"))
    first, second = (wait.id for wait in house.waits())
    assert act(site, "/floor/waits/up", wait=second).status_code == 204
    text = site.signed_in("watcher").get("/floor/parts/waiting").text
    assert re.findall(r'<tr id="wait-(\w+)">', text) == [second, first]
    assert act(site, "/floor/waits/move", wait=first, queue="urgent").status_code == 204
    assert house.waits(id=first)[0].queue == "urgent"
    assert act(site, "/floor/waits/move", wait=first, queue="emergency").status_code == 409
    assert act(site, "/floor/waits/up", wait="x").status_code == 409
    assert act(site, "/floor/waits/release", wait=first).status_code == 204
    assert house.waits(id=first)[0].end_reason == "released"
    assert act(site, "/floor/waits/release", wait=first).status_code == 409


def test_who_waits_is_told_apart_by_number_and_reason_and_can_go_to_open_queues_only(site: Site) -> None:
    house = site.house
    for code in ("desk-1", "desk-2"):
        act(site, "/floor/presence", agent=code, presence="meal")
    call = house.call("CA-1")
    house.join(call)
    for more, queue in (({"ani": None}, "medical_desk"), ({}, "psychologist")):
        house.clock.move_by(1)
        house.join(house.call(f"CA-{queue}", **more), queue)
    with house.centre.database.transaction("test_reason") as tx:
        record(tx, tx.get_one(Call, call.id), "queued", at=house.clock.now(), reason={"ru": "Второе мнение"})
    text = site.signed_in("watcher").get("/floor/parts/waiting").text
    first, second, third = (row(text, f"wait-{wait.id}").replace("\xa0", " ") for wait in house.waits())
    assert "+7 916 ···-··-67 Второе мнение" in first
    assert "номер скрыт" in second
    assert "номер скрыт" in third
    assert re.search(r"\d\d:\d\d:\d\d", first)
    options = re.findall(r'<option value="(\w*)">', text)
    assert options[0] == ""
    assert "urgent" in options
    assert "curator" in options
    house.clock.move_by(11 * 3600)
    text = site.signed_in("watcher").get("/floor/parts/waiting").text
    assert "curator" not in re.findall(r'<option value="(\w*)">', text)


def test_an_announcement_and_a_diversion_are_put_up_and_taken_down(site: Site) -> None:
    said = {"kind": "announcement", "place": "queue:curator", "text_ru": "Врачи на обходе до полудня.", "minutes": "90"}
    assert act(site, "/floor/notices", **said).status_code == 204
    led = {"kind": "diversion", "place": "queue:curator", "to": "queue:medical_desk"}
    assert act(site, "/floor/notices", **led).status_code == 204
    text = site.signed_in("watcher").get("/floor").text
    assert "Врачи на обходе до полудня." in text
    with site.house.centre.database.reading("test_notices") as tx:
        until = {notice.kind: notice.until for notice in tx.query(LineNotice)}
    assert until == {"announcement": site.house.clock.now() + timedelta(minutes=90), "diversion": None}
    for kind in until:
        assert act(site, "/floor/notices/down", kind=kind, place="queue:curator").status_code == 204
    assert "Врачи на обходе" not in site.signed_in("watcher").get("/floor").text
    assert site.audited(action="notice_taken_down", actor="watcher") == ["notice_taken_down"] * 2


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"kind": "announcement", "place": "queue:curator", "text_ru": ""}, "нужен русский текст"),
        ({"kind": "announcement", "place": "queue:curator", "text_ru": "слово " * 90}, "дольше двадцати секунд"),
        ({"kind": "diversion", "place": "line:medical_desk", "to": "queue:curator"}, "Линия переадресуется на номер"),
        ({"kind": "diversion", "place": "line:medical_desk", "to": "voicemail"}, "Линия переадресуется на номер"),
        ({"kind": "diversion", "place": "queue:emergency", "to": "queue:curator"}, "Экстренные звонки не переадр"),
        ({"kind": "diversion", "place": "queue:curator", "number": "12"}, "Это не номер телефона"),
        ({"kind": "diversion", "place": "line:medical_desk", "number": "+37122220000"}, "Звонящих переводят только"),
        ({"kind": "diversion", "place": "queue:curator", "to": ""}, "Укажите, куда"),
        ({"kind": "diversion", "place": "queue:curator", "to": "queue:curator"}, "ведёт обратно"),
        ({"kind": "diversion", "place": "queue:psychologist", "to": "voicemail"}, "анонимны"),
    ],
)
def test_what_cannot_be_put_up_is_refused_with_the_one_reason(site: Site, asked: dict[str, str], why: str) -> None:
    browser = site.signed_in("watcher")
    answer = browser.post("/floor/notices", asked, page="/floor", headers={"Sec-Fetch-Dest": "empty"})
    assert answer.status_code == 409
    assert why in answer.text
    assert ".." not in answer.text


def test_a_notice_for_a_place_of_nobody_or_without_an_end_that_can_be_read_is_refused(site: Site) -> None:
    said = {"kind": "announcement", "text_ru": "Слово."}
    assert act(site, "/floor/notices", place="queue:no_such", **said).status_code == 400
    assert act(site, "/floor/notices", place="queue:curator", minutes="-5", **said).status_code == 400
    assert act(site, "/floor/notices/down", kind="x", place="queue:curator").status_code == 400


def test_however_many_look_the_floor_is_read_and_made_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in statements: ten more supervisors cost their own sign-in's look-up each, and nothing of the floor."""
    monkeypatch.setattr(snapshots, "TICK_SECONDS", 3600.0)
    first, others = site.signed_in("watcher"), [site.signed_in(name) for name in ("watcher", "boss") * 5]
    statements: list[str] = []
    engine = site.house.centre.database.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: statements.append(statement))
    shown = {first.get("/floor/parts/now").text}
    of_first = [one for one in statements if "waits" in one or "agents.code" in one]
    assert of_first
    statements.clear()
    shown |= {browser.get("/floor/parts/now").text for browser in others}
    assert [one for one in statements if "FROM waits" in one or "FROM recordings" in one] == []
    # Nothing of anybody's own stands in it, so it can be sent to all as it is.
    assert len(shown) == 1


def row_of_agent(site: Site, code: str) -> str:
    text = site.signed_in("watcher").get("/floor/parts/now").text
    return row(text, f"agent-now-{site.house.agent_now(code).id}")


def test_who_listens_in_is_told_from_who_has_a_call_and_so_is_who_is_listened_to(site: Site) -> None:
    house = site.house
    for code in ("desk-1", "desk-2"):
        act(site, "/floor/presence", agent=code, presence="meal")
    listening(house)
    assert "Слушает a1" in row_of_agent(site, "boss")
    assert "В разговоре" not in row_of_agent(site, "boss")
    assert "слушает boss" in row_of_agent(site, "a1")
    listening_in.lend_ear(house.floor, insurer_id="vsk", code="boss", ear=Ear.WHISPER)
    assert "Подсказывает a1" in row_of_agent(site, "boss")
    assert "подсказывает boss" in row_of_agent(site, "a1")
    assert "0 / 1" in row(site.signed_in("watcher").get("/floor").text, "queue-now-medical_desk")


def test_an_emergency_that_nobody_took_is_shown_with_the_duty_number_until_somebody_has_it(site: Site) -> None:
    house = site.house
    call = house.call("CA-urgent", is_emergency=True)
    house.join(call, "emergency", is_emergency=True)
    for _ in range(4):
        house.later(11)
    assert house.carrier.of("redirect")
    assert "звоним дежурному" in pinned(site)
    with house.centre.database.transaction("test_transferred") as tx:
        tx.get_one(Call, call.id).state = CallState.TRANSFERRED
    text = pinned(site)
    assert "у дежурного" in text
    assert "Никто на месте не взял экстренный звонок" in text
    house.end_call(call)
    assert "Никто на месте не взял" not in pinned(site)


def test_agents_are_named_by_what_they_are_with_their_codes_beside(site: Site) -> None:
    house = site.house
    house.agent("urgent-1", title="Дежурный терапевт")
    for code in ("desk-1", "desk-2"):
        act(site, "/floor/presence", agent=code, presence="meal")
    talk(house, "emergency", is_emergency=True)
    with house.centre.database.reading("test_emergency") as tx:
        assert tx.query(Call).one().is_emergency
    assert "Дежурный терапевт urgent-1 В разговоре" in row_of_agent(site, "urgent-1")
    assert re.search(r"на связи: .*Дежурный терапевт <small>urgent-1</small>", pinned(site))
    assert "Дежурный терапевт" in site.signed_in("watcher").get("/floor/wall").text
