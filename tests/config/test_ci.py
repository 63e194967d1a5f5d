"""The suite's own rule: where CI=true, a skipped test is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_skipped_test_fails_the_build(tmp_path: Path, ci: str, status: int, workers: str) -> None:
    (tmp_path / "test_skipping.py").write_text(
        "import pytest\n\n\ndef test_one(): pytest.skip('no reason')\n\n\ndef test_two(): pass\n"
    )
    conftest = (ROOT / "tests" / "conftest.py").read_text()
    (tmp_path / "conftest.py").write_text(conftest)
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "-p", "no:cacheprovider", str(tmp_path)]
    environ = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert run.returncode == status, run.stdout
    assert ("on CI that is a failure" in run.stdout) == bool(status)
