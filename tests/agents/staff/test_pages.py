"""What pages say: every message in both languages, times and money as Russians write them, failures in words."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import OperationalError

from agents.staff import formats, languages, messages
from tests.agents.staff.conftest import Site

EVENING = datetime(2026, 11, 23, 18, 6, tzinfo=UTC)


def test_every_message_is_translated_and_none_is_stale() -> None:
    assert list(messages.findings()) == []


@pytest.mark.parametrize(
    ("filled", "shown"),
    [
        (lambda: formats.phone("+78002001441"), "8 (800) 200-14-41"),
        (lambda: formats.phone("+74957851057", "5093"), "8 (495) 785-10-57 доб. 5093"),
        (lambda: formats.masked_phone("+79161234567"), "+7 916 ···-··-67"),
        (lambda: formats.money(Decimal("21090.5")), "21 090,50 ₽"),
        (lambda: formats.money(1500), "1 500 ₽"),
        (lambda: formats.money(Decimal("-0.005")), "-0,01 ₽"),
        (lambda: formats.day(date(2026, 11, 23)), "23.11.2026"),
        (lambda: formats.duration(252), "04:12"),
        (lambda: formats.duration(timedelta(hours=1, minutes=4, seconds=12)), "1:04:12"),
        (lambda: formats.duration(-3), "00:00"),
    ],
)
def test_values_are_written_the_russian_way(filled, shown: str) -> None:
    assert filled().replace("\N{NO-BREAK SPACE}", " ") == shown


@pytest.mark.parametrize(
    ("zone", "shown", "differs"),
    [
        (None, "23.11.2026 21:06", False),
        ("Asia/Yekaterinburg", "23.11.2026 23:06", True),
        ("Asia%2FVladivostok", "24.11.2026 04:06", True),
        ("Mars/Olympus", "23.11.2026 21:06", False),
    ],
)
def test_an_instant_is_told_in_the_readers_zone(site: Site, zone: str | None, shown: str, differs: bool) -> None:
    headers = {"Cookie": f"pult_zone={zone}"} if zone else {}
    with site.app.test_request_context("/", headers=headers):
        assert formats.moment(EVENING).replace("\N{NO-BREAK SPACE}", " ") == shown
        assert formats.differs(EVENING, ZoneInfo("Europe/Moscow")) is differs
        assert formats.clock_time(EVENING, ZoneInfo("Europe/Moscow")) == "21:06"


def test_the_zones_that_there_are_are_read_once_however_many_instants_a_page_shows(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading them costs a hundred times what a page may: hundreds of files of the library's are opened for it."""
    read: list[frozenset[str]] = []
    monkeypatch.setattr(languages, "available_timezones", lambda: read.append(frozenset()) or {"Europe/Moscow"})
    languages._zones_known.cache_clear()
    with site.app.test_request_context("/", headers={"Cookie": "pult_zone=Europe/Moscow"}):
        assert {formats.moment(EVENING) for _ in range(50)} == {"23.11.2026\N{NO-BREAK SPACE}21:06"}
    languages._zones_known.cache_clear()
    assert len(read) == 1


def break_with(site: Site, error: Exception) -> None:
    def broken(**_: object) -> None:
        raise error

    site.app.view_functions["home.account"] = _marked(site, broken)


def _marked(site: Site, view):
    view.__dict__.update(site.app.view_functions["home.account"].__dict__)
    return view


def test_a_broken_page_says_so_in_words_and_nothing_of_itself(site: Site) -> None:
    browser = site.signed_in("anna")
    break_with(site, RuntimeError("secret detail"))
    answer = browser.get("/account")
    assert answer.status_code == 500
    assert "У нас что-то сломалось" in answer.text
    assert "secret detail" not in answer.text


def test_a_database_that_is_away_is_said_in_words(site: Site) -> None:
    browser = site.signed_in("anna")
    break_with(site, OperationalError("select", {}, Exception("locked")))
    answer = browser.get("/account")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Нет доступа к записям" in answer.text


def test_a_page_that_is_not_there_is_said_in_words(site: Site) -> None:
    assert "Такой страницы нет" in site.browser().get("/nothing").text
    assert site.browser().get("/nothing").status_code == 404


def test_another_roles_page_is_said_in_words(site: Site) -> None:
    answer = site.signed_in("admin").get("/desk")
    assert answer.status_code == 403
    assert "не для вашей роли" in answer.text


def test_a_script_is_told_in_one_sentence(site: Site) -> None:
    answer = site.signed_in("admin").get("/desk/bar", **{"Sec-Fetch-Dest": "empty"})
    assert answer.mimetype == "text/plain"
    assert answer.text.startswith("Эта страница не для вашей роли.")


def test_script_in_a_name_stays_text(site: Site) -> None:
    answer = site.browser().sign_in('"><script>alert(1)</script>', "x")
    assert "<script>alert" not in answer.text


def test_health_says_nothing_of_anybody(site: Site) -> None:
    answer = site.browser().get("/health")
    assert (answer.status_code, answer.text) == (200, "ok\n")
