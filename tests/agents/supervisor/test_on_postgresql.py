"""What is read for the journal, after a breach and for Prometheus, on the other kind of database too."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from agents.metrics import of_rows
from agents.supervisor.breach.report import breach_report
from agents.supervisor.breach.suspects import Suspects
from agents.supervisor.exports.file import FileKind
from agents.supervisor.journal.asking import write_journal
from agents.supervisor.period import Period
from config.audit import AuditEntry, audit
from config.database import Database
from tests.agents.conftest import NOON, make_house
from tests.agents.desk.conftest import sow
from tests.agents.staff.conftest import Site
from tests.agents.supervisor.conftest import Logged


def test_journal_breach_and_metrics(tmp_path: Path, postgres_url: str) -> None:
    house = make_house(tmp_path, Database(postgres_url))
    house.agent("desk-1")
    centre = house.centre
    with centre.database.transaction("test_insured") as tx:
        insured_id = sow(tx)
        signed_in = {"action": "signed_in", "subject_kind": "account", "subject_id": "a"}
        audit(tx, insurer_id="vsk", at=NOON - timedelta(hours=1), actor="anna", address="10.9.9.9", **signed_in)
        looked = {"action": "insured_shown", "subject_kind": "insured", "subject_id": insured_id}
        audit(tx, insurer_id="vsk", at=NOON - timedelta(minutes=30), actor="anna", **looked)
    logged = Logged(Site(None, house), insured_id)
    logged.call(waited=12, agent="desk-1", outcome="info_given", insured_id=insured_id, level="verified")
    insurer = replace(centre.insurers["vsk"])
    period = Period(NOON - timedelta(days=1), NOON + timedelta(minutes=1))
    content = write_journal(
        centre, insurer, since=period.since, until=period.until, kind=FileKind.CSV, language="ru", by="t"
    )
    assert content.decode("utf-8").count("\r\n") == 2
    report = breach_report(centre, insurer, period, Suspects(addresses=("10.9.9.9",)), by="t")
    assert [one.key for one in report.people] == [insured_id]
    with centre.database.reading("test_measured") as tx:
        families = {one.name: one for one in of_rows.measurements(tx, centre.insurers, at=NOON)}
        assert tx.scalar(select(AuditEntry.action).order_by(AuditEntry.id.desc())) == "breach_reported"
    assert len(families["pult_calls_ended"].samples) == 1
    assert families["pult_longest_wait_seconds"].samples
    centre.database.close()
