"""What processes have counted outlives them, in as many files as there are living ones."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.meter_files import counted, merge_ended

_COUNTS = """
import sys
from pathlib import Path
from config.meters import count_in, streams_open, webhook_answered
count_in(Path(sys.argv[1]))
webhook_answered("turn", status=403, seconds=0.02)
streams_open(3)
if sys.argv[2:]:
    print(flush=True)
    sys.stdin.read()
"""


def come_and_go(data_dir: Path) -> None:
    """A process counts one refused webhook, and ends."""
    subprocess.run([sys.executable, "-c", _COUNTS, data_dir], check=True)


def figures(folder: Path) -> dict[str, float]:
    found = {}
    for family in counted(folder):
        found |= {one.name + one.labels.get("le", ""): one.value for one in family.samples}
    return found


def test_counts_of_ended_processes_add_up_in_one_file_of_a_kind(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    for _ in range(3):
        come_and_go(tmp_path)
    # Each has cleared away what those before it left.
    assert len(list(folder.glob("counter_*.db"))) == 2
    for _ in range(2):
        found = figures(folder)
        assert found["pult_webhooks_refused_total"] == 3
        assert found["pult_webhook_duration_seconds_bucket0.01"] == 0
        assert found["pult_webhook_duration_seconds_bucket+Inf"] == 3
        assert found["pult_webhook_duration_seconds_sum"] == pytest.approx(0.06)
        assert "pult_streams_open" not in found
        assert {file.name for file in folder.glob("*.db")} == {"counter_ended.db", "histogram_ended.db"}


def test_a_living_process_keeps_its_files_and_counts_on(tmp_path: Path) -> None:
    come_and_go(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", _COUNTS, tmp_path, "stay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as living:
        living.stdout.readline()
        found = figures(tmp_path / "metrics")
        assert (tmp_path / "metrics" / f"counter_{living.pid}.db").exists()
        living.stdin.close()
    assert (found["pult_webhooks_refused_total"], found["pult_streams_open"]) == (2, 3)
    assert figures(tmp_path / "metrics")["pult_webhooks_refused_total"] == 2


@pytest.mark.parametrize("whose", ["counter_999999999.db", "counter_ended.db"])
def test_a_file_that_cannot_be_read_keeps_nobody_from_counting(tmp_path: Path, whose: str) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / whose).write_bytes(b"")
    come_and_go(tmp_path)
    come_and_go(tmp_path)
    assert figures(folder)["pult_webhooks_refused_total"] == 2


def test_who_starts_does_not_wait_for_another_that_merges(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    come_and_go(tmp_path)
    before = sorted(os.listdir(folder))
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        merge_ended(folder)
        assert sorted(os.listdir(folder)) == before
    merge_ended(folder)
    assert "counter_ended.db" in os.listdir(folder)
