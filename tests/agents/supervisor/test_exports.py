"""Exports of the call log: made slice by slice, sealed, harmless to spreadsheets, and only for who asked."""

import io
import re
from datetime import datetime, timedelta

import pytest
from openpyxl import load_workbook

from agents.models.searches import CallExport
from agents.supervisor.breach.suspects import Actor
from agents.supervisor.breach.touches import read_touches
from agents.supervisor.exports import exporting
from agents.supervisor.exports.file import Holds, Sheet, as_csv, as_xlsx, harmless, read_csv
from config import failpoints
from config.due_work import LEASE
from recordings.keys import seal_keys
from recordings.rotating import forget_old_keys, rotate
from tests.agents.supervisor.conftest import OWN_PHONE, Logged


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exporting, "SLICE", 2)
    yield
    failpoints.disarm()


def asked(logged: Logged, who: str = "boss", **form: str) -> str:
    data = {"kind": "csv"} | form
    assert logged.site.signed_in(who).post("/calls/exports", data, page="/calls").status_code == 303
    return rows(logged)[-1].id


def rows(logged: Logged) -> list[CallExport]:
    with logged.site.house.centre.database.reading("test_exports") as tx:
        return list(tx.query(CallExport).order_by(CallExport.id))


def taken(logged: Logged, export_id: str, who: str = "boss") -> bytes:
    answer = logged.site.signed_in(who).get(f"/calls/exports/{export_id}")
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="calls-[0-9a-f]{12}\.(csv|xlsx)"', answer.headers["Content-Disposition"])
    return answer.data


def files(logged: Logged) -> list[str]:
    folder = logged.site.house.centre.settings.data_dir / "exports"
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


def test_a_search_becomes_a_file_slice_by_slice(logged: Logged) -> None:
    made = [logged.call(minutes_ago=100 - number, waited=5, queue="curator") for number in range(5)]
    logged.call(minutes_ago=3)
    export_id = asked(logged, queue="curator")
    page = logged.site.signed_in("boss").get("/calls/exports").text
    assert "готовится" in page
    assert ">Врачи-кураторы</a>" in page
    logged.site.house.work()
    assert (rows(logged)[0].slices, rows(logged)[0].rows) == (3, 5)
    content = taken(logged, export_id).decode("utf-8-sig")
    lines = read_csv(content.encode())
    assert lines[0][0] == "Начало"
    assert [line[-1] for line in lines[1:]] == made[::-1]
    assert lines[1][1:5] == ["Медицинский пульт", "Врачи-кураторы", "звонили нам", "'+7 999 ···-··-22"]
    assert files(logged) == [export_id]


def test_a_workbook_has_times_numbers_and_texts_and_no_formula(logged: Logged) -> None:
    logged.call(outcome="info_given", waited=70, lasted=600, minutes_ago=60)
    logged.call(line="=1+1", lasted=None, minutes_ago=80)
    export_id = asked(logged, kind="xlsx")
    logged.site.house.work()
    book = load_workbook(io.BytesIO(taken(logged, export_id)))
    head, called, odd = ([cell.value for cell in row] for row in book.active)
    assert (f"{called[0]}", book.active["A2"].number_format) == ("2026-11-24 11:00:00", "dd.mm.yyyy hh:mm:ss")
    assert isinstance(called[0], datetime)
    assert (called[7], called[8], book.active["H2"].data_type) == (70, 600, "n")
    assert {"звонили нам", "не опознан", "Дали информацию"} <= set(called)
    assert called[head.index("Кто звонил")] == "+7 999 ···-··-22"
    assert (odd[1], odd[8]) == ("=1+1", None)
    assert not any(cell.data_type == "f" for row in book.active for cell in row)
    assert (book.active["B3"].data_type, book.active["B3"].quotePrefix) == ("s", True)


