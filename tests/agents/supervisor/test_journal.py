"""The electronic journal of contacts: every call of the compulsory insurer, and everybody in it is on record."""

import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from sqlalchemy import select

from agents.accounts import looking_after
from agents.accounts.models import Account, Role
from agents.models.searches import CallExport
from agents.supervisor.exports import exporting
from agents.supervisor.exports.file import read_csv
from agents.supervisor.journal import asking
from agents.supervisor.journal.cli import journal_command
from config.audit import AuditEntry
from ivr.calls.log import record
from ivr.calls.models import Call
from ivr.calls.outcomes import record_outcome
from ivr.calls.requests import advance_request, open_request
from ivr.insured.models import InsuredPerson, Policy
from tests.agents.supervisor.conftest import Logged
from tests.databases import read_apart

MINUTE = timedelta(minutes=1)
OMS = {"insurer_id": "oms", "line": "hotline"}


@pytest.fixture
def oms(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> Logged:
    """A day on the compulsory insurer's line: every kind of contact, and `olga`, who supervises it."""
    monkeypatch.setattr(exporting, "SLICE", 2)
    monkeypatch.setattr(asking, "_SLICE", 2)
    house = logged.site.house
    house.agent("oms-1", insurer_id="oms")
    add = looking_after.add_account
    add(house.centre, insurer_id="oms", name="olga", role=Role.SUPERVISOR, password=None, by="t", agent_code=None)
    with house.centre.database.transaction("test_olga") as tx:
        of_boss = tx.scalar(select(Account.password_hash).where(Account.name == "boss"))
        tx.scalars(select(Account).where(Account.name == "olga")).one().password_hash = of_boss
        person = tx.get_one(InsuredPerson, logged.insured_id)
        person.insurer_id = "oms"
        person.full_name = "=Проверкина Тестина"
        tx.get_one(Policy, person.policy_id).insurer_id = "oms"
    return logged


def a_day(oms: Logged) -> dict[str, str]:
    """One call of each kind; their ids, the oldest first."""
    whom = {"insured_id": oms.insured_id, "level": "verified", "region": "77", "caller_role": "insured"}
    served = {"waited": 12, "agent": "oms-1", "queue": "representatives_1", "outcome": "claim_registered"}
    ids = {
        "complaint": oms.call(minutes_ago=90, note="Жалоба на поликлинику", **served, **whom, **OMS),
        "hinted": oms.call(minutes_ago=80, insured_id=oms.insured_id, level="hinted", **OMS),
        "menu": oms.call(minutes_ago=70, outcome="abandoned_in_ivr", ani=None, **OMS),
        "queue": oms.call(minutes_ago=60, waited=30, queue="representatives_2", outcome="abandoned_in_queue", **OMS),
        "night": oms.call(minutes_ago=50, **OMS),
        "emergency": oms.call(minutes_ago=40, is_emergency=True, outcome="emergency_drop", **OMS),
        "ours": oms.call(minutes_ago=30, direction="outbound", **OMS),
        "anonymous": oms.call(minutes_ago=20, is_anonymous=True, **OMS),
        "now": oms.call(minutes_ago=1, lasted=None, **OMS),
    }
    oms.call(minutes_ago=25)
    house = oms.site.house
    with house.centre.database.transaction("test_day") as tx:
        call, insurer, at = tx.get_one(Call, ids["complaint"]), house.centre.insurers["oms"], house.clock.now()
        opened = open_request(tx, insurer=insurer, call=call, kind="complaint", by="oms-1", at=at)
        advance_request(tx, insurer=insurer, request_id=opened.request.id, step="answered", by="oms-1", at=at + MINUTE)
        night = tx.get_one(Call, ids["night"])
        record(tx, night, "node_entered", at=night.started_at, flow="message", node="tone")
        record_outcome(tx, call=call, code="referred_tfoms", by="oms-1", at=at, is_primary=False)
    return ids


def asked(oms: Logged, kind: str) -> bytes:
    """What `olga` takes, once the worker is done."""
    olga = oms.site.signed_in("olga")
    data = {"from": "2026-11-24", "to": "2026-11-24", "kind": kind}
    assert olga.post("/calls/exports/journal", data, page="/calls").status_code == 303
    oms.site.house.work()
    with oms.site.house.centre.database.reading("test_exports") as tx:
        export_id = tx.scalars(select(CallExport.id)).one()
    assert "24.11.2026–24.11.2026" in olga.get("/calls/exports").text
    answer = olga.get(f"/calls/exports/{export_id}")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="journal-')
    return answer.data


def touched(oms: Logged, action: str) -> list[str]:
    """The calls that the audit says were handed out."""
    with oms.site.house.centre.database.reading("test_audit") as tx:
        entries = tx.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id))
        return " ".join(str(one.detail["calls"]) for one in entries).split()


