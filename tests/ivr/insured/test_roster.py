"""Rosters load whole or in part, twice without a change, and tell every wrong cell."""

from datetime import date, datetime
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from config.audit import AuditEntry
from config.errors import TableError
from ivr.insured.models import (
    Entitlement,
    EntitlementUse,
    FirstOpinion,
    InsuredPerson,
    InsuredPhone,
    Policy,
    Programme,
)
from ivr.insured.roster import Mode, import_roster, write_problems
from ivr.insured.roster_records import Change

DEMO = Path(__file__).parents[3] / "config" / "demo" / "rosters"
HEADER = "номер полиса;ФИО;дата рождения;действует с;действует по;программа;услуги;телефоны"
GOOD = "0000000001;Образцов Пример;15.03.1985;01.12.2025;30.11.2026;Базовая;outpatient;8 (000) 200-00-01"


def loaded(centre, path, *, insurer="vsk", **given):
    return import_roster(centre, path, insurer_id=insurer, by="tester", **given)


def written(tmp_path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = tmp_path / "roster.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding=encoding)
    return path


def rows_of(centre, kind):
    with centre.database.reading("look") as tx:
        return list(tx.scalars(select(kind)))


def reasons(report) -> list[tuple[int, str, str]]:
    return [(one.line, str(one.column), one.reason) for one in report.problems]


def test_a_good_row_becomes_programme_policy_person_and_telephone(centre, tmp_path):
    report = loaded(centre, written(tmp_path, GOOD))
    assert report.counts == {Change.NEW: 1}
    (policy,), (person,) = rows_of(centre, Policy), rows_of(centre, InsuredPerson)
    assert (policy.number, policy.keyed_form) == ("0000000001", "0000000001")
    assert (policy.valid_from, policy.valid_until) == (date(2025, 12, 1), date(2026, 12, 1))
    assert (person.full_name, person.birth_date) == ("Образцов Пример", date(1985, 3, 15))
    assert rows_of(centre, InsuredPhone)[0].e164 == "+70002000001"
    assert rows_of(centre, Programme)[0].services == ["outpatient"]


@pytest.mark.parametrize("insurer", ["vsk", "soglasie", "rgs", "oms", "maks"])
def test_demo_rosters_load_and_load_again_without_a_change(centre, insurer):
    first = loaded(centre, DEMO / f"{insurer}.csv", insurer=insurer)
    second = loaded(centre, DEMO / f"{insurer}.csv", insurer=insurer)
    assert not first.problems
    assert first.counts == {Change.NEW: first.rows}
    assert second.counts == {Change.UNCHANGED: first.rows}


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("cp1251", "\t"), ("utf-16", "\t"), ("cp1251", ";")],
)
def test_encodings_and_delimiters_are_told_apart(centre, tmp_path, encoding, delimiter):
    path = written(tmp_path, GOOD.replace(";", delimiter), header=HEADER.replace(";", delimiter), encoding=encoding)
    assert loaded(centre, path).counts == {Change.NEW: 1}


def test_a_workbook_loads_with_its_own_dates_and_zeros(centre, tmp_path):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["Policy number", "Name", "Birth date", "Valid from", "Valid until", "Programme", "Services", "Phone"])
    sheet.append(
        [42, "Sample Probe", datetime(1985, 3, 15), date(2025, 12, 1), "30.11.2026", "Base", "outpatient", 70002000001]  # noqa: DTZ001 - a workbook knows no zones
    )
    sheet["A2"].number_format = "0000000000"
    workbook.save(tmp_path / "roster.xlsx")
    assert loaded(centre, tmp_path / "roster.xlsx").counts == {Change.NEW: 1}
    assert rows_of(centre, Policy)[0].number == "0000000042"
    assert rows_of(centre, InsuredPhone)[0].e164 == "+70002000001"


