"""What is printed: a PDF of the report and of the breach report, in the reader's language, with its fonts inside."""

import base64
import re
import zlib

from sqlalchemy import select

from config.audit import AuditEntry
from tests.agents.supervisor.conftest import Logged


def pages(pdf: bytes) -> int:
    """How many pages it has."""
    return len(re.findall(rb"/Type /Page\b", pdf))


def drawn(pdf: bytes) -> bytes:
    """What is drawn on the pages, unpacked."""
    found = b""
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found += zlib.decompress(_from_85(packed))
        except (ValueError, zlib.error):
            continue
    return found


def _from_85(packed: bytes) -> bytes:
    packed = packed.strip()
    return base64.a85decode(b"<~" + packed, adobe=True) if packed.endswith(b"~>") else packed


def test_a_report_is_printed_with_its_charts_and_on_record(logged: Logged) -> None:
    for number in range(12):
        logged.call(minutes_ago=30 + number * 50, waited=5 + number * 20, agent="desk-1", outcome="gl_requested")
    watcher = logged.site.signed_in("watcher")
    answer = watcher.get("/reports/report.pdf?period=week&by=day&figure=asa")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert pages(answer.data) >= 2
    assert answer.data.count(b"/FontFile2") == 2
    assert drawn(answer.data).count(b" re") >= 2
    watcher.post("/language", {"language": "en", "next": "/reports"}, page="/reports")
    assert watcher.get("/reports/report.pdf?by=queue").data != answer.data
    assert watcher.get("/reports/report.pdf?period=own&from=2026-11-25&to=2026-11-20").status_code == 400
    with logged.site.house.centre.database.reading("test_audit") as tx:
        actions = list(tx.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "report")))
    assert sorted(set(actions)) == ["report_made", "report_printed"]
    assert actions.count("report_printed") == 2


def test_an_empty_report_and_a_breach_without_anybody_are_printed_too(logged: Logged) -> None:
    watcher = logged.site.signed_in("watcher")
    assert pages(watcher.get("/reports/report.pdf?by=agent").data) >= 1
    logged.site.house.clock.move_by(60)
    admin = logged.site.signed_in("admin")
    answer = admin.get("/audit/breach/file.pdf?from=2026-11-24&accounts=nobody")
    assert (answer.mimetype, pages(answer.data)) == ("application/pdf", 1)


def test_many_rows_go_over_pages_with_their_head_on_each(logged: Logged) -> None:
    for number in range(120):
        logged.call(minutes_ago=number + 1, insured_id=logged.insured_id, level="verified")
    logged.site.signed_in("boss").get("/calls")
    logged.site.house.clock.move_by(60)
    answer = logged.site.signed_in("admin").get("/audit/breach/file.pdf?from=2026-11-24")
    assert pages(answer.data) > 2
