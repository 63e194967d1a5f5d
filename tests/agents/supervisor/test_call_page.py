"""One call's page: the time line, the steps, what came of it, who looked; and nothing about who is anonymous."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape

import pytest

from agents.supervisor.exports.file import read_csv
from agents.supervisor.one_call import view as call_view
from agents.supervisor.one_call.timeline import Span, Stretch, menu_spans, time_line
from ivr.calls.log import record
from ivr.calls.models import Call
from recordings.acts import find_acts
from recordings.models import Recording
from recordings.retention import Retention
from tests.agents.supervisor.conftest import NAME, OWN_PHONE, POLICY, Logged
from tests.agents.supervisor.test_recording_pages import SOUND, keep
from tests.ids import without_ids

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_call_is_told_step_by_step_with_its_lanes(logged: Logged) -> None:
    call_id = logged.whole()
    text = logged.site.signed_in("boss").get(f"/calls/{call_id}").text
    for shown in (
        "Нажато: 5", "Нажато: цифры, которые не хранятся", "Ждёт в «Медицинский пульт»",
        "Сообщено: впереди 2 звонящих, около 01:30", "desk-1 говорит со звонящим", "Ждёт ответа до вечера",
        "Гарантийное письмо", "+7 916 ···-··-67", "desk-2: смотрел звонок",
    ):
        assert shown in text, shown
    assert [name for name in ("menu", "wait", "ring", "talk", "hold") if f"piece-{name}" not in text] == []
    for secret in (NAME, POLICY, OWN_PHONE):
        assert secret not in text


def test_whoever_comes_into_a_conversation_is_told_by_what_they_come_for(logged: Logged) -> None:
    call_id = logged.call(waited=5, agent="desk-1", outcome="info_given")
    consulted = {"offer": "c", "agent": "desk-2"}
    with logged.site.house.centre.database.transaction("test_consult") as tx:
        call = tx.get_one(Call, call_id)
        for kind, data in (
            ("queued", {"queue": "medical_desk", "reason": {}, "emergency": False}),
            ("offer_made", {**consulted, "purpose": "consult", "queue": "medical_desk"}),
            ("agent_joined", {**consulted, "purpose": "consult"}),
            ("offer_ended", {**consulted, "state": "withdrawn"}),
            ("offer_made", {"offer": "m", "agent": "boss", "purpose": "monitor", "queue": "medical_desk"}),
            ("offer_ended", {"offer": "m", "agent": "boss", "state": "withdrawn"}),
            ("outcome_recorded", {"code": "info_given", "by": "line"}),
        ):
            record(tx, call, kind, at=logged.site.house.clock.now(), **data)
    text = logged.site.signed_in("boss").get(f"/calls/{call_id}").text
    for shown in (
        "Зовём desk-2 на консультацию", "desk-2 выходит из разговора", "Зовём boss слушать разговор",
        "boss не слушает: отозвано", ", линия</span>",
    ):
        assert shown in text, shown
    assert "Предложение desk-2" not in text
    assert re.findall(r'class="step-(queued inner|wait_began)"', text) == ["wait_began", "queued inner"]


def test_the_prompts_of_a_turn_have_its_time_once_and_nobody_ahead_is_nobody(logged: Logged) -> None:
    call_id = logged.call()
    with logged.site.house.centre.database.transaction("test_prompts") as tx:
        call = tx.get_one(Call, call_id)
        for second, prompts in ((0, ["vsk.notice", "vsk.main"]), (0, ["vsk.english"]), (9, ["vsk.bonus"])):
            told_at = call.started_at + timedelta(seconds=second)
            record(tx, call, "node_entered", at=told_at, flow="vsk", node="main")
            record(tx, call, "said", at=told_at, prompts=prompts, language="ru")
        record(tx, call, "place_told", at=told_at, ahead=0, estimate_seconds=60, round=1)
    text = logged.site.signed_in("boss").get(f"/calls/{call_id}").text
    times = re.findall(r'class="step-said"><span class="figures soft">([0-9:]*)</span>', text)
    assert times == ["00:00", "", "", "00:09"]
    assert "Сообщено: впереди никого, около 01:00" in text


def test_older_looks_than_are_shown_are_a_link_away(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_view, "_MOST_LOOKS", 1)
    boss, page = logged.site.signed_in("boss"), f"/calls/{logged.call()}"
    assert "Все — в журнале действий" not in boss.get(page).text
    text = boss.get(page).text
    assert text.count("смотрел звонок") == 1
    assert f'href="/audit?subject={page.removeprefix("/calls/")}"' in text


def test_every_piece_leads_to_a_step_that_is_there(logged: Logged) -> None:
    text = logged.site.signed_in("boss").get(f"/calls/{logged.whole()}").text
    wanted = set(re.findall(r'href="#(step-\d+)"', text))
    assert wanted
    assert wanted <= set(re.findall(r'id="(step-\d+)"', text))


def test_each_look_is_on_record(logged: Logged) -> None:
    call_id = logged.whole()
    logged.site.signed_in("watcher").get(f"/calls/{call_id}")
    logged.site.signed_in("boss").get(f"/calls/{call_id}")
    assert logged.site.audited(action="call_replayed", actor="watcher", subject_id=call_id) == ["call_replayed"]
    assert logged.site.audited(action="call_replayed", actor="desk-2", subject_id=call_id) == ["call_replayed"]


def test_a_call_that_forgot_who_called_tells_nothing_of_them(logged: Logged) -> None:
    call_id = logged.whole()
    with logged.site.house.centre.database.transaction("test_anonymous") as tx:
        tx.get_one(Call, call_id).is_anonymous = True
    text = without_ids(logged.site.signed_in("boss").get(f"/calls/{call_id}").text)
    for hidden in ("Нажато", "Ждёт ответа", "Гарантийное письмо", "916", "Подтверждён", "piece-menu", "insured/"):
        assert hidden not in text, hidden
    for shown in ("Звонок анонимный", "Ждёт в «Медицинский пульт»", "desk-1 говорит со звонящим", "piece-talk"):
        assert shown in text, shown


def test_a_call_that_was_recorded_is_heard_on_its_page(logged: Logged) -> None:
    call_id = logged.whole()
    began_at = logged.site.house.row(Call, call_id).started_at + timedelta(seconds=70)
    recording_id = keep(logged.site, call_id=call_id, began_at=began_at)
    text = logged.site.signed_in("boss").get(f"/calls/{call_id}").text
    assert f'data-play="/recordings/{recording_id}/play"' in text
    assert "recording_player.js" in text
    assert 'data-lane="recording"' in text
    with logged.site.house.centre.database.transaction("test_anonymous") as tx:
        tx.get_one(Call, call_id).is_anonymous = True
    assert recording_id not in logged.site.signed_in("boss").get(f"/calls/{call_id}").text


def test_a_supervisor_sees_until_when_it_is_kept_and_holds_it_longer(logged: Logged) -> None:
    call_id = logged.whole()
    boss, page = logged.site.signed_in("boss"), f"/calls/{call_id}"
    assert "Сколько хранится запись" not in boss.get(page).text
    keep(logged.site, call_id=call_id)
    assert "потом уничтожается" in boss.get(page).text
    assert boss.post(f"{page}/hold-recordings", {"reason": "  "}, page=page).status_code == 409
    assert "Удерживается" not in boss.get(page).text
    assert boss.post(f"{page}/hold-recordings", {"reason": "жалоба 12"}, page=page).status_code == 303
    held = boss.get(page).text
    assert "Удерживается независимо от срока</strong>: жалоба 12" in held
    assert "После снятия хранится до" in held
    boss.post(f"{page}/release-recordings", {}, page=page)
    assert "потом уничтожается" in boss.get(page).text
    assert logged.site.audited(action="held_recordings", subject_id=call_id) == ["held_recordings"]
    assert logged.site.audited(action="released_recordings", subject_id=call_id) == ["released_recordings"]
    assert boss.post("/calls/no-such-call/hold-recordings", {"reason": "x"}, page=page).status_code == 404


@pytest.mark.parametrize("state", ["expected", "announced", "failed"])
def test_what_failed_or_is_still_to_come_is_held_from_the_page_too(logged: Logged, state: str) -> None:
    call_id = logged.whole()
    boss, page = logged.site.signed_in("boss"), f"/calls/{call_id}"
    recording_id = keep(logged.site, call_id=call_id)
    with logged.site.house.centre.database.transaction("test_state") as tx:
        row = tx.get_one(Recording, recording_id)
        row.state, row.ended_at = state, row.ended_at if state == "failed" else None
        row.file_name = row.wrapped_key = row.key_id = None
    assert f'action="{page}/hold-recordings"' in boss.get(page).text
    assert boss.post(f"{page}/hold-recordings", {"reason": "жалоба 12"}, page=page).status_code == 303
    held = boss.get(page).text
    assert "Удерживается независимо от срока</strong>: жалоба 12" in held
    assert f'action="{page}/release-recordings"' in held


def test_what_was_destroyed_is_an_act_on_the_page_and_in_the_list(logged: Logged) -> None:
    call_id = logged.whole()
    boss = logged.site.signed_in("boss")
    assert "Ни одна запись не уничтожена" in boss.get("/calls/destroyed-recordings").text
    recording_id = keep(logged.site, call_id=call_id)
    Retention(logged.site.house.centre).destroy(
        insurer_id="vsk", recording_id=recording_id, by="admin", ground="требование 7"
    )
    assert "admin: требование 7" in boss.get(f"/calls/{call_id}").text
    acts = boss.get("/calls/destroyed-recordings").text
    assert "требование 7" in acts
    assert f"/calls/{call_id}" in acts


def destroyed(logged: Logged, *grounds: str) -> list[str]:
    """Recordings that were destroyed a minute after each other; the acts, the oldest first."""
    house = logged.site.house
    for ground in grounds:
        recording_id = keep(logged.site, call_id=logged.call())
        with house.centre.database.transaction("test_digest") as tx:
            tx.get_one(Recording, recording_id).sha256 = sha256(SOUND).hexdigest()
        Retention(house.centre).destroy(insurer_id="vsk", recording_id=recording_id, by="admin", ground=ground)
        house.clock.move_by(60)
    with house.centre.database.reading("test_acts") as tx:
        return [one.id for one in reversed(find_acts(tx, insurer_id="vsk").acts)]


def test_the_acts_are_read_page_by_page_and_by_period(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    destroyed(logged, "one", "two", "three")
    monkeypatch.setitem(find_acts.__kwdefaults__, "limit", 2)
    boss = logged.site.signed_in("boss")
    page = boss.get("/calls/destroyed-recordings?from=2026-11-24").text
    assert ("three" in page, "two" in page, "<td>one</td>" in page) == (True, True, False)
    earlier = unescape(re.search(r'href="(/calls/destroyed-recordings\?[^"]*before=[^"]*)"', page)[1])
    assert "from=2026-11-24" in earlier
    page = boss.get(earlier).text
    assert ("<td>one</td>" in page, "<td>two</td>" in page, "Более ранние акты" in page) == (True, False, False)
    page = boss.get("/calls/destroyed-recordings?to=2026-11-24T12:01").text
    assert ("<td>one</td>" in page, "<td>two</td>" in page) == (True, False)
    assert boss.get("/calls/destroyed-recordings?from=never").status_code == 400
    assert "В эти дни" in boss.get("/calls/destroyed-recordings?to=2026-11-20").text


def test_an_act_has_a_page_of_its_own_which_is_printed_and_says_what_the_digest_is_of(logged: Logged) -> None:
    (act_id,) = destroyed(logged, "требование 7")
    boss = logged.site.signed_in("boss")
    page = boss.get(f"/calls/destroyed-recordings/{act_id}").text
    assert sha256(SOUND).hexdigest() in page
    assert "до запечатывания" in page
    assert "запечатанного файла" not in page + boss.get("/calls/destroyed-recordings").text
    answer = boss.get(f"/calls/destroyed-recordings/{act_id}/act.pdf")
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert boss.get("/calls/destroyed-recordings/no-such-act").status_code == 404
    with logged.site.house.centre.database.reading("test_call") as tx:
        call_id = find_acts(tx, insurer_id="vsk").acts[0].call_id
    assert f"/calls/destroyed-recordings/{act_id}" in boss.get(f"/calls/{call_id}").text


def test_the_acts_of_a_period_are_taken_as_a_table_on_record(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    acts = destroyed(logged, "=cmd()", "two")
    boss = logged.site.signed_in("boss")
    answer = boss.get("/calls/destroyed-recordings/acts.csv?from=2026-11-24")
    head, newest, oldest = read_csv(answer.data.decode("utf-8-sig").encode())
    assert (newest[0], oldest[0]) == (acts[1], acts[0])
    assert oldest[3] == "'=cmd()"
    assert "SHA-256 звука" in head
    assert logged.site.audited(actor="desk-2")[-1] == "acts_taken"
    logged.site.house.clock.move_by(60)
    assert "скачал акты" in boss.get("/audit/breach?from=2026-11-24&accounts=boss").text
    monkeypatch.setattr("recordings.acts.MOST", 1)
    assert boss.get("/calls/destroyed-recordings/acts.csv").status_code == 400


def test_the_callers_own_time_stands_beside_where_it_is_another(logged: Logged) -> None:
    near, far = logged.call(ani="+74951234567"), logged.call(ani="+73431234567")
    boss = logged.site.signed_in("boss")
    assert "Время абонента" not in boss.get(f"/calls/{near}").text
    text = boss.get(f"/calls/{far}").text
    assert "Время абонента" in text
    assert "24.11.2026\N{NO-BREAK SPACE}13:00" in text
    with logged.site.house.centre.database.transaction("test_anonymous") as tx:
        tx.get_one(Call, far).is_anonymous = True
    assert "Время абонента" not in boss.get(f"/calls/{far}").text


def test_a_call_that_goes_on_says_so(logged: Logged) -> None:
    text = logged.site.signed_in("boss").get(f"/calls/{logged.call(lasted=None, minutes_ago=1)}").text
    assert "идёт" in text
    assert 'data-since="' in text


def test_the_page_is_whole_in_english(logged: Logged) -> None:
    boss = logged.site.signed_in("boss")
    boss.post("/language", {"language": "en"}, page="/calls")
    text = boss.get(f"/calls/{logged.whole()}").text
    assert "Pressed: digits, which are not kept" in text
    assert not re.search(r"[А-Яа-я]", re.sub(r"<q.*?</q>|Ждёт ответа до вечера|САО «ВСК»|По-русски", "", text))


def test_stretches_stand_where_they_were() -> None:
    spans = [
        ("line", Span(Stretch.MENU, at(0), at(25), "main")),
        ("queue", Span(Stretch.WAIT, at(25), at(50), "desk")),
        ("agent:a", Span(Stretch.TALK, at(50), None, "queue")),
    ]
    line = time_line(spans, began_at=at(0), ended_at=at(100), steps=[(0, at(0)), (1, at(25)), (2, at(50))])
    assert [(lane.name, [(piece.x, piece.width, piece.step) for piece in lane.pieces]) for lane in line.lanes] == [
        ("line", [(0.0, 250.0, 0)]), ("queue", [(250.0, 250.0, 1)]), ("agent:a", [(500.0, 500.0, 2)]),
    ]
    assert line.ticks[0] == (0.0, 0)
    assert line.ticks[-1] == (900.0, 90)


def test_what_is_outside_of_the_call_or_took_no_time_is_left_out() -> None:
    spans = [
        ("queue", Span(Stretch.WAIT, at(-60), at(10), "a promised call")),
        ("line", Span(Stretch.MENU, at(5), at(5), "a branch")),
    ]
    line = time_line(spans, began_at=at(0), ended_at=at(20), steps=[])
    assert [(lane.name, lane.pieces[0].x, lane.pieces[0].seconds) for lane in line.lanes] == [("queue", 0.0, 10)]


def test_a_menu_lasts_until_the_next_or_until_the_wait() -> None:
    spans = list(menu_spans([(at(0), "main"), (at(10), "more")], [at(30)], at(60)))
    assert [(span.what, span.since, span.until) for span in spans] == [
        ("main", at(0), at(10)), ("more", at(10), at(30)),
    ]


