"""Opens rosters: XLSX workbooks and CSV files become numbered rows of cells."""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ivr.insured.columns import Column, Header, read_header
from ivr.insured.errors import RosterFileError

Cell: TypeAlias = str | date | None
"""Text, a date that a workbook knows as one, or nothing. Other values come as their text."""

MOST_BYTES: Final = 100 * 1024 * 1024
MOST_UNPACKED_BYTES: Final = 1024 * 1024 * 1024
MOST_ROWS: Final = 500_000
_MOST_COLUMNS: Final = 200
_DELIMITERS: Final = ",;\t"
_EXACT_DIGITS: Final = 15


class LostDigits(str):
    """The text of a number that the workbook could not hold exactly."""


@dataclass(frozen=True)
class RawRow:
    """One row: its line in the file, counted from 1, and its cells by column; empty cells are None."""

    line: int
    cells: dict[Column, Cell]


@dataclass(frozen=True)
class RosterFile:
    """A roster, read whole. Reading it takes memory for its cells: an insurer's roster is thousands of rows."""

    header: Header
    rows: Sequence[RawRow]


def read_roster(path: Path) -> RosterFile:
    """The roster at `path`, XLSX or CSV by its content; raises RosterFileError."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise RosterFileError(f"{path.name} is larger than {MOST_BYTES // 2**20} MB")
        is_workbook = zipfile.is_zipfile(path)
        lines = _workbook_lines(path) if is_workbook else _csv_lines(path)
        return _table(path, lines)
    except OSError as error:
        raise RosterFileError(f"{path.name} cannot be read: {error.strerror or 'input error'}") from error


def _table(path: Path, lines: Iterator[tuple[int, Sequence[Cell]]]) -> RosterFile:
    filled = ((line, cells) for line, cells in lines if any(cell not in (None, "") for cell in cells))
    first = next(filled, None)
    if first is None:
        raise RosterFileError(f"{path.name} is empty: the first row must be the header")
    header = read_header([str(cell or "") for cell in first[1]])
    rows: list[RawRow] = []
    for line, cells in filled:
        if len(rows) >= MOST_ROWS:
            raise RosterFileError(f"{path.name} has more than {MOST_ROWS} rows; split it")
        rows.append(RawRow(line, _by_column(header, cells)))
    return RosterFile(header, rows)


def _by_column(header: Header, cells: Sequence[Cell]) -> dict[Column, Cell]:
    return {column: (cells[place] if place < len(cells) else None) for column, place in header.places.items()}


def _csv_lines(path: Path) -> Iterator[tuple[int, Sequence[Cell]]]:
    text = _decoded(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() or None for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise RosterFileError(f"{path.name}:{line}: the row cannot be read as CSV: {error}") from None


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    has_mark_of_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if has_mark_of_utf16 else ["utf-8-sig", "cp1251"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise RosterFileError(f"{path.name} is neither a workbook nor text in UTF-8 or Windows-1251")


def _delimiter(text: str) -> str:
    """The delimiter that parts the header most often, quoted headers aside."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(part for number, part in enumerate(header.split('"')) if number % 2 == 0)
    return max(_DELIMITERS, key=bare.count)


def _workbook_lines(path: Path) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The first sheet's rows. A workbook is a zip of XML, so that its unpacked size is looked at first."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > MOST_UNPACKED_BYTES:
                raise RosterFileError(f"{path.name} unpacks to more than {MOST_UNPACKED_BYTES // 2**20} MB")
        with warnings.catch_warnings():
            # Styles and extensions that openpyxl does not know are no business of a roster.
            warnings.simplefilter("ignore")
            with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as workbook:
                for number, cells in enumerate(workbook.worksheets[0].iter_rows(max_col=_MOST_COLUMNS), start=1):
                    yield number, [_workbook_cell(cell) for cell in cells]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, ParseError) as error:
        raise RosterFileError(f"{path.name} is no workbook that can be read") from error


def _workbook_cell(cell: Any) -> Cell:
    match cell.value:
        case None:
            return None
        case bool() as flag:
            return "да" if flag else "нет"
        case datetime() as at:
            return at.date()
        case date() as day:
            return day
        case int() | float() as number:
            return _number_text(number, str(cell.number_format or ""))
        case value:
            return str(value).strip() or None


def _number_text(number: float, shape: str) -> str:
    """A number as digits. A format of zeros restores the leading ones; past 15 digits a workbook keeps none exactly."""
    if isinstance(number, float) and not number.is_integer():
        return str(number)
    digits = str(int(number))
    if set(shape) == {"0"}:
        digits = digits.zfill(len(shape))
    return LostDigits(digits) if len(digits.lstrip("-")) > _EXACT_DIGITS else digits
