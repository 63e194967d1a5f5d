"""Tables: sheets, encodings, delimiters and headers as people have them; what is no table, or too much, says so."""

import zipfile
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path

import openpyxl
import pytest

from config import table_files, tables
from config.errors import TableError
from config.table_cells import CellProblem, day, flag, instant, minutes, text
from config.table_files import LostDigits
from config.tables import Columns, read_table


class Column(StrEnum):
    NAME = "name"
    ROOM = "room"


COLUMNS = Columns(names={Column.NAME: ("имя", "сотрудник"), Column.ROOM: ("кабинет",)}, required=(Column.NAME,))


def csv(folder: Path, content: bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows(path: Path, **more: str) -> list[tuple[int, object, object]]:
    table = read_table(path, COLUMNS, **more)
    return [(row.line, row.cells.get(Column.NAME), row.cells.get(Column.ROOM)) for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_delimiters_and_either_language_are_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    content = f"\n КАБИНЕТ {delimiter}Имя\n12{delimiter}Ёж\n\n{delimiter}Уж\n".encode(encoding)
    assert rows(csv(tmp_path, content)) == [(3, "Ёж", "12"), (5, "Уж", None)]


def test_a_row_keeps_the_number_of_its_line_behind_quoted_line_breaks(tmp_path: Path) -> None:
    assert [line for line, *_ in rows(csv(tmp_path, b'name,room\n"a\nb",1\nc,2\n'))] == [2, 4]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "t.csv", "t.csv is empty"),
        (b"room\n1\n", "t.csv", r"t.csv: the header: no column 'имя' \(name\)"),
        ("имя,name\n".encode(), "t.csv", "name stands in columns 1 and 2"),
        (b'name\n"a', "t.csv", r"t.csv:2: the row cannot be read as CSV"),
        (b"\x00\x01\x02", "t.csv", "neither a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), "old.xls", "neither a workbook"),
        (b"PK nothing", "t.xlsx", "no workbook that can be read"),
        (b"PK\x05\x06" + bytes(18), "t.csv", "no workbook that can be read"),
        (b"name\n" + b"a" * 200_000 + b"\n", "t.csv", "t.csv:2: the row cannot be read as CSV"),
    ],
)
def test_what_is_no_table_says_so_in_one_line(tmp_path: Path, content: bytes, name: str, message: str) -> None:
    with pytest.raises(TableError, match=message) as refused:
        rows(csv(tmp_path, content, name))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_a_folder_says_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(TableError, match="cannot be read"):
            rows(path)


def workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Пояснения"
    book.active.append(["Как заполнять"])
    hidden = book.create_sheet("Старое")
    hidden.sheet_state = "hidden"
    hidden.append(["имя"])
    hidden.append(["скрытое"])
    for title, name in (("Первый", "a"), ("Второй", "b")):
        sheet = book.create_sheet(title)
        sheet.append([])
        sheet.append(["Имя", "Кабинет"])
        sheet.append([name, 12])
    path = folder / "book.xlsx"
    book.save(path)
    return path


def test_of_a_workbook_the_first_visible_sheet_with_the_columns_is_read(tmp_path: Path) -> None:
    assert rows(workbook(tmp_path)) == [(3, "a", "12")]


def test_a_sheet_may_be_named_and_an_unknown_one_is_answered_with_those_there(tmp_path: Path) -> None:
    assert rows(workbook(tmp_path), sheet="второй") == [(3, "b", "12")]
    with pytest.raises(TableError, match="no sheet 'третий'; there are: Пояснения, Первый, Второй"):
        rows(workbook(tmp_path), sheet="третий")
    with pytest.raises(TableError, match="no sheet 'a'"):
        rows(csv(tmp_path, b"name\n1\n"), sheet="a")


def test_without_a_fitting_sheet_the_first_ones_header_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["кабинет"])
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(TableError, match=r"book\.xlsx, sheet Sheet: the header: no column 'имя'"):
        rows(tmp_path / "book.xlsx")