def test_a_workbook_holds_whatever_a_text_may_be_and_only_days_that_it_can_count() -> None:
    long = "я" * 40_000
    texts = ["<a> & \"b\" ]]>", " spaces ", "one\r\ntwo\tthree", "\x00bell\x07\ufffe", long, "😀", *"=+-@"]
    days = ["31.12.1899", "01.03.1901", "29.02.2024", "31.02.2024"]
    head = [f"{number}" for number in range(60)]
    held = [Holds.TEXT] * len(texts) + [Holds.DAY] * len(days)
    content = as_xlsx([Sheet("a & b", head, [[*texts, *days], [""] * 60], held), Sheet("two", ["x"], [], ())])
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["a & b", "two"]
    told, row = ([cell.value for cell in one] for one in list(book["a & b"])[:2])
    assert told == head
    assert row[:6] == ["<a> & \"b\" ]]>", " spaces ", "one\ntwo\tthree", "bell", long[:32_767], "😀"]
    assert row[6:10] == ["=", "+", "-", "@"]
    written = ["31.12.1899", "1901-03-01 00:00:00", "2024-02-29 00:00:00", "31.02.2024"]
    assert [f"{one}" for one in row[10:14]] == written
    assert [type(one) for one in row[10:14]] == [str, datetime, datetime, str]


