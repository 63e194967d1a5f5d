"""The audit's page: it finds who did what, page by page, of one's own insurer, and writes its own looks down."""

import re

import pytest

from agents.supervisor import audit_search
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


def test_the_look_itself_is_on_record(site: Site) -> None:
    site.signed_in("admin").get("/audit?actor=desk-7")
    assert site.audited(action="audit_searched", actor="admin") == ["audit_searched"]
