"""The audit's page: it finds who did what, page by page, of one's own insurer, and writes its own looks down."""

import re

import pytest

from agents.supervisor.audit import search as audit_search
from config.audit import audit
from tests.agents.staff.conftest import Site


def write(site: Site, actor: str, action: str, *, insurer_id: str = "vsk", subject: str = "s-1") -> None:
    with site.house.centre.database.transaction("test_write") as tx:
        audit(tx, insurer_id=insurer_id, at=site.house.clock.now(), actor=actor, action=action, subject_kind="call",
              subject_id=subject, line="medical_desk")


def shown(text: str) -> list[tuple[str, str]]:
    rows = re.findall(r'<tr id="entry-\d+">(.*?)</tr>', text, re.DOTALL)
    return [tuple(re.findall(r"<td>(?:<a[^>]*>)?([^<]+)", row)[:2]) for row in rows]


def test_entries_are_found_by_who_what_about_what_and_when(site: Site) -> None:
    write(site, "desk-7", "call_replayed")
    write(site, "desk-8", "call_replayed", subject="s-2")
    write(site, "desk-7", "recorded_outcome")
    write(site, "desk-7", "call_replayed", insurer_id="soglasie")
    watcher = site.signed_in("watcher")
    replayed, outcome = ("desk-7", "смотрел звонок"), ("desk-7", "записал итог")
    assert shown(watcher.get("/audit?actor=desk-7").text) == [outcome, replayed]
    assert shown(watcher.get("/audit?action=call_replayed").text) == [("desk-8", "смотрел звонок"), replayed]
    assert shown(watcher.get("/audit?subject=s-2").text) == [("desk-8", "смотрел звонок")]
    assert shown(watcher.get("/audit?actor=desk-7&period=own&to=2026-11-23").text) == []
    that_day = "from=2026-11-24&to=2026-11-24"
    assert shown(watcher.get(f"/audit?actor=desk-7&period=own&{that_day}").text) == [outcome, replayed]


def test_a_row_is_found_by_what_the_page_shows_of_its_id(site: Site) -> None:
    row_id = "019ab3" + "0" * 18 + "c0ffee42"
    write(site, "desk-7", "call_replayed", subject=row_id)
    write(site, "desk-8", "call_replayed", subject=row_id[:-1] + "3")
    watcher = site.signed_in("watcher")
    replayed = ("desk-7", "смотрел звонок")
    for typed in (row_id, "c0ffee42", "…c0ffee42", "0000c0ffee42"):
        assert shown(watcher.get(f"/audit?action=call_replayed&subject={typed}").text) == [replayed], typed
    for typed in ("ffee42", "1111c0ffee42", "%25%25%25%25%25%25%25%25"):
        assert shown(watcher.get(f"/audit?action=call_replayed&subject={typed}").text) == [], typed


def test_people_are_offered_and_found_in_any_case(site: Site) -> None:
    write(site, "desk-1", "call_replayed")
    write(site, "Cron-Job", "dials")
    watcher = site.signed_in("watcher")
    text = watcher.get("/audit?actor=DESK-1&action=call_replayed").text
    assert shown(text) == [("desk-1", "смотрел звонок")]
    offered = re.findall(r'<option value="([^"]+)"></option>', text)
    assert {"desk-1", "desk-2", "watcher"} <= set(offered)
    assert [who for who, _ in shown(watcher.get("/audit?actor=Cron-Job").text)] == ["Cron-Job"]


def test_pages_follow_one_another(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "PAGE", 2)
    for number in range(3):
        write(site, f"desk-{number}", "dials", subject="one")
    admin = site.signed_in("admin")
    first = admin.get("/audit?subject=one").text
    following = re.search(r'href="([^"]*before=[^"]*)"', first)[1].replace("&amp;", "&")
    assert [who for who, _ in shown(first) + shown(admin.get(following).text) if who != "admin"] == [
        "desk-2", "desk-1", "desk-0",
    ]


def test_what_an_entry_is_about_and_says_more_stands_in_words(site: Site) -> None:
    now = site.house.clock.now()
    with site.house.centre.database.transaction("test_write") as tx:
        for action, kind, detail in (
            ("recorded_outcome", "call", {"outcome": "info_given"}),
            ("roster_imported", "roster", {"rows": 60, "new_so_far": 0}),
            ("report_made", "report", {"by": "day", "since": now.isoformat(), "until": None}),
            ("evaluation_submitted", "evaluation", {"call": "0123456789abcdef" * 2, "score": 867, "failed": False}),
            ("calls_exported", "export", {"query": "?period=yesterday&line=medical_desk", "file": "csv"}),
            ("wait_moved", "call", {"queue": "medical_desk", "calls": "a b"}),
            ("signed_in", "account", {"by": "password"}),
            ("never_heard_of", "never_heard_of", {"never_heard_of": "so"}),
        ):
            audit(tx, insurer_id="vsk", at=now, actor="desk-9", action=action, subject_kind=kind, subject_id="s-1",
                  **detail)
    text = site.signed_in("watcher").get("/audit?actor=desk-9").text
    rows = [re.sub(r"<[^>]+>", "", one) for one in re.findall(r'<tr id="entry-\d+">(.*?)</tr>', text, re.DOTALL)]
    for row, shown_ones in zip(
        rows,
        (
            ["never heard of", "never heard of: so"],
            ["учётная запись", "как: пароль"],
            ["звонок", "очередь: Медицинский пульт"],
            ["выгрузка", "поиск: Вчера · Медицинский пульт · файл: CSV"],
            ["оценка", "звонок: …89abcdef · балл: 86,7\N{NO-BREAK SPACE}% · не сдано: нет"],
            ["отчёт", "по чему: дни · с: 24.11.2026\N{NO-BREAK SPACE}12:00"],
            ["список застрахованных", "строк: 60 · новых пока: 0"],
            ["звонок", "итог: Дали информацию"],
        ),
        strict=True,
    ):
        assert [one for one in shown_ones if one not in row] == [], row
    assert "`" not in text


@pytest.mark.parametrize("days", ["from=2026-02-30", "to=tomorrow", "from=24.11.2026&actor=boss"])
def test_days_that_cannot_be_read_are_said_and_nothing_is_shown(site: Site, days: str) -> None:
    write(site, "boss", "call_replayed")
    answer = site.signed_in("admin").get(f"/audit?{days}")
    assert answer.status_code == 400
    assert shown(answer.text) == []
    name = days.partition("=")[0]
    assert re.search(rf'name="{name}"[^>]* aria-invalid="true" aria-describedby="wrong"', answer.text)
    assert 'id="wrong" role="alert">Отмеченные дни не прочитать' in answer.text
    assert site.audited(action="audit_searched") == []


def test_the_look_itself_is_on_record(site: Site) -> None:
    site.signed_in("admin").get("/audit?actor=desk-7")
    assert site.audited(action="audit_searched", actor="admin") == ["audit_searched"]