def test_a_journal_is_on_no_disk_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_file(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("tempfile.mkstemp", no_file)
    monkeypatch.setattr("tempfile._mkstemp_inner", no_file)
    assert as_xlsx([Sheet("journal", ["a"], [["b"]], (Holds.TEXT,))])


def test_how_much_of_an_export_is_made_is_said_in_figures(logged: Logged) -> None:
    for number in range(8):
        logged.call(minutes_ago=80 - number * 10)
    asked(logged)
    page = logged.site.signed_in("boss")
    assert "готовится: 0\u00a0%" in page.get("/calls/exports").text
    exporting.make(logged.site.house.floor, rows(logged)[0].id)
    assert "готовится: 25\u00a0%" in page.get("/calls/exports").text
    with logged.site.house.centre.database.transaction("test_read") as tx:
        tx.query(CallExport).one().go_on_at = ""
    assert "готовится: 100\u00a0%" in page.get("/calls/exports").text


def test_a_file_speaks_the_language_of_who_asked(logged: Logged) -> None:
    logged.call(outcome="info_given", level="verified")
    logged.site.signed_in("boss").post("/language", {"language": "en"}, page="/calls")
    export_id = asked(logged)
    logged.site.house.work()
    line = read_csv(taken(logged, export_id).decode("utf-8-sig").encode())[1]
    assert (line[3], line[5], line[10]) == ("they called", "verified", "Information given")


@pytest.mark.parametrize("text", ["=1+1", "+7", "-1", "@x", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_what_a_spreadsheet_would_calculate_is_made_harmless(text: str) -> None:
    assert harmless(text).startswith("'")
    assert read_csv(as_csv([[text, "a;b\n\"c\""]]).decode("utf-8-sig").encode())[0] == [harmless(text), "a;b\n\"c\""]


def test_plain_text_stays_as_it_is_without_what_cannot_be_printed() -> None:
    assert harmless("Врачи-кураторы\x00\x1b") == "Врачи-кураторы"


def test_only_who_asked_may_take_it_and_only_for_an_hour(logged: Logged) -> None:
    logged.call()
    export_id = asked(logged)
    boss, watcher = logged.site.signed_in("boss"), logged.site.signed_in("watcher")
    assert boss.get(f"/calls/exports/{export_id}").status_code == 404
    logged.site.house.work()
    assert watcher.get(f"/calls/exports/{export_id}").status_code == 404
    assert export_id not in watcher.get("/calls/exports").text
    taken(logged, export_id)
    logged.site.house.clock.move_by(exporting.KEPT.total_seconds())
    assert logged.site.signed_in("boss").get(f"/calls/exports/{export_id}").status_code == 404
    logged.site.house.work()
    assert files(logged) == []
    assert rows(logged)[0].state == "dropped"


def test_nothing_on_the_disk_can_be_read_without_the_key(logged: Logged) -> None:
    logged.call(minutes_ago=5)
    export_id = asked(logged)
    folder = logged.site.house.centre.settings.data_dir / "exports"
    exporting._put(logged.site.house.centre, "piece", "Медицинский пульт".encode())
    logged.site.house.work()
    for file in folder.iterdir():
        assert "Медицинский пульт".encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
    (folder / export_id).write_bytes(b"x" * 100)
    answer = logged.site.signed_in("boss").get(f"/calls/exports/{export_id}")
    assert answer.status_code == 410
    assert "Закажите его ещё раз" in answer.text


def test_a_search_that_identifies_somebody_is_not_exported(logged: Logged) -> None:
    answer = logged.site.signed_in("boss").post("/calls/exports", {"kind": "csv", "phone": OWN_PHONE}, page="/calls")
    assert answer.status_code == 409
    answer = logged.site.signed_in("boss").post("/calls/exports", {"kind": "pdf"}, page="/calls")
    assert answer.status_code == 400
    assert rows(logged) == []


def test_the_calls_of_one_person_are_exported_and_whom_it_concerns_is_on_record(logged: Logged) -> None:
    theirs = logged.call(insured_id=logged.insured_id, minutes_ago=20)
    logged.call(minutes_ago=10)
    logged.call(insured_id=logged.insured_id, is_anonymous=True, minutes_ago=5)
    export_id = asked(logged, insured=logged.insured_id)
    logged.site.house.work()
    lines = read_csv(taken(logged, export_id).decode("utf-8-sig").encode())
    assert [line[-1] for line in lines[1:]] == [theirs]
    centre = logged.site.house.centre
    now = centre.clock.now()
    with centre.database.reading("test_audit") as tx:
        period = {"since": now - timedelta(hours=1), "until": now + timedelta(hours=1)}
        touches = read_touches(tx, insurer_id="vsk", actors={Actor("desk-2")}, **period)
    concerned = {touch.action: touch.people for touch in touches if touch.subject_kind == "export"}
    assert concerned == {"calls_exported": {logged.insured_id}, "export_taken": {logged.insured_id}}
    boss = logged.site.signed_in("boss")
    assert boss.get("/audit?action=calls_exported").status_code == 200


def test_several_at_once_have_their_limit(logged: Logged) -> None:
    for _ in range(3):
        asked(logged)
    boss = logged.site.signed_in("boss")
    assert boss.post("/calls/exports", {"kind": "csv"}, page="/calls").status_code == 409


def test_asking_and_taking_are_on_record(logged: Logged) -> None:
    logged.call()
    export_id = asked(logged, line="medical_desk")
    logged.site.house.work()
    taken(logged, export_id)
    assert logged.site.audited(subject_kind="export", actor="desk-2") == ["calls_exported", "export_taken"]


@pytest.mark.parametrize("slice_size", [2, 10])
@pytest.mark.parametrize("place", ["commit:ask_export", "commit:note_export", "commit:export_made"])
def test_killed_anywhere_it_is_made_all_the_same(
    logged: Logged, place: str, slice_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "SLICE", slice_size)
    made = [logged.call(minutes_ago=100 - number) for number in range(5)]

    class Killed(BaseException):
        """As a kill, nothing catches it."""

    def die(_name: str) -> None:
        failpoints.disarm()
        raise Killed

    failpoints.arm(place, die)
    house = logged.site.house
    try:
        asked(logged)
        house.work()
    except Killed:
        pass
    house.clock.move_by((exporting.JOINED_WITHIN + timedelta(minutes=2)).total_seconds())
    house.work()
    export_id = rows(logged)[0].id
    lines = read_csv(taken(logged, export_id).decode("utf-8-sig").encode())
    assert [line[-1] for line in lines[1:]] == made[::-1]
    assert files(logged) == [export_id]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_of_two_who_join_the_pieces_at_once_either_ones_file_opens(
    logged: Logged, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place where the second one may come between."""
    for number in range(3):
        logged.call(minutes_ago=50 - number)
    floor = logged.site.house.floor
    for place in ("_joined", "_put", "_note_made", "_tidy"):
        export_id = asked(logged, kind=kind)
        while rows(logged)[-1].go_on_at != exporting._READ:
            exporting.make(floor, export_id)
        own = getattr(exporting, place)

        def with_another_between(*arguments: object, place: str = place, own=own, export_id: str = export_id) -> object:
            monkeypatch.setattr(exporting, place, own)
            exporting.join(floor, export_id)
            return own(*arguments)

        monkeypatch.setattr(exporting, place, with_another_between)
        exporting.join(floor, export_id)
        assert taken(logged, export_id)
        assert [name for name in files(logged) if export_id in name] == [export_id]
        ended = rows(logged)[-1].expires_at
        logged.site.house.clock.move_by(60)
        exporting.join(floor, export_id)
        assert rows(logged)[-1].expires_at == ended


def test_what_was_begun_anew_is_not_joined_before_all_of_it_is_read(logged: Logged) -> None:
    """A worker that was killed right after it began it anew leaves the joining due as well."""
    for number in range(3):
        logged.call(minutes_ago=50 - number)
    export_id, floor = asked(logged), logged.site.house.floor
    for slices_read in range(2):
        exporting.join(floor, export_id)
        (row,) = rows(logged)
        assert (row.state, row.slices) == ("asked", slices_read)
        exporting.make(floor, export_id)
    logged.site.house.work()
    assert len(read_csv(taken(logged, export_id).decode("utf-8-sig").encode())) == 1 + 3


def test_a_slice_that_comes_late_leaves_the_piece_that_is_on_record(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        logged.call(minutes_ago=50 - number)
    export_id, floor, own = asked(logged), logged.site.house.floor, exporting._sealed

    def with_a_quicker_one(*arguments: object) -> object:
        monkeypatch.setattr(exporting, "_sealed", own)
        exporting.make(floor, export_id)
        laid.append((folder / f"{export_id}.0").read_bytes())
        return own(*arguments)

    laid: list[bytes] = []
    folder = logged.site.house.centre.settings.data_dir / "exports"
    monkeypatch.setattr(exporting, "_sealed", with_a_quicker_one)
    exporting.make(floor, export_id)
    assert [(folder / f"{export_id}.0").read_bytes()] == laid
    assert files(logged) == [f"{export_id}.0"]


def test_a_file_joined_once_more_after_its_hour_is_removed(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    logged.call()
    export_id, floor, own = asked(logged), logged.site.house.floor, exporting._put
    exporting.make(floor, export_id)

    def very_late(*arguments: object) -> None:
        monkeypatch.setattr(exporting, "_put", own)
        exporting.join(floor, export_id)
        exporting.drop(floor, export_id)
        own(*arguments)

    monkeypatch.setattr(exporting, "_put", very_late)
    exporting.join(floor, export_id)
    assert files(logged) == []


def test_what_a_killed_writer_left_goes_with_the_file(logged: Logged) -> None:
    logged.call()
    export_id = asked(logged)
    logged.site.house.work()
    folder = logged.site.house.centre.settings.data_dir / "exports"
    for name in (f".{export_id}.123", f".{export_id}.0.123", f"{export_id}.0"):
        (folder / name).write_bytes(b"sealed")
    logged.site.house.clock.move_by(exporting.KEPT.total_seconds())
    logged.site.house.work()
    assert files(logged) == []


def test_programs_seal_under_the_key_there_is_now_and_open_what_an_older_one_wrapped(logged: Logged) -> None:
    house = logged.site.house
    made = [logged.call(minutes_ago=100 - number) for number in range(3)]
    export_id = asked(logged)
    exporting.make(house.floor, export_id)
    rotate(house.centre, by="t", progress=lambda done, total: None)
    house.work()
    current = seal_keys(house.centre.settings).current
    file = house.centre.settings.data_dir / "exports" / export_id
    assert file.read_bytes().startswith(current.id.encode())
    rotate(house.centre, by="t", progress=lambda done, total: None)
    lines = read_csv(taken(logged, export_id).decode("utf-8-sig").encode())
    assert [line[-1] for line in lines[1:]] == made[::-1]


def test_with_a_forgotten_key_what_is_made_begins_anew_and_what_is_made_says_so(logged: Logged) -> None:
    house, boss = logged.site.house, logged.site.signed_in("boss")
    made = [logged.call(minutes_ago=100 - number) for number in range(3)]
    export_id = asked(logged)
    exporting.make(house.floor, export_id)
    rotate(house.centre, by="t", progress=lambda done, total: None)
    forget_old_keys(house.centre, by="t")
    house.work()
    assert boss.get(f"/calls/exports/{export_id}").status_code == 404
    house.later(61)
    lines = read_csv(taken(logged, export_id).decode("utf-8-sig").encode())
    assert [line[-1] for line in lines[1:]] == made[::-1]
    rotate(house.centre, by="t", progress=lambda done, total: None)
    forget_old_keys(house.centre, by="t")
    assert boss.get(f"/calls/exports/{export_id}").status_code == 410


def test_joining_may_last_longer_than_other_work(logged: Logged) -> None:
    plan = logged.site.house.centre.plan
    assert plan.longest_of(exporting.JOIN) == exporting.JOINED_WITHIN
    assert plan.longest_of(exporting.MAKE) == LEASE
