"""Rosters: good rows load, wrong ones are told with their row and reason, and a second time nothing changes."""

from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from openpyxl import Workbook
from sqlalchemy import func, select

import config
from agents.curators import ShiftCurators
from agents.errors import RosterRefused
from agents.models import Agent, AgentSkill, Presence, Shift
from agents.shifts.importing import import_shifts
from agents.terminal.agent_commands import commands_of
from config.errors import TableError
from ivr.ports import ShiftState

MOSCOW = ZoneInfo("Europe/Moscow")
HEAD = "code,title,extension,skills,kind,weekdays,from,to,starts,ends,substitute,automatic\n"
CURATOR = "cur,Врач-куратор,50-93,curator:3,,mon-thu,09:00,18:00,,,,\ncur,,,,,fri,09:00,16:45,,,,\n"


def roster(tmp_path, text, name="roster.csv"):
    path = tmp_path / name
    path.write_text(HEAD + text, encoding="utf-8")
    return path


def load(house, path, **more):
    return import_shifts(house.centre, insurer_id="vsk", path=path, actor="test", **more)


def count(house, model):
    with house.centre.database.reading("count") as tx:
        return tx.scalar(select(func.count()).select_from(model))


def curator(house, extension="5093"):
    with house.centre.database.reading("curator") as tx:
        return ShiftCurators(house.clock).by_extension(tx, "vsk", extension)


def test_a_roster_makes_agents_and_their_weeks(house, tmp_path):
    report = load(house, roster(tmp_path, CURATOR))
    assert (report.agents_created, report.errors) == (1, ())
    assert curator(house).state == ShiftState.ON_SHIFT
    assert curator(house, "50-93").extension == "5093"
    house.clock.move_to(datetime(2026, 11, 27, 17, 0, tzinfo=MOSCOW))
    now = curator(house)
    assert now.state == ShiftState.OFF_SHIFT
    assert now.back_at == datetime(2026, 11, 30, 9, 0, tzinfo=MOSCOW)
    assert curator(house, "9999").state == ShiftState.NONE


def test_a_second_time_changes_nothing(house, tmp_path):
    path = roster(tmp_path, CURATOR)
    load(house, path)
    before = count(house, Shift), count(house, AgentSkill)
    report = load(house, path)
    assert (report.agents_created, report.agents_changed) == (0, 1)
    assert (count(house, Shift), count(house, AgentSkill)) == before


def test_a_dry_run_writes_nothing(house, tmp_path):
    report = load(house, roster(tmp_path, CURATOR), is_dry_run=True)
    assert (report.agents_created, report.is_dry_run) == (1, True)
    assert count(house, Agent) == 0


def test_wrong_rows_are_told_and_their_agent_stays_as_it_was(house, tmp_path):
    load(house, roster(tmp_path, CURATOR))
    shifts = count(house, Shift)
    text = "cur,Врач,5093,curator:9,,mon,09:00,18:00,,,,\nnew,,,desk,,daily,00:00,24:00,,,,\nbad,,,nothing,,,,,,,,\n"
    report = load(house, roster(tmp_path, text))
    assert [(error.row, error.column) for error in report.errors] == [(2, "skills"), (4, "skills")]
    assert report.agents_created == 1
    assert count(house, Shift) > shifts
    assert house.agent_now("cur").title == "Врач-куратор"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("a b,,,,,,,,,,,", "code"),
        ("a,,x1,,,,,,,,,", "extension"),
        ("a,,,,,mo-fr,09:00,18:00,,,,", "weekdays"),
        ("a,,,,,mon,9am,18:00,,,,", "from"),
        ("a,,,,,,,,2026-11-30 09:00,2026-11-30 08:00,,", "ends"),
        ("a,,,,,,,,soon,,,", "starts"),
        ("a,,,,holiday,,,,,,,", "kind"),
        ("a,,,,,,,,,,nobody,", "substitute"),
        ("a,,,,,,,,,,,perhaps", "automatic"),
    ],
)
def test_what_is_wrong_is_named(house, tmp_path, row, column):
    assert [error.column for error in load(house, roster(tmp_path, row + "\n")).errors] == [column]


def test_if_asked_so_one_wrong_row_loads_nothing(house, tmp_path):
    with pytest.raises(RosterRefused, match="row 4, code"):
        load(house, roster(tmp_path, CURATOR + "a b,,,,,,,,,,,\n"), all_or_nothing=True)
    assert count(house, Agent) == 0


def test_two_agents_cannot_have_one_extension(house, tmp_path):
    report = load(house, roster(tmp_path, CURATOR + "two,,5093,,,,,,,,,\n"))
    assert [(error.row, error.column) for error in report.errors] == [(4, "extension")]


def test_during_leave_the_substitute_is_asked(house, tmp_path):
    text = CURATOR + (
        "sub,Врач-куратор,5042,curator,,daily,00:00,24:00,,,,\n"
        "cur,,,,leave,,,,2026-11-24 00:00,2026-12-01 00:00,sub,\n"
    )
    load(house, roster(tmp_path, text))
    assert (curator(house).state, curator(house).extension) == (ShiftState.ON_SHIFT, "5042")


