"""The report after a breach: nobody who was touched is missing, also those in a file; all of it is on record."""

import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from sqlalchemy import select

from agents.accounts import looking_after
from agents.accounts.models import Role
from agents.supervisor.breach import report
from agents.supervisor.breach.cli import breach_command
from agents.supervisor.exports.file import read_csv
from config.audit import AuditEntry, audit
from config.audit_chain import Verdict, seal_new
from recordings.plays import note_play
from tests.agents.supervisor.conftest import NAME, OWN_PHONE, POLICY, Logged

DAY = "from=2026-11-24"


def lines(answer: str, section: str) -> str:
    """The text of one section of the page."""
    return answer.split(f'id="h-{section}"', 1)[1].split("</section>", 1)[0]


@pytest.fixture
def breached(logged: Logged) -> Logged:
    """`boss` took a file with the insured person's call, and played a recording; `watcher` looked at another call."""
    theirs = logged.call(minutes_ago=90, insured_id=logged.insured_id, level="verified")
    other = logged.call(minutes_ago=80)
    house, boss = logged.site.house, logged.site.signed_in("boss")
    boss.post("/calls/exports", {"kind": "csv"}, page="/calls")
    house.work()
    export = boss.get("/calls/exports").text.split('id="export-', 1)[1].split('"', 1)[0]
    assert boss.get(f"/calls/exports/{export}").status_code == 200
    with house.centre.database.transaction("test_played") as tx:
        note_play(tx, insurer_id="vsk", recording_id="r" * 32, call_id=theirs, actor="desk-2", at=house.clock.now())
    logged.site.signed_in("watcher").get(f"/calls/{other}")
    seal_new(house.centre)
    house.clock.move_by(60)
    return logged


def test_whoever_is_in_a_file_that_was_taken_was_touched_by_who_took_it(breached: Logged) -> None:
    page = breached.site.signed_in("admin").get(f"/audit/breach?{DAY}&accounts=boss&chain=1").text
    assert breached.insured_id[-12:] in lines(page, "people")
    assert "скачал" in lines(page, "people")
    assert "desk-2" in lines(page, "accounts")
    assert "watcher" not in lines(page, "accounts")
    assert "r" * 12 in lines(page, "recordings")
    assert lines(page, "calls").count("<tr>") == 3
    assert NAME not in page
    assert OWN_PHONE not in page
    assert "цела" in lines(page, "summary")


def test_who_signed_in_from_an_address_is_suspected_by_it(breached: Logged) -> None:
    breached.site.browser("10.9.9.9").sign_in("watcher")
    breached.site.house.clock.move_by(60)
    page = breached.site.signed_in("boss").get(f"/audit/breach?{DAY}&addresses=10.9.9.9").text
    assert "watcher" in lines(page, "accounts")
    assert "desk-2" not in lines(page, "accounts")
    assert "<table" not in lines(page, "people")


def test_who_lost_the_role_since_is_reported_with_what_was_done_by_its_code(breached: Logged) -> None:
    looking_after.take_role(breached.site.house.centre, insurer_id="vsk", name="boss", role=Role.SUPERVISOR, by="t")
    breached.site.house.clock.move_by(60)
    admin = breached.site.signed_in("admin")
    for suspected in ("accounts=boss", "addresses=10.0.0.1"):
        page = admin.get(f"/audit/breach?{DAY}&{suspected}").text
        assert "boss, desk-2" in lines(page, "summary").replace("admin, ", "")
        assert "desk-2" in lines(page, "accounts")
        assert breached.insured_id[-12:] in lines(page, "people")


