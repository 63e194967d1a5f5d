"""The flows on disk become current if they pass; a broken set leaves the last good one, also after a restart."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.clock import MovedClock
from config.database import Database
from flows import Finding, FlowSet
from flows.library import SHIPPED
from ivr.errors import FlowsBroken
from ivr.flow_library import FlowLibrary
from tests.ivr.insurers import shipped_insurers
from tests.ivr.turns.conftest import NOON


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("definitions", "prompts"):
        shutil.copytree(SHIPPED / name, tmp_path / name)
    return tmp_path


def _library(database: Database, folder: Path, findings: Sequence[Finding] = ()) -> FlowLibrary:
    clock = MovedClock(NOON)
    return FlowLibrary(
        database=database, clock=clock, insurers=shipped_insurers(), folder=folder, prove=lambda flows: findings
    )


def _current(database: Database, library: FlowLibrary) -> FlowSet:
    with database.reading("current") as tx:
        return library.current(tx)


def test_a_broken_file_leaves_the_last_good_version_also_after_a_restart(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = _library(database, folder).install()
    (folder / "definitions" / "vsk.yaml").write_text("flow: vsk\nnodes: [", encoding="utf-8")
    restarted = _library(database, folder)
    assert restarted.install() == good
    assert "vsk.yaml" in caplog.text
    assert _current(database, restarted) == good


def test_a_version_that_fails_its_proof_is_not_installed(database: Database, folder: Path) -> None:
    finding = Finding("vsk.yaml", 3, ("nodes", "main"), "silence never ends")
    with pytest.raises(FlowsBroken, match="silence never ends"):
        _library(database, folder, [finding]).install()


def test_a_version_is_proved_once(database: Database, folder: Path) -> None:
    good = _library(database, folder).install()
    finding = Finding("vsk.yaml", 3, (), "would fail")
    assert _library(database, folder, [finding]).install() == good


def test_what_was_installed_last_is_current(database: Database, folder: Path) -> None:
    library = _library(database, folder)
    first = library.install()
    prompts = folder / "prompts" / "shared.yaml"
    text = prompts.read_text(encoding="utf-8")
    prompts.write_text(text + "\n# changed\n", encoding="utf-8")
    library._clock.move_by(60)  # type: ignore[attr-defined]
    second = library.install()
    assert second != first
    assert _current(database, library) == second
    prompts.write_text(text, encoding="utf-8")
    library._clock.move_by(60)  # type: ignore[attr-defined]
    library.install()
    assert _current(database, library) == first
