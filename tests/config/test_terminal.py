"""Files with people's data that commands write."""

import errno
import io
import os
from pathlib import Path

import click
import pytest

from config.terminal import write_new


def test_a_file_is_its_owners_alone_and_never_replaces_another(tmp_path: Path) -> None:
    file = tmp_path / "journal.csv"
    write_new(file, b"of the insured")
    assert file.read_bytes() == b"of the insured"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(click.ClickException, match="is there already"):
        write_new(file, b"of another")
    assert file.read_bytes() == b"of the insured"


def test_of_what_could_not_be_written_whole_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullDisk(io.FileIO):
        def write(self, content: object) -> int:
            super().write(b"half of ")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fdopen", FullDisk)
    file = tmp_path / "journal.csv"
    with pytest.raises(click.ClickException, match="No space left"):
        write_new(file, b"of the insured")
    assert not file.exists()