def test_every_contact_is_in_the_journal_and_everybody_in_it_on_record(oms: Logged) -> None:
    ids = a_day(oms)
    head, *rows = read_csv(asked(oms, "csv").decode("utf-8-sig").encode())
    found = {row[-1]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(found) == list(ids.values())
    assert touched(oms, exporting.FILLED) == list(ids.values())
    told = {name: found[call_id] for name, call_id in ids.items()}
    complaint = told["complaint"]
    assert complaint["Кто принял"] == "Страховые представители 1-го уровня"
    assert complaint["Застрахованный"] == "'=Проверкина Тестина"
    assert complaint["Номер полиса"].isdigit()
    assert (complaint["Вид обращения"], complaint["Регион"]) == ("Жалоба", "Москва")
    assert complaint["Содержание"] == "Жалоба на поликлинику"
    assert complaint["Другие итоги"] == "Направлен в ТФОМС"
    requests = "Жалоба: заявлено 24.11.2026 12:00 → отвечено 24.11.2026 12:01 (закрыто 24.11.2026 12:01)"
    assert complaint["Что открыто и чем закончилось"] == requests
    assert told["hinted"]["Застрахованный"] == ""
    assert (told["menu"]["Кто принял"], told["menu"]["Итог"]) == ("никто: меню", "Положил трубку в меню")
    assert told["queue"]["Ожидание, с"] == "30"
    assert told["night"]["Кто принял"] == "электронный секретарь"
    assert told["emergency"]["Угроза жизни"] == "да"
    assert told["ours"]["Кто звонил"] == "звонили мы"
    assert (told["anonymous"]["Номер звонившего"], told["anonymous"]["Опознание"]) == ("", "анонимно")
    assert told["now"]["Итог"] == "ещё нет"
    assert oms.site.audited(subject_kind="export", actor="olga") == ["journal_exported", "export_taken"]


def test_the_terminal_writes_the_same_into_a_file_for_its_owner_alone(oms: Logged, tmp_path: Path) -> None:
    ids = a_day(oms)
    file = tmp_path / "journal.xlsx"
    command = journal_command(lambda: oms.site.house.centre)
    asked_for = ["--insurer", "oms", "--since", "2026-11-24", "--language", "en", str(file)]
    with read_apart(oms.site.house.centre.database, "read_journal"):
        result = CliRunner().invoke(command, asked_for)
    assert result.exit_code == 0, result.output
    head, *rows = load_workbook(io.BytesIO(file.read_bytes())).active.iter_rows(values_only=True)
    assert (head[0], [row[-1] for row in rows]) == ("Date and time", list(ids.values()))
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert all(isinstance(one["Date and time"], datetime) and isinstance(one["Lasted, s"], int | None) for one in told)
    named = next(one for one in told if one["Insured person"])
    assert (named["Insured person"][0], type(named["Born on"]), type(named["Policy number"])) == ("=", datetime, str)
    assert touched(oms, "journal_exported") == list(ids.values())
    assert file.stat().st_mode & 0o077 == 0
    assert "is there already" in CliRunner().invoke(command, asked_for).output
    assert "no compulsory insurer" in CliRunner().invoke(command, ["--insurer", "vsk", *asked_for[2:]]).output


def test_other_insurers_have_none_and_nothing_is_cut_off(oms: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    boss, data = oms.site.signed_in("boss"), {"from": "2026-11-24", "kind": "csv"}
    assert boss.post("/calls/exports/journal", data, page="/calls").status_code == 400
    assert 'id="journal"' not in boss.get("/calls/exports").text
    a_day(oms)
    monkeypatch.setattr("agents.supervisor.journal.slices.MOST_CONTACTS", 3)
    olga = oms.site.signed_in("olga")
    assert olga.post("/calls/exports/journal", data, page="/calls").status_code == 409
    assert olga.post("/calls/exports/journal", {"kind": "csv"}, page="/calls").status_code == 400
