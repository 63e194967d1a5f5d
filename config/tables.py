"""Tables with a header: its columns found by their Russian or English names, its rows by their line in the file."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Generic, TypeVar

from config.errors import TableError
from config.table_files import Cell, Line, Sheet, opened_sheets

C = TypeVar("C", bound=StrEnum)

MOST_ROWS: Final = 500_000


@dataclass(frozen=True)
class Columns(Generic[C]):
    """The columns that a kind of table may have: each one's other names, the Russian title first, and which must be."""

    names: Mapping[C, Sequence[str]]
    required: Sequence[C]

    def title(self, column: C) -> str:
        """The column's Russian name."""
        return self.names[column][0]

    def header(self, cells: Sequence[str]) -> "Header[C]":
        """The header in these cells; raises TableError naming the columns that are doubled or missing."""
        known = {_plain(name): column for column, others in self.names.items() for name in (column.value, *others)}
        places: dict[C, int] = {}
        problems: list[str] = []
        ignored: dict[int, str] = {}
        for place, text in enumerate(cells):
            column = known.get(_plain(text))
            if column is None and text.strip():
                ignored[place + 1] = text.strip()
            elif column in places:
                problems.append(f"{column} stands in columns {places[column] + 1} and {place + 1}")
            elif column is not None:
                places[column] = place
        problems += [f"no column '{self.title(one)}' ({one})" for one in self.required if one not in places]
        if problems:
            raise TableError("the header: " + "; ".join(problems))
        return Header(places, ignored)


@dataclass(frozen=True)
class Header(Generic[C]):
    """Which column stands where in a row, and the columns that are not known, by their place from 1."""

    places: Mapping[C, int]
    ignored: Mapping[int, str]

    def __contains__(self, column: C) -> bool:
        return column in self.places


@dataclass(frozen=True)
class RawRow(Generic[C]):
    """One row: its line in the file, counted from 1, and its cells by column; empty cells are None."""

    line: int
    cells: Mapping[C, Cell]


@dataclass(frozen=True)
class Table(Generic[C]):
    """A table, read whole. It takes memory for its cells: a roster is thousands of rows."""

    header: Header[C]
    rows: Sequence[RawRow[C]]


def read_table(path: Path, columns: Columns[C], *, sheet: str | None = None) -> Table[C]:
    """The table at `path`, XLSX or CSV by its content. Raises TableError.

    Of a workbook's visible sheets it is the one named `sheet`, else the first whose header has what must be there.
    """
    with opened_sheets(path) as sheets:
        header, lines = _begun(path, _wanted(path, sheets, sheet), columns)
        rows: list[RawRow[C]] = []
        for line, cells in lines:
            if len(rows) >= MOST_ROWS:
                raise TableError(f"{path.name} has more than {MOST_ROWS} rows; split it")
            rows.append(RawRow(line, _by_column(header, cells)))
    return Table(header, rows)


def _wanted(path: Path, sheets: Sequence[Sheet], name: str | None) -> Sequence[Sheet]:
    if name is None:
        return sheets
    found = [one for one in sheets if one.name.casefold() == name.strip().casefold()]
    if not found:
        there = ", ".join(one.name for one in sheets if one.name) or "none, it is no workbook"
        raise TableError(f"{path.name} has no sheet '{name}'; there are: {there}")
    return found


def _begun(path: Path, sheets: Sequence[Sheet], columns: Columns[C]) -> tuple[Header[C], Iterator[Line]]:
    """The header that fits first, and the filled lines below it."""
    refused: TableError | None = None
    for sheet in sheets:
        lines = _filled(sheet.lines)
        first = next(lines, None)
        if first is None:
            continue
        try:
            return columns.header([str(cell or "") for cell in first[1]]), lines
        except TableError as error:
            refused = refused or TableError(f"{path.name}{f', sheet {sheet.name}' if sheet.name else ''}: {error}")
    raise refused or TableError(f"{path.name} is empty: the first row must be the header")


def _filled(lines: Iterable[Line]) -> Iterator[Line]:
    return ((line, cells) for line, cells in lines if any(cell not in (None, "") for cell in cells))


def _by_column(header: Header[C], cells: Sequence[Cell]) -> dict[C, Cell]:
    return {column: (cells[place] if place < len(cells) else None) for column, place in header.places.items()}


def _plain(text: str) -> str:
    """A header without case, punctuation and doubled spaces."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()