def test_a_code_stands_for_an_account_only_while_the_account_had_it(breached: Logged) -> None:
    house = breached.site.house
    centre, call = house.centre, breached.call()
    looking_after.take_role(centre, insurer_id="vsk", name="boss", role=Role.SUPERVISOR, by="t")
    house.clock.move_by(60)
    give = looking_after.give_role
    give(centre, insurer_id="vsk", name="watcher", role=Role.SUPERVISOR, by="t", agent_code="desk-2")
    house.clock.move_by(60)
    breached.site.signed_in("watcher").get(f"/calls/{call}")
    house.clock.move_by(60)
    admin = breached.site.signed_in("admin")
    assert call[-12:] in lines(admin.get(f"/audit/breach?{DAY}&accounts=watcher").text, "calls")
    page = admin.get(f"/audit/breach?{DAY}&accounts=boss").text
    assert "desk-2" in lines(page, "accounts")
    assert call[-12:] not in lines(page, "calls")
    since = f"from={house.clock.now():%Y-%m-%dT}12:02"
    page = admin.get(f"/audit/breach?{since}&accounts=boss").text
    assert "desk-2" not in lines(page, "summary")


def test_a_session_that_began_before_the_period_is_found_by_its_address(breached: Logged) -> None:
    site = breached.site
    browser = site.browser("10.9.9.9")
    browser.sign_in("watcher")
    call = breached.call()
    for _ in range(5):
        site.house.clock.move_by(45 * 60)
        assert browser.get("/calls").status_code == 200
    browser.get(f"/calls/{call}")
    site.house.clock.move_by(60)
    page = site.signed_in("boss").get("/audit/breach?from=2026-11-24T15:30&addresses=10.9.9.9").text
    assert call[-12:] in lines(page, "calls")
    assert "watcher" in lines(page, "accounts")


def test_of_those_who_share_an_address_only_those_known_at_the_insurer_are_named(breached: Logged) -> None:
    house = breached.site.house
    centre, now = house.centre, house.clock.now()
    for name in ("stranger", "guest", "left"):
        looking_after.add_account(
            centre, insurer_id="soglasie", name=name, role=Role.SUPERVISOR, password=None, by="t", agent_code=None
        )
    looking_after.give_role(centre, insurer_id="vsk", name="guest", role=Role.SUPERVISOR, by="t")
    with centre.database.transaction("test_signed_in") as tx:
        for name in ("stranger", "guest", "left"):
            audit(tx, insurer_id="soglasie", at=now, actor=name, action="signed_in", subject_kind="account",
                  subject_id="a", address="10.9.9.9")
        audit(tx, insurer_id="vsk", at=now, actor="left", action="calls_searched", subject_kind="calls", subject_id="")
    house.clock.move_by(60)
    page = breached.site.signed_in("boss").get(f"/audit/breach?{DAY}&addresses=10.9.9.9").text
    assert "guest, left" in lines(page, "summary")
    assert "stranger" not in page
    entry = breached.site.signed_in("boss").get("/audit?action=breach_reported").text
    assert "stranger" not in entry


def test_a_file_names_people_whole_and_taking_it_is_on_record_with_them(breached: Logged) -> None:
    admin = breached.site.signed_in("admin")
    _, row = read_csv(admin.get(f"/audit/breach/file.csv?{DAY}&accounts=boss").data.decode("utf-8-sig").encode())
    assert (row[1], row[3]) == (NAME, POLICY)
    assert f"'{OWN_PHONE}" in row[4]
    book = load_workbook(io.BytesIO(admin.get(f"/audit/breach/file.xlsx?{DAY}").data))
    assert book.sheetnames == ["summary", "people", "accounts", "calls", "recordings", "exports", "searches"]
    assert not any(cell.data_type == "f" for sheet in book for row in sheet for cell in row if cell.value is not None)
    assert admin.get("/audit/breach/file.csv").status_code == 400
    with breached.site.house.centre.database.reading("test_audit") as tx:
        entries = tx.scalars(select(AuditEntry).where(AuditEntry.action == "breach_reported").order_by(AuditEntry.id))
        told = [(one.actor, one.detail.get("file"), one.detail.get("people")) for one in entries]
    assert told == [("admin", "csv", breached.insured_id), ("admin", "xlsx", breached.insured_id)]
    # Whoever took that file touched them too.
    breached.site.house.clock.move_by(60)
    page = breached.site.signed_in("boss").get(f"/audit/breach?{DAY}&accounts=admin").text
    assert breached.insured_id[-12:] in lines(page, "people")