def test_a_long_number_in_a_numeric_cell_is_refused_not_rounded(centre, tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["ЕНП", "ФИО", "дата рождения", "действует с", "действует по", "программа"])
    workbook.active.append([7756410834000012, "Образцов Пример", "15.03.1985", "01.01.2026", "31.12.2026", "База"])
    workbook.save(tmp_path / "roster.xlsx")
    report = loaded(centre, tmp_path / "roster.xlsx", insurer="oms")
    (problem,) = report.problems
    assert "stored as a number" in problem.reason


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        ("0000000001", "", "policy", "is empty"),
        ("0000000001", "12", "policy", "is not written as this insurer's"),
        ("Образцов Пример", "", "full_name", "is empty"),
        ("Образцов Пример", "=HYPERLINK(1)", "full_name", "is no name"),
        ("Образцов Пример", "Образцов\u202eПример", "full_name", "cannot be seen"),
        ("Образцов Пример", "О" * 201, "full_name", "longer than 200"),
        ("15.03.1985", "31.02.1985", "birth_date", "is no date"),
        ("15.03.1985", "15.03.2027", "birth_date", "in the future"),
        ("30.11.2026", "30.11.2025", "valid_until", "before the day"),
        ("30.11.2026", "31.12.9999", "valid_until", "too far"),
        ("outpatient", "massage", "services", "does not describe"),
        (";outpatient;", ";;", "programme", "is not known yet"),
        ("8 (000) 200-00-01", "12", "phones", "impossible length"),
        ("8 (000) 200-00-01", "звонить маме", "phones", "not a telephone number"),
    ],
)
def test_a_wrong_cell_is_told_by_line_and_column_without_its_content(centre, tmp_path, old, new, column, reason):
    other = GOOD.replace("0000000001", "0000000002").replace("Базовая", "Другая")
    report = loaded(centre, written(tmp_path, other, GOOD.replace(old, new, 1)))
    (problem,) = report.problems
    assert (problem.line, problem.column) == (3, column)
    assert reason in problem.reason
    assert not new or len(new) < 3 or new not in problem.reason
    assert report.counts == {Change.NEW: 1}


def test_every_problem_of_a_row_is_told_at_once(centre, tmp_path):
    report = loaded(centre, written(tmp_path, "12;;x;01.12.2025;30.11.2026;Базовая;massage;12"))
    assert [column for _, column, _ in reasons(report)] == [
        "policy",
        "full_name",
        "birth_date",
        "services",
        "phones",
    ]
    assert report.bad_rows == 1


def test_all_or_nothing_loads_nothing_with_one_bad_row(centre, tmp_path):
    path = written(tmp_path, GOOD, GOOD.replace("15.03.1985", "x"))
    report = loaded(centre, path, mode=Mode.ALL_OR_NOTHING)
    assert not report.is_loaded
    assert not rows_of(centre, InsuredPerson)
    assert loaded(centre, written(tmp_path, GOOD), mode=Mode.ALL_OR_NOTHING).is_loaded


def test_a_dry_run_tells_what_would_change_and_changes_nothing(centre, tmp_path):
    loaded(centre, written(tmp_path, GOOD))
    before = len(rows_of(centre, AuditEntry))
    changed = written(tmp_path, GOOD.replace("200-00-01", "200-00-09"), GOOD.replace("0000000001", "0000000002"))
    report = loaded(centre, changed, mode=Mode.DRY_RUN)
    assert report.counts == {Change.CHANGED: 1, Change.NEW: 1}
    assert [one.e164 for one in rows_of(centre, InsuredPhone)] == ["+70002000001"]
    assert len(rows_of(centre, AuditEntry)) == before


def test_a_changed_cell_changes_the_record(centre, tmp_path):
    loaded(centre, written(tmp_path, GOOD))
    report = loaded(centre, written(tmp_path, GOOD.replace("30.11.2026", "31.12.2026").replace("00-01", "00-09")))
    assert report.counts == {Change.CHANGED: 1}
    assert rows_of(centre, Policy)[0].valid_until == date(2027, 1, 1)
    assert [one.e164 for one in rows_of(centre, InsuredPhone)] == ["+70002000009"]


def test_a_column_that_the_file_lacks_leaves_the_record_and_an_empty_cell_clears_it(centre, tmp_path):
    loaded(centre, written(tmp_path, GOOD + ";Томск", header=HEADER + ";город"))
    loaded(centre, written(tmp_path, GOOD))
    assert rows_of(centre, InsuredPerson)[0].city == "Томск"
    loaded(centre, written(tmp_path, GOOD + ";", header=HEADER + ";город"))
    assert rows_of(centre, InsuredPerson)[0].city is None


def test_limits_uses_and_first_opinions_load_once(centre, tmp_path):
    header = HEADER + ";лимиты;использовано;первое мнение"
    row = GOOD + ';second_opinion=2;"second_opinion=15.03.2026; psychologist";10.02.2026'
    assert loaded(centre, written(tmp_path, row, header=header)).bad_rows == 1
    row = row.replace("psychologist", "psychologist=16.03.2026")
    for _ in range(2):
        report = loaded(centre, written(tmp_path, row, header=header))
        assert not report.problems
    assert {(one.service, one.limit_per_term) for one in rows_of(centre, Entitlement)} == {
        ("second_opinion", 2),
        ("psychologist", None),
    }
    named = {one.insured_id is None for one in rows_of(centre, EntitlementUse)}
    assert named == {True, False}
    assert len(rows_of(centre, FirstOpinion)) == 1