@pytest.mark.parametrize(
    ("value", "shape", "cell"),
    [
        (datetime(2026, 11, 30), "General", date(2026, 11, 30)),  # noqa: DTZ001 - a workbook knows no zones
        (datetime(2026, 11, 30, 9, 30), "General", datetime(2026, 11, 30, 9, 30)),  # noqa: DTZ001
        (time(9, 30), "General", time(9, 30)),
        (timedelta(hours=24), "[h]:mm", "24:00"),
        (True, "General", "да"),
        (42, "0000", "0042"),
        (42.0, "General", "42"),
        (4.5, "General", "4.5"),
        (7756410834000012, "0", "7756410834000012"),
        ("  текст ", "General", "текст"),
    ],
)
def test_a_workbooks_own_values_keep_their_meaning(tmp_path: Path, value: object, shape: str, cell: object) -> None:
    book = openpyxl.Workbook()
    book.active.append(["имя", "кабинет"])
    book.active.append(["a", value])
    if shape != "General":
        book.active["B2"].number_format = shape
    book.save(tmp_path / "book.xlsx")
    ((_, _, found),) = rows(tmp_path / "book.xlsx")
    assert found == cell
    assert isinstance(found, LostDigits) == (value == 7756410834000012)


def test_files_beyond_the_limits_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = csv(tmp_path, b"name\n" + b"a\n" * 6)
    monkeypatch.setattr(tables, "MOST_ROWS", 5)
    with pytest.raises(TableError, match="more than 5 rows; split it"):
        rows(path)
    monkeypatch.setattr(table_files, "MOST_BYTES", 10)
    with pytest.raises(TableError, match="is larger than"):
        rows(path)


def packed(folder: Path, **replaced: bytes) -> Path:
    """A workbook in which some parts have another content."""
    whole, path = workbook(folder), folder / "bomb.xlsx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for one in source.namelist():
            part = one.rpartition("/")[2].partition(".")[0]
            target.writestr(one, replaced.get(part, source.read(one)))
    return path


@pytest.mark.parametrize(
    ("limit", "part", "message"),
    [("MOST_UNPACKED_BYTES", "sheet4", "unpacks to more"), ("MOST_PART_BYTES", "theme1", "beside its sheets")],
)
def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, part: str, message: str
) -> None:
    path = packed(tmp_path, **{part: bytes(1_000_000)})
    monkeypatch.setattr(table_files, limit, 500_000)
    with pytest.raises(TableError, match=message):
        rows(path)


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, styles=b"<x>" + bytes(3_000_000))
    content = path.read_bytes()
    small, large = (1024).to_bytes(4, "little"), (3_000_003).to_bytes(4, "little")
    assert content.count(large) == 2
    path.write_bytes(content.replace(large, small))
    with pytest.raises(TableError, match="no workbook that can be read"):
        rows(path)


def test_entities_that_unfold_without_end_are_refused(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    sheet = (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "{"x" * 1000}">{entities}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&e11;</t></is></c></row></sheetData></worksheet>'
    )
    with pytest.raises(TableError, match=r"no workbook that can be read|no column"):
        rows(packed(tmp_path, sheet3=sheet.encode(), sheet4=sheet.encode(), sheet1=sheet.encode()))


def test_cells_are_read_and_refused_without_being_quoted() -> None:
    assert day("31.12.2026") == day("2026-12-31") == day("31/12/2026 00:00:00") == date(2026, 12, 31)
    assert instant("31.12.2026 09:30") == instant("2026-12-31T09:30") == datetime(2026, 12, 31, 9, 30)  # noqa: DTZ001
    assert (minutes("09:30"), minutes("24:00"), minutes(time(9, 30))) == (570, 1440, 570)
    assert (flag("ДА"), flag(None), flag("нет")) == (True, False, False)
    assert text(" a\u00a0 b ") == "a b"
    for read, cell in ((day, "31.02.2026"), (minutes, "25:00"), (flag, "как-нибудь"), (text, "a\u202eb")):
        with pytest.raises(CellProblem) as wrong:
            read(cell)
        assert cell not in str(wrong.value)
