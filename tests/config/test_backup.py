"""Backup and restore: whole, checked before anything is touched, and careful with what is there."""

import io
import sqlite3
import tarfile
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from config.backup import KEYS, back_up, restore
from config.backup_commands import backup_commands
from config.errors import ConfigError
from config.processes import sole_use
from config.settings import Settings, read_settings

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def centre(tmp_path: Path) -> Settings:
    """A data folder with a row and a recording in it."""
    settings = read_settings({"PULT_DATA_DIR": str(tmp_path / "data")}, folder=tmp_path)
    write(settings, "before")
    (settings.data_dir / "recordings").mkdir()
    (settings.data_dir / "recordings" / "one.sealed").write_bytes(b"sealed " * 1000)
    return settings


def write(settings: Settings, note: str) -> None:
    with closing(sqlite3.connect(settings.data_dir / "pult.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS notes (note TEXT)")
        connection.execute("INSERT INTO notes VALUES (?)", (note,))
        connection.commit()


def notes(settings: Settings) -> list[str]:
    with closing(sqlite3.connect(settings.data_dir / "pult.sqlite")) as connection:
        return [row[0] for row in connection.execute("SELECT note FROM notes ORDER BY rowid")]


def test_a_restore_brings_back_what_was_backed_up(centre: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    back_up(centre, archive, now=AT)
    write(centre, "after")
    (centre.data_dir / "recordings" / "two.sealed").write_bytes(b"later")
    aside = restore(centre, archive, now=AT)
    assert notes(centre) == ["before"]
    assert [path.name for path in (centre.data_dir / "recordings").iterdir()] == ["one.sealed"]
    assert aside is not None
    assert sorted(path.name for path in (aside / "recordings").iterdir()) == ["one.sealed", "two.sealed"]


def test_a_restore_into_an_empty_folder_needs_the_keys(centre: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    back_up(centre, archive, now=AT)
    elsewhere = read_settings({"PULT_DATA_DIR": str(tmp_path / "elsewhere")}, folder=tmp_path)
    with pytest.raises(ConfigError, match=r"put its seal\.key and pepper\.key into"):
        restore(elsewhere, archive, now=AT)
    with_keys = tmp_path / "with-keys.tar"
    back_up(centre, with_keys, now=AT, with_keys=True)
    restore(elsewhere, with_keys, now=AT)
    assert notes(elsewhere) == ["before"]
    for key in KEYS:
        assert (elsewhere.data_dir / key).read_bytes() == (centre.data_dir / key).read_bytes()


def test_keys_are_not_in_a_backup_unless_asked_for(centre: Settings, tmp_path: Path) -> None:
    back_up(centre, tmp_path / "backup.tar", now=AT)
    with tarfile.open(tmp_path / "backup.tar") as tar:
        assert tar.getnames() == ["pult.sqlite", "recordings/one.sealed", "manifest.json"]
    assert (tmp_path / "backup.tar").stat().st_mode & 0o077 == 0


def test_a_backup_is_of_one_instant_while_others_write(centre: Settings, tmp_path: Path) -> None:
    stop = threading.Event()

    def keep_writing() -> None:
        while not stop.is_set():
            write(centre, "x" * 5000)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    for number in range(3):
        back_up(centre, tmp_path / f"{number}.tar", now=AT)
    stop.set()
    writer.join()
    restore(centre, tmp_path / "2.tar", now=AT)
    assert notes(centre)[0] == "before"


@pytest.mark.parametrize("place", [2000, -3000])
def test_a_damaged_backup_changes_nothing(centre: Settings, tmp_path: Path, place: int) -> None:
    archive = tmp_path / "backup.tar"
    back_up(centre, archive, now=AT)
    damaged = bytearray(archive.read_bytes())
    damaged[place] ^= 0xFF
    if place < 0:
        del damaged[len(damaged) // 2 :]
    archive.write_bytes(damaged)
    before = sorted(centre.data_dir.iterdir())
    with pytest.raises(ConfigError, match=r"damaged|whole|read"):
        restore(centre, archive, now=AT)
    assert sorted(path for path in centre.data_dir.iterdir() if path.name != "pult.lock") == before
    assert notes(centre) == ["before"]


def test_a_name_that_leads_elsewhere_is_refused(centre: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "evil.tar"
    back_up(centre, tmp_path / "good.tar", now=AT)
    with tarfile.open(tmp_path / "good.tar") as good, tarfile.open(archive, "w") as evil:
        for member in good.getmembers():
            stream = good.extractfile(member)
            assert stream is not None
            content = stream.read().replace(b"recordings/one.sealed", b"recordings/../../.ssh")
            member.size = len(content)
            evil.addfile(member, io.BytesIO(content))
    with pytest.raises(ConfigError, match="which no backup of Pult does"):
        restore(centre, archive, now=AT)


def test_a_running_centre_is_not_restored(centre: Settings, tmp_path: Path) -> None:
    back_up(centre, tmp_path / "backup.tar", now=AT)
    with sole_use(centre.data_dir), pytest.raises(ConfigError, match="running already"):
        restore(centre, tmp_path / "backup.tar", now=AT)


def test_an_existing_file_is_not_overwritten(centre: Settings, tmp_path: Path) -> None:
    (tmp_path / "backup.tar").write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        back_up(centre, tmp_path / "backup.tar", now=AT)
    assert (tmp_path / "backup.tar").read_text() == "mine"


def test_postgresql_is_sent_to_its_own_tools(centre: Settings, tmp_path: Path) -> None:
    elsewhere = replace(centre, database_url="postgresql+psycopg://db/pult")
    with pytest.raises(ConfigError, match=r"docs/operating\.md"):
        back_up(elsewhere, tmp_path / "backup.tar", now=AT)


def test_the_commands_ask_before_replacing(centre: Settings, tmp_path: Path) -> None:
    group = click.Group(commands={one.name or "": one for one in backup_commands(lambda: centre)})
    archive = str(tmp_path / "backup.tar")
    run = CliRunner().invoke
    assert "The keys are not in it" in run(group, ["backup", archive]).output
    write(centre, "after")
    assert run(group, ["restore", archive], input="n\n").exit_code == 1
    assert notes(centre) == ["before", "after"]
    assert run(group, ["restore", archive, "--yes"]).exit_code == 0
    assert notes(centre) == ["before"]