def test_without_a_substitute_the_curator_is_back_after_the_leave(house, tmp_path):
    text = CURATOR + "cur,,,,leave,,,,2026-11-24 00:00,2026-12-01 00:00,,\n"
    load(house, roster(tmp_path, text))
    assert curator(house).back_at == datetime(2026, 12, 1, 9, 0, tzinfo=MOSCOW)


def test_a_spreadsheet_is_read_as_well(house, tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["code", "title", "extension", "skills", "weekdays", "from", "to"])
    sheet.append(["cur", "Врач-куратор", 5093, "curator", "daily", "00:00", "24:00"])
    book.save(tmp_path / "roster.xlsx")
    assert load(house, tmp_path / "roster.xlsx").agents_created == 1
    assert curator(house).state == ShiftState.ON_SHIFT


def test_a_spreadsheet_in_russian_with_times_and_dates_of_its_own_is_read(house, tmp_path):
    book = Workbook()
    book.active.append(["Просто заметки"])
    sheet = book.create_sheet("Смены")
    sheet.append(["Код", "Должность", "Добавочный", "Навыки", "Дни недели", "С", "До", "Вид", "Начало", "Окончание"])
    sheet.append(["cur", "Врач-куратор", 5093, "curator:3", "пн-вс", time(9), "24:00"])
    sheet.append(["cur", *[None] * 6, "отпуск", datetime(2026, 12, 1), datetime(2026, 12, 2, 9, 30)])  # noqa: DTZ001
    book.save(tmp_path / "roster.xlsx")
    assert load(house, tmp_path / "roster.xlsx").errors == ()
    house.clock.move_to(datetime(2026, 11, 30, 23, 59, tzinfo=MOSCOW))
    assert curator(house).state == ShiftState.ON_SHIFT
    house.clock.move_to(datetime(2026, 12, 1, 9, 0, tzinfo=MOSCOW))
    assert curator(house).back_at == datetime(2026, 12, 2, 9, 30, tzinfo=MOSCOW)


def test_dates_may_be_written_as_russians_do(house, tmp_path):
    text = CURATOR + "cur,,,,отпуск,,,,24.11.2026 00:00,01.12.2026,,\n"
    load(house, roster(tmp_path, text))
    assert curator(house).back_at == datetime(2026, 12, 1, 9, 0, tzinfo=MOSCOW)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", "имя,код\n1,2\n".encode(), b"title\nx\n"])
def test_a_file_that_is_no_roster_is_refused_in_words(house, tmp_path, content):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(TableError, match=r"x\.csv"):
        load(house, tmp_path / "x.csv")


def test_an_automatic_agent_comes_by_itself_and_takes_a_call_to_its_outcome(house, tmp_path):
    load(house, roster(tmp_path, "auto,Оператор,,desk,,daily,00:00,24:00,,,,yes\n"))
    house.later(6)
    assert house.agent_now("auto").presence == Presence.AVAILABLE


@pytest.mark.parametrize("insurer", ["vsk", "soglasie", "rgs", "oms", "maks"])
def test_the_demo_rosters_load_whole_and_somebody_is_always_there(house, insurer):
    path = Path(config.__file__).parent / "demo" / "shifts" / f"{insurer}.csv"
    report = import_shifts(house.centre, insurer_id=insurer, path=path, actor="test")
    assert report.errors == ()
    house.clock.move_by(timedelta(hours=13).total_seconds())
    house.work()
    with house.centre.database.reading("available") as tx:
        there = select(func.count()).select_from(Agent).where(Agent.presence == Presence.AVAILABLE)
        assert tx.scalar(there) >= 2


def test_the_command_line_tells_rows_and_ends_with_one(house, tmp_path):
    groups = {group.name: group for group in commands_of(lambda: house.floor)}
    path = roster(tmp_path, CURATOR + "a b,,,,,,,,,,,\n")
    result = CliRunner().invoke(groups["shifts"], ["import", str(path), "--insurer", "vsk"])
    assert result.exit_code == 1
    assert "row 4, code" in result.output
    for arguments in (["available", "cur"], ["list"], ["away", "cur", "--reason", "lunch"]):
        result = CliRunner().invoke(groups["agent"], [*arguments, "--insurer", "vsk"])
        assert result.exit_code == 0, result.output
    result = CliRunner().invoke(groups["agent"], ["hang-up", "cur", "--insurer", "vsk"])
    assert (result.exit_code, "has no call" in result.output) == (1, True)
    result = CliRunner().invoke(groups["queue"], ["show", "--insurer", "vsk"])
    assert "medical_desk" in result.output
    result = CliRunner().invoke(groups["agent"], ["add", "n", "--title", "x", "--skill", "desk:2", "--insurer", "vsk"])
    assert result.exit_code == 0, result.output
