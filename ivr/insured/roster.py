"""Loads a roster of insured people: dry run, good rows or nothing, batches, and a report line by line."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final, TextIO, TypeAlias, assert_never

from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id
from config.line_descriptions import Insurer
from config.tables import Table, read_table
from ivr.insured.columns import COLUMNS, Column, title
from ivr.insured.roster_records import Change, Comparison, compare_rows, known_programmes, save
from ivr.insured.roster_rows import ReadRow, RosterRow, RowProblem, read_rows

BATCH: Final = 250

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many rows of how many are done; each row counts twice, once read and once written."""


class Mode(StrEnum):
    """What to do with good rows when others are bad."""

    GOOD_ROWS = "good_rows"
    ALL_OR_NOTHING = "all_or_nothing"
    DRY_RUN = "dry_run"


@dataclass(frozen=True)
class ImportReport:
    """What an import came to. `is_loaded` is False for a dry run, and where nothing was to be loaded."""

    rows: int
    counts: Counter[Change]
    problems: Sequence[RowProblem]
    ignored_columns: tuple[int, ...]
    is_loaded: bool

    @property
    def errors(self) -> list[RowProblem]:
        """The problems that kept a row from loading."""
        return [one for one in self.problems if not one.is_warning]

    @property
    def bad_rows(self) -> int:
        """How many rows have an error."""
        return len({one.line for one in self.errors})


def import_roster(
    centre: Centre,
    path: Path,
    *,
    insurer_id: str,
    by: str,
    mode: Mode = Mode.GOOD_ROWS,
    sheet: str | None = None,
    progress: Progress = lambda done, of: None,
) -> ImportReport:
    """Load the roster at `path` into the insurer's records; loading the same file again changes nothing.

    A validity's last day is inclusive in the file and half-open on record. Raises TableError if the file is no table; a
    bad row never raises. GOOD_ROWS loads in batches, each its own transaction, and may run again after a
    crash; ALL_OR_NOTHING loads in one transaction, or nothing if any row has an error.
    """
    insurer = centre.insurers[insurer_id]
    file = read_table(path, COLUMNS, sheet=sheet)
    loading = _Loading(centre, insurer, file, by, progress)
    good = loading.read()
    if mode is Mode.ALL_OR_NOTHING and loading.has_errors:
        return loading.report(is_loaded=False)
    match mode:
        case Mode.DRY_RUN:
            loading.rehearse(good)
        case Mode.ALL_OR_NOTHING:
            loading.write([list(_batches(good))])
        case Mode.GOOD_ROWS:
            loading.write([some] for some in _batches(good))
        case _ as never:
            assert_never(never)
    return loading.report(is_loaded=mode is not Mode.DRY_RUN)


def write_problems(problems: Sequence[RowProblem], target: TextIO) -> None:
    """The problems as CSV: line, column, kind, reason. No cell of the roster is in it."""
    writer = csv.writer(target)
    writer.writerow(["line", "column", "kind", "reason"])
    for one in problems:
        column = "" if one.column is None else title(one.column)
        writer.writerow([one.line, column, "warning" if one.is_warning else "error", one.reason])


@dataclass
class _Loading:
    centre: Centre
    insurer: Insurer
    file: Table[Column]
    by: str
    progress: Progress
    problems: list[RowProblem] = field(default_factory=list)
    counts: Counter[Change] = field(default_factory=Counter)
    done: int = 0

    @property
    def has_errors(self) -> bool:
        return any(not one.is_warning for one in self.problems)

    def read(self) -> list[RosterRow]:
        """The good rows; the problems are gathered."""
        with self.centre.database.reading("known_programmes") as tx:
            programmes = known_programmes(tx, self.insurer)
        today = self.centre.clock.now().astimezone(self.insurer.time_zone).date()
        reading = read_rows(
            self.file.rows, self.file.header, insurer=self.insurer, known_programmes=programmes, today=today
        )
        return [row for one in reading if (row := self._noted(one)) is not None]

    def write(self, transactions: Iterable[list[list[RosterRow]]]) -> None:
        """Write batches of rows, some in each transaction, with an audit entry in each."""
        roster_id = new_id(self.centre.clock.now())
        for batches in transactions:
            now = self.centre.clock.now()
            with self.centre.database.transaction("import_roster") as tx:
                for rows in batches:
                    save(tx, self._compared(tx, rows, now))
                self._audit(tx, roster_id, sum(map(len, batches)), now)

    def rehearse(self, rows: list[RosterRow]) -> None:
        """Compare the rows with what is on record, and write nothing."""
        for some in _batches(rows):
            with self.centre.database.reading("rehearse_roster") as tx:
                self._compared(tx, some, self.centre.clock.now())

    def report(self, *, is_loaded: bool) -> ImportReport:
        """What it came to."""
        return ImportReport(
            rows=len(self.file.rows),
            counts=self.counts,
            problems=self.problems,
            ignored_columns=tuple(self.file.header.ignored),
            is_loaded=is_loaded,
        )

    def _noted(self, one: ReadRow) -> RosterRow | None:
        self.problems.extend(one.problems)
        self._tell(1 if one.row is not None else 2)
        return one.row

    def _tell(self, rows: int) -> None:
        self.done += rows
        self.progress(self.done, 2 * len(self.file.rows))

    def _compared(self, tx: Transaction, rows: list[RosterRow], at: datetime) -> Comparison:
        found = compare_rows(tx, rows, header=self.file.header, insurer=self.insurer, at=at)
        self.counts.update(found.changes)
        self._tell(len(rows))
        return found

    def _audit(self, tx: Transaction, roster_id: str, rows: int, at: datetime) -> None:
        audit(
            tx,
            insurer_id=self.insurer.id,
            at=at,
            actor=self.by,
            action="roster_imported",
            subject_kind="roster",
            subject_id=roster_id,
            rows=rows,
            new_so_far=self.counts[Change.NEW],
            changed_so_far=self.counts[Change.CHANGED],
        )


def _batches(rows: list[RosterRow]) -> Iterator[list[RosterRow]]:
    left = iter(rows)
    while some := list(islice(left, BATCH)):
        yield some
