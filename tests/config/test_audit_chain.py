"""The audit's chain on both databases: what was changed, removed, moved, put in or cut off is found and named."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from config import audit_chain
from config.audit import audit
from config.audit_chain import HEAD_FILE, Verdict, seal_new, verify
from config.audit_commands import audit_commands
from config.centre import Centre
from config.clock import MovedClock
from config.database import Database
from config.due_work import WorkPlan
from config.line_descriptions import Insurers
from config.migrate import upgrade
from config.settings import read_settings
from tests.databases import all_metadata

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def centre(tmp_path: Path, database: Database) -> Centre:
    settings = replace(
        read_settings({"PULT_DATA_DIR": str(tmp_path / "data")}, folder=tmp_path), database_url=database.url
    )
    clock = MovedClock(AT)
    return Centre(settings, clock, database, WorkPlan(database, clock), Insurers({}))


def write(centre: Centre, *actors: str) -> None:
    for actor in actors:
        with centre.database.transaction("test_write") as tx:
            audit(tx, insurer_id="vsk", at=AT, actor=actor, action="read", subject_kind="insured", subject_id="1", n=1)


def verdict(centre: Centre) -> Verdict:
    settings = centre.settings
    return verify(centre.database, key=settings.audit_key, data_dir=settings.data_dir)


def behind_the_guards(centre: Centre, *statements: str) -> None:
    """As somebody with the database's own password might: the triggers are dropped first."""
    database = centre.database
    with database.engine.begin() as connection:
        for table in ("audit_entries", "audit_seals"):
            if database.is_sqlite:
                for kind in ("update", "delete", "replace"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{kind}")
            else:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            connection.execute(text(statement))


def sealed(centre: Centre, *actors: str) -> None:
    write(centre, *actors)
    assert seal_new(centre) == len(actors)


def test_a_chain_holds_and_goes_on(centre: Centre) -> None:
    sealed(centre, "a", "b")
    sealed(centre, "c")
    assert seal_new(centre) == 0
    write(centre, "d")
    assert verdict(centre) == Verdict(sealed=3, unsealed=1, findings=())


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE audit_entries SET actor = 'x' WHERE id = 2", "entry 2, at place 2, was changed or moved"),
        ("UPDATE audit_entries SET detail = '{\"n\": 2}' WHERE id = 2", "entry 2, at place 2, was changed or moved"),
        ("UPDATE audit_entries SET insurer_id = 'rgs' WHERE id = 2", "entry 2, at place 2, was changed or moved"),
        ("DELETE FROM audit_entries WHERE id = 2", "entry 2, at place 2, was removed"),
        ("DELETE FROM audit_seals WHERE id = 2", "places 2 to 2 of the chain are gone"),
    ],
)
def test_what_was_changed_or_removed_is_named_and_nothing_else(centre: Centre, statement: str, finding: str) -> None:
    sealed(centre, "a", "b", "c", "d")
    behind_the_guards(centre, statement)
    found = verdict(centre).findings
    assert found[0].startswith(finding)
    assert all("entry 4" not in one and "entry 1," not in one for one in found)


def test_entries_that_changed_places_are_named(centre: Centre) -> None:
    sealed(centre, "a", "b", "c")
    behind_the_guards(
        centre,
        "UPDATE audit_seals SET entry_id = 99 WHERE id = 1",
        "UPDATE audit_seals SET entry_id = 1 WHERE id = 2",
        "UPDATE audit_seals SET entry_id = 2 WHERE id = 1",
    )
    assert [one.split(",")[0] for one in verdict(centre).findings] == ["entry 2", "entry 1"]


def test_an_end_that_was_cut_off_is_found(centre: Centre) -> None:
    sealed(centre, "a", "b", "c")
    behind_the_guards(centre, "DELETE FROM audit_seals WHERE id = 3", "DELETE FROM audit_entries WHERE id = 3")
    assert verdict(centre).findings == ("the chain ends at place 2, and it went to 3: its end was cut off",)


def test_an_end_that_was_written_anew_is_found(centre: Centre) -> None:
    sealed(centre, "a", "b")
    behind_the_guards(centre, "DELETE FROM audit_seals WHERE id = 2", "DELETE FROM audit_entries WHERE id = 2")
    head = (centre.settings.data_dir / HEAD_FILE).read_text()
    sealed(centre, "x")
    (centre.settings.data_dir / HEAD_FILE).write_text(head)
    assert verdict(centre).findings == ("place 2 of the chain is not what it was: the end was written anew",)


def test_without_the_key_nobody_can_chain_anew(centre: Centre) -> None:
    sealed(centre, "a", "b")
    findings = verify(centre.database, key=b"another key", data_dir=centre.settings.data_dir).findings
    assert len(findings) == 2


def test_an_entry_put_in_behind_the_chain_is_found(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_chain, "_STRAGGLERS", 0)
    sealed(centre, "a", "b", "c")
    behind_the_guards(centre, "DELETE FROM audit_seals WHERE id = 1")
    assert "entry 1 was never sealed: it was put in behind the chain" in verdict(centre).findings


def test_many_are_sealed_over_several_looks(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_chain, "_AT_ONCE", 2)
    write(centre, "a", "b", "c")
    assert [seal_new(centre), seal_new(centre), seal_new(centre)] == [2, 1, 0]
    assert verdict(centre) == Verdict(3, 0, ())


def test_the_command_tells_and_exits_by_what_it_found(tmp_path: Path) -> None:
    settings = read_settings({"PULT_DATA_DIR": str(tmp_path / "data")}, folder=tmp_path)
    database, clock = Database(settings.database_url), MovedClock(AT)
    upgrade(database, all_metadata())
    centre = Centre(settings, clock, database, WorkPlan(database, clock), Insurers({}))
    sealed(centre, "a", "b")
    (group,) = audit_commands(lambda: settings)
    run = CliRunner().invoke(group, ["verify"])
    assert (run.exit_code, run.output.strip()) == (0, "The chain of 2 entries is whole.")
    behind_the_guards(centre, "DELETE FROM audit_seals WHERE id = 2", "DELETE FROM audit_entries WHERE id = 2")
    run = CliRunner().invoke(group, ["verify"])
    assert run.exit_code == 1
    assert "its end was cut off" in run.output
    assert CliRunner().invoke(group, ["anchor", "--yes"]).exit_code == 0
    assert CliRunner().invoke(group, ["verify"]).exit_code == 0
    database.close()