def test_a_supervisor_sees_people_masked_and_takes_no_file(breached: Logged) -> None:
    for name in ("boss", "watcher"):
        supervisor = breached.site.signed_in(name)
        page = supervisor.get(f"/audit/breach?{DAY}").text
        assert breached.insured_id[-12:] in lines(page, "people")
        assert "/audit/breach/file" not in page
        assert "берёт администратор" in page
        for kind in ("csv", "xlsx", "pdf"):
            assert supervisor.get(f"/audit/breach/file.{kind}?{DAY}").status_code == 403
    assert "/audit/breach/file.csv" in breached.site.signed_in("admin").get(f"/audit/breach?{DAY}").text


def test_a_changed_audit_is_said_and_the_terminal_answers_too(breached: Logged, tmp_path: Path) -> None:
    centre = breached.site.house.centre
    with centre.database.engine.begin() as connection:
        for name in connection.exec_driver_sql("select name from sqlite_master where type = 'trigger'").scalars().all():
            connection.exec_driver_sql(f"drop trigger {name}")
        connection.exec_driver_sql("update audit_entries set actor = 'desk-1' where action = 'call_replayed'")
    boss = breached.site.signed_in("boss")
    for _ in range(2):
        page = boss.get(f"/audit/breach?{DAY}&chain=1").text
        assert 'role="alert"' in page
        assert "нарушена" in lines(page, "summary")
    admin = breached.site.signed_in("admin")
    book = load_workbook(io.BytesIO(admin.get(f"/audit/breach/file.xlsx?{DAY}").data))
    assert any("нарушена" in str(cell.value) for row in book["summary"] for cell in row)
    command = breach_command(lambda: centre)
    asked = ["--since", "2026-11-24", "--account", "boss", "--insurer", "vsk", "--language", "en"]
    file = tmp_path / "breach.csv"
    result = CliRunner().invoke(command, [*asked, "--json", "--file", str(file)])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output.splitlines()[0])
    assert told["summary"]["People touched"] == "1"
    assert told["summary"]["The audit's chain"].startswith("broken: entry")
    assert NAME in file.read_text(encoding="utf-8-sig")
    shown = CliRunner().invoke(command, asked).output
    assert max(map(len, shown.splitlines())) <= 80
    assert re.search(r"^ *Id +[0-9a-f]{32}", shown, re.MULTILINE)
    assert "needs --insurer" in CliRunner().invoke(command, ["--since", "2026-11-24", "--file", "x.csv"]).output


def test_the_chain_is_walked_where_that_is_asked_and_its_absence_is_said(
    breached: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks: list[int] = []
    monkeypatch.setattr(report, "verify", lambda *_, **__: walks.append(1) or Verdict(1, 0, ()))
    boss = breached.site.signed_in("boss")
    page = boss.get(f"/audit/breach?{DAY}").text
    assert walks == []
    assert "не проверялась" in lines(page, "summary")
    assert 'name="chain" value="1" checked' not in page
    page = boss.get(f"/audit/breach?{DAY}&chain=1").text
    assert walks == [1]
    assert "цела" in lines(page, "summary")
    assert 'name="chain" value="1" checked' in page


def test_another_systems_token_is_known_by_its_name(logged: Logged) -> None:
    house = logged.site.house
    with house.centre.database.transaction("test_token") as tx:
        about = {"subject_kind": "insured", "subject_id": logged.insured_id}
        audit(tx, insurer_id="vsk", at=house.clock.now(), actor="api:crm", action="insured_shown", **about)
    house.clock.move_by(60)
    page = logged.site.signed_in("boss").get(f"/audit/breach?{DAY}&tokens=crm").text
    assert logged.insured_id[-12:] in lines(page, "people")
