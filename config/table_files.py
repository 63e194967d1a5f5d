"""Opens tables that people keep: XLSX workbooks and CSV files become numbered lines of cells, within limits."""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.etree.ElementTree import ParseError

from config.errors import TableError

Cell: TypeAlias = str | date | time | None
"""Text; a date, instant (`datetime`, without zone) or time that a workbook knows as one; or nothing; else text."""

Line: TypeAlias = tuple[int, Sequence[Cell]]
"""A line's number in the file, counted from 1, and its cells."""

MOST_BYTES: Final = 100 * 1024 * 1024
MOST_UNPACKED_BYTES: Final = 512 * 1024 * 1024
# Sheets are read row by row; the other parts are held in memory whole, where they take a multiple of their size.
MOST_PART_BYTES: Final = 128 * 1024 * 1024
_SHEETS: Final = "xl/worksheets/"
_MOST_COLUMNS: Final = 200
_DELIMITERS: Final = ",;\t"
_EXACT_DIGITS: Final = 15


class LostDigits(str):
    """The text of a number that the workbook could not hold exactly."""


@dataclass(frozen=True)
class Sheet:
    """One sheet's name, empty for a CSV file, and its lines, which can be read once."""

    name: str
    lines: Iterator[Line]


@contextmanager
def opened_sheets(path: Path) -> Iterator[Sequence[Sheet]]:
    """The visible sheets of the file, XLSX or CSV by its content; raises TableError, also while lines are read."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise TableError(f"{path.name} is larger than {MOST_BYTES // 2**20} MB")
        if zipfile.is_zipfile(path) or path.suffix.lower() == ".xlsx":
            with _workbook(path) as sheets:
                yield sheets
        else:
            yield [Sheet("", _csv_lines(path))]
    except OSError as error:
        raise TableError(f"{path.name} cannot be read: {error.strerror or 'input error'}") from error


def _csv_lines(path: Path) -> Iterator[Line]:
    text = _decoded(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() or None for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(f"{path.name}:{line}: the row cannot be read as CSV: {error}") from None


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
    raise TableError(f"{path.name} is neither a workbook (.xlsx) nor text in UTF-8 or Windows-1251")


def _delimiter(text: str) -> str:
    """The delimiter that parts the header most often, quoted headers aside."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(part for number, part in enumerate(header.split('"')) if number % 2 == 0)
    return max(_DELIMITERS, key=bare.count)


@contextmanager
def _workbook(path: Path) -> Iterator[Sequence[Sheet]]:
    # A hundred milliseconds to import, which no other command should wait for.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _refuse_bombs(path)
        with warnings.catch_warnings():
            # Styles and extensions that openpyxl does not know are no business of a table.
            warnings.simplefilter("ignore")
            # A file of our own: where the workbook is broken, openpyxl leaves its one open.
            with path.open("rb") as file:
                workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
                visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
                yield [Sheet(sheet.title, _sheet_lines(sheet)) for sheet in visible or workbook.worksheets]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, ParseError) as error:
        raise TableError(f"{path.name} is no workbook that can be read") from error


def _refuse_bombs(path: Path) -> None:
    """A workbook is a zip of XML. The sizes that it states are kept to: reading stops there, and its checksum fails."""
    with zipfile.ZipFile(path) as archive:
        sizes = {one.filename: one.file_size for one in archive.infolist()}
    if sum(sizes.values()) > MOST_UNPACKED_BYTES:
        raise TableError(f"{path.name} unpacks to more than {MOST_UNPACKED_BYTES // 2**20} MB")
    if any(size > MOST_PART_BYTES for name, size in sizes.items() if not name.startswith(_SHEETS)):
        raise TableError(f"{path.name} holds more than {MOST_PART_BYTES // 2**20} MB beside its sheets")


def _sheet_lines(sheet: Any) -> Iterator[Line]:
    for number, cells in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), start=1):
        yield number, [_workbook_cell(cell) for cell in cells]


def _workbook_cell(cell: Any) -> Cell:
    match cell.value:
        case None:
            return None
        case bool() as flag:
            return "да" if flag else "нет"
        case datetime() as at:
            return at.date() if at.time() == time() else at
        case date() | time() as known:
            return known
        case timedelta() as length:
            # How a workbook keeps 24:00, which is no time of day to it.
            hours, minutes = divmod(round(length.total_seconds() / 60), 60)
            return f"{hours:02d}:{minutes:02d}"
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