def test_two_lines_that_contradict_each_other_are_told(centre, tmp_path):
    path = written(
        tmp_path,
        GOOD,
        GOOD.replace("30.11.2026", "31.12.2026").replace("Образцов", "Другов"),
        GOOD.replace("00-01", "00-09"),
        GOOD.replace("0000000001", "0000000002").replace("outpatient", "inpatient"),
        GOOD,
    )
    report = loaded(centre, path)
    assert [(line, column) for line, column, _ in reasons(report)] == [
        (3, "policy"),
        (4, "full_name"),
        (5, "programme"),
    ]
    assert report.counts == {Change.NEW: 1, Change.UNCHANGED: 1}


def test_parent_and_child_may_share_a_telephone_and_a_policy(centre, tmp_path):
    loaded(centre, written(tmp_path, GOOD, GOOD.replace("Образцов", "Малышев").replace("1985", "2016")))
    assert len(rows_of(centre, Policy)) == 1
    assert len(rows_of(centre, InsuredPhone)) == 2


def test_a_wrong_check_digit_is_a_warning_and_loads(centre, tmp_path):
    header = HEADER.replace("услуги;", "")
    row = "7756410834000013;Образцов Пример;15.03.1985;01.01.2026;31.12.2026;База;+7 000 500 00 01"
    report = loaded(centre, written(tmp_path, row, header=header), insurer="oms")
    assert [one.is_warning for one in report.problems] == [True]
    assert report.counts == {Change.NEW: 1}
    assert not report.errors


def test_a_birth_date_that_the_enp_contradicts_is_a_warning(centre, tmp_path):
    header = HEADER.replace("услуги;", "")
    row = "7756410834000012;Образцов Пример;16.03.1985;01.01.2026;31.12.2026;База;+7 000 500 00 01"
    report = loaded(centre, written(tmp_path, row, header=header), insurer="oms")
    assert [(str(one.column), one.is_warning) for one in report.problems] == [("birth_date", True)]


def test_a_migrants_sum_below_the_least_is_wrong(centre, tmp_path):
    row = GOOD.replace("outpatient", "urgent_care") + ";99 999"
    report = loaded(centre, written(tmp_path, row, header=HEADER + ";страховая сумма"), insurer="maks")
    assert "below 100000" in report.problems[0].reason


def test_insurers_do_not_see_each_others_policies(centre, tmp_path):
    loaded(centre, written(tmp_path, GOOD))
    assert loaded(centre, written(tmp_path, GOOD), insurer="rgs").counts == {Change.NEW: 1}
    assert {one.insurer_id for one in rows_of(centre, Policy)} == {"vsk", "rgs"}


def test_an_import_is_audited_without_personal_data(centre, tmp_path):
    loaded(centre, written(tmp_path, GOOD))
    (entry,) = rows_of(centre, AuditEntry)
    assert (entry.actor, entry.action, entry.detail["new_so_far"]) == ("tester", "roster_imported", 1)
    assert "0000000001" not in str(entry.detail)


def test_unknown_columns_are_told_and_not_read(centre, tmp_path):
    report = loaded(centre, written(tmp_path, "1;" + GOOD, header="№ п/п;" + HEADER))
    assert report.ignored_columns == (1,)
    assert report.counts == {Change.NEW: 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\x00\x01\x02", "neither a workbook"),
        ("имя;дата рождения\n".encode(), "no column 'полис'"),
        ("полис;номер полиса\n".encode(), "policy stands in columns 1 and 2"),
        (b"PK\x05\x06" + b"\x00" * 18, "no workbook"),
        (HEADER.encode() + b'\n"0000;1', "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_roster_says_so(centre, tmp_path, content, message):
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=message):
        loaded(centre, path)


def test_quoted_line_breaks_keep_line_numbers(centre, tmp_path):
    rows = (GOOD.replace("Базовая", '"Базовая\nбольшая"'), GOOD.replace("15.03.1985", "x"))
    assert [line for line, _, _ in reasons(loaded(centre, written(tmp_path, *rows)))] == [4]


def test_many_rows_load_in_batches_with_progress(centre, tmp_path):
    told = []
    rows = [GOOD.replace("0000000001", f"{number:010d}") for number in range(600)]
    path = written(tmp_path, *rows)
    report = loaded(centre, path, progress=lambda done, of: told.append((done, of)))
    assert report.counts == {Change.NEW: 600}
    assert told[-1] == (1200, 1200)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(rows_of(centre, AuditEntry)) == 3
    with centre.database.reading("count") as tx:
        assert tx.scalar(select(func.count()).select_from(Programme)) == 1


def test_problems_are_written_as_csv(centre, tmp_path):
    target = StringIO()
    write_problems(loaded(centre, written(tmp_path, GOOD.replace("15.03.1985", "x"))).problems, target)
    assert target.getvalue().splitlines() == [
        "line,column,kind,reason",
        "2,дата рождения,error,is no date such as 31.12.2026",
    ]
