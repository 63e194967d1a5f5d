"""The commands say what they found and end with a status that CI understands."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from flows import Vocabulary
from flows.cli import flows
from flows.loading.schema import schema_text

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(GOLDEN, tmp_path / "golden")


def _run(*arguments: object, **words: object) -> Result:
    return CliRunner().invoke(flows, [str(argument) for argument in arguments], obj=SimpleNamespace(**words))


def test_check_passes_good_flows() -> None:
    result = _run("check", GOLDEN)
    assert result.exit_code == 0
    assert "3 files proven" in result.output


def test_check_fails_on_findings_and_names_them(folder: Path) -> None:
    path = folder / "definitions" / "demo.yaml"
    path.write_text(path.read_text("utf-8").replace('"4": partner', '"4": bonus'), "utf-8")
    result = _run("check", folder)
    assert result.exit_code == 1
    assert "no node 'bonus'" in result.output


def test_check_takes_the_words_of_the_centre() -> None:
    result = _run("check", GOLDEN, vocabulary=lambda: Vocabulary(queues=frozenset({"desk"})))
    assert result.exit_code == 1
    assert "no queue 'operators'" in result.output


def test_check_of_an_empty_folder_says_what_belongs_there(tmp_path: Path) -> None:
    result = _run("check", tmp_path)
    assert result.exit_code == 1
    assert "definitions/*.yaml" in result.output


def test_schema_is_printed() -> None:
    assert _run("schema").output == schema_text()


def test_draw_prints_or_writes_one_flow_or_all(tmp_path: Path) -> None:
    assert _run("draw", "demo", "--flows", GOLDEN).output.startswith("<svg")
    assert "flowchart TD" in _run("draw", "demo", "--flows", GOLDEN, "--format", "mermaid").output
    assert _run("draw", "--flows", GOLDEN, "--output", tmp_path / "pictures").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["demo.svg", "survey.svg"]
    assert _run("draw", "nothing", "--flows", GOLDEN).exit_code == 2


def test_test_fails_on_a_call_that_goes_otherwise_and_updates_on_request(folder: Path) -> None:
    path = folder / "transcripts" / "transfer.yaml"
    path.write_text(path.read_text("utf-8").replace("Sorry, nobody answered.", "Sorry."), "utf-8")
    assert _run("test", path, "--flows", folder).exit_code == 1
    assert _run("test", path, "--flows", folder, "--update").exit_code == 0
    assert _run("test", path, "--flows", folder).exit_code == 0
    assert path.read_text("utf-8") == (GOLDEN / "transcripts" / "transfer.yaml").read_text("utf-8")
