"""The files in which processes count: read all together, and few, however many processes have come and gone.

prometheus-client gives each process a file for each kind of measurement, and leaves it when the process ends. Here the
counts of those that have ended are added up in one file of their kind, so that no total ever falls; their gauges, which
told of what was open in them, go.
"""

import fcntl
import logging
import os
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client.core import Metric

log = logging.getLogger("pult.metrics")

_ADDS_UP: Final = ("counter", "histogram")
_ENDED: Final = "ended"
"""Where other files have the number of their process."""

# A file that a power cut left empty or half written.
_UNREADABLE: Final = (struct.error, RuntimeError, UnicodeDecodeError)


def merge_ended(folder: Path) -> None:
    """Put together what ended processes have left in `folder`; does nothing while another process does that."""
    try:
        with _held(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _merge_ended(folder)
    except BlockingIOError:
        return


def counted(folder: Path) -> "list[Metric]":
    """What all processes of this machine have counted, those that have ended too, but only living ones' gauges."""
    # Slow to load: whoever only counts goes without.
    from prometheus_client.multiprocess import MultiProcessCollector

    with _held(folder, fcntl.LOCK_EX):
        _merge_ended(folder)
        return list(MultiProcessCollector(None, path=str(folder)).collect())  # type: ignore[no-untyped-call]


@contextmanager
def _held(folder: Path, operation: int) -> Iterator[None]:
    """A count that is moved from file to file is to be read once: nobody else merges, or adds up, in the block."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, operation)
        yield


def _merge_ended(folder: Path) -> None:
    dead: defaultdict[str, list[Path]] = defaultdict(list)
    for file in folder.glob("*.db"):
        kind, _, pid = file.stem.rpartition("_")
        if pid != _ENDED and not _lives(pid):
            dead[kind].append(file)
    for kind, files in dead.items():
        if kind in _ADDS_UP:
            _add_to(folder / f"{kind}_{_ENDED}.db", files)
        for file in files:
            file.unlink()


def _add_to(total: Path, files: Iterable[Path]) -> None:
    from prometheus_client.mmap_dict import MmapedDict

    sums: defaultdict[str, float] = defaultdict(float)
    for file in (total, *files):
        for key, value in _values_in(file):
            sums[key] += value
    fresh = total.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    written = MmapedDict(str(fresh))  # type: ignore[no-untyped-call]
    for key, value in sums.items():
        written.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]
    written.close()  # type: ignore[no-untyped-call]
    fresh.replace(total)


def _values_in(file: Path) -> list[tuple[str, float]]:
    """None where there is no file, or one that cannot be read, which must keep nobody from counting on."""
    from prometheus_client.mmap_dict import MmapedDict

    try:
        found = MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]
        return [(key, value) for key, value, *_ in found]
    except FileNotFoundError:
        return []
    except _UNREADABLE as error:
        log.warning("counts in %s are lost: it cannot be read (%s)", file.name, type(error).__name__)
        return []


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        pass
    return True
