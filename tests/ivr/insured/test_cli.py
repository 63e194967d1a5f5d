"""`pult insured` at the terminal."""

from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from config.audit import AuditEntry
from ivr.insured.cli import insured
from tests.ivr.insured.test_roster import DEMO, GOOD, written


@pytest.fixture
def run(centre):
    def run(*arguments: str, keyed: str = ""):
        return CliRunner().invoke(insured, list(map(str, arguments)), obj=SimpleNamespace(centre=centre), input=keyed)

    return run


def test_importing_twice_says_that_nothing_has_changed(run):
    assert "9 new" in run("import", DEMO / "vsk.csv", "--insurer", "vsk").stdout
    again = run("import", DEMO / "vsk.csv", "--insurer", "vsk")
    assert "9 unchanged, 0 wrong. Nothing has changed." in again.stdout
    assert again.exit_code == 0


def test_a_wrong_row_is_told_and_the_exit_status_is_1(run, tmp_path):
    path = written(tmp_path, GOOD, GOOD.replace("15.03.1985", "секрет"))
    found = run("import", path, "--insurer", "vsk", "--errors", tmp_path / "errors.csv")
    assert found.exit_code == 1
    assert "line 3: 'дата рождения' is no date such as 31.12.2026" in found.stderr
    assert "секрет" not in found.output
    assert (tmp_path / "errors.csv").read_text(encoding="utf-8-sig").count("\n") == 2


def test_a_file_that_is_no_roster_is_one_line(run, tmp_path):
    (tmp_path / "empty.csv").touch()
    found = run("import", tmp_path / "empty.csv", "--insurer", "vsk")
    assert found.exit_code == 1
    assert found.stderr.splitlines() == ["Error: empty.csv is empty: the first row must be the header"]


def test_an_unknown_insurer_is_wrong_usage(run):
    found = run("import", DEMO / "vsk.csv", "--insurer", "nobody")
    assert found.exit_code == 2
    assert "one of maks, oms, rgs, soglasie, vsk" in found.stderr


def test_a_record_is_shown_masked_and_the_look_audited(run, centre):
    run("import", DEMO / "vsk.csv", "--insurer", "vsk")
    found = run("show", "--insurer", "vsk", keyed="5000000001\n")
    assert "О. П. Т. 1985" in found.stdout
    assert "0001" in found.stdout
    for secret in ("5000000001", "Образцов", "2000001", "15.03"):
        assert secret not in found.output
    with centre.database.reading("look") as tx:
        assert "insured_shown" in tx.scalars(select(AuditEntry.action)).all()


def test_no_such_record_is_an_error(run):
    assert run("show", "--insurer", "vsk", "--id", "x").exit_code == 1
