"""Russian speech, golden: the traps of standards §4 and those found beside them."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.speech import Kind, SpeechError, fragments, speak
from flows.speech.russian import ZONES


def said(kind: str, value: object, **options: str | bool) -> str:
    return speak(kind, value, language="ru", **options)


@pytest.mark.parametrize(
    ("minutes", "nominative", "accusative", "genitive"),
    [
        (0, "меньше минуты", "меньше минуты", "одной минуты"),
        (1, "одна минута", "одну минуту", "одной минуты"),
        (2, "две минуты", "две минуты", "двух минут"),
        (4, "четыре минуты", "четыре минуты", "четырёх минут"),
        (5, "пять минут", "пять минут", "пяти минут"),
        (11, "одиннадцать минут", "одиннадцать минут", "одиннадцати минут"),
        (14, "четырнадцать минут", "четырнадцать минут", "четырнадцати минут"),
        (21, "двадцать одна минута", "двадцать одну минуту", "двадцати одной минуты"),
        (60, "один час", "один час", "одного часа"),
        (80, "один час двадцать минут", "один час двадцать минут", "одного часа двадцати минут"),
    ],
)
def test_minutes_agree_in_each_case(minutes: int, nominative: str, accusative: str, genitive: str) -> None:
    assert said("minutes", minutes) == nominative
    assert said("minutes", minutes, case="a") == accusative
    assert said("minutes", minutes, case="g") == genitive


def test_duration_takes_seconds_and_names_them_only_below_a_minute() -> None:
    assert said("duration", 45) == "сорок пять секунд"
    assert said("duration", timedelta(minutes=5, seconds=20), case="g") == "пяти минут"


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (0, "перед вами никого нет"),
        (1, "перед вами один человек"),
        (2, "перед вами два человека"),
        (5, "перед вами пять человек"),
        (11, "перед вами одиннадцать человек"),
        (21, "перед вами двадцать один человек"),
        (111, "перед вами сто одиннадцать человек"),
    ],
)
def test_people_ahead_name_no_gender(people: int, words: str) -> None:
    assert said("people_ahead", people) == words


@pytest.mark.parametrize(
    ("number", "noun", "case", "words"),
    [
        (2, "новая заявка", "n", "две новые заявки"),
        (1, "новая заявка", "a", "одну новую заявку"),
        (5, "новая заявка", "g", "пяти новых заявок"),
        (111, "минута", "n", "сто одиннадцать минут"),
        (1, "год", "n", "один год"),
        (2, "год", "n", "два года"),
        (5, "год", "n", "пять лет"),
        (5, "год", "g", "пяти лет"),
        (2, "врач", "a", "двух врачей"),
        (22, "врач", "a", "двадцать два врача"),
        (21, "врач", "a", "двадцати одного врача"),
        (1, "рабочий день", "a", "один рабочий день"),
        (3, "обращение", "i", "тремя обращениями"),
    ],
)
def test_counted_nouns_agree(number: int, noun: str, case: str, words: str) -> None:
    assert said("count", number, noun=noun, case=case) == words


def test_working_days_agree() -> None:
    assert said("working_days", 14) == "четырнадцать рабочих дней"
    assert said("working_days", 2) == "два рабочих дня"
    assert said("working_days", 2, case="g") == "двух рабочих дней"


def test_money_counts_roubles_not_kopecks() -> None:
    assert said("money", 100_000) == "сто тысяч рублей"
    assert said("money", "1200.50") == "одна тысяча двести рублей пятьдесят копеек"
    assert said("money", Decimal("0.01")) == "одна копейка"
    assert said("money", 0) == "ноль рублей"


def test_gender_belongs_to_the_last_group_only() -> None:
    assert said("number", 1_000_002, gender="f") == "один миллион две"
    assert said("number", 21_000, case="a") == "двадцать одну тысячу"
    assert said("number", 4_000, case="a") == "четыре тысячи"


def test_dates_are_ordinals_with_a_genitive_year() -> None:
    assert said("date", date(2026, 11, 30)) == "тридцатого ноября"
    assert said("date", date(2026, 11, 30), year=True) == "тридцатого ноября две тысячи двадцать шестого года"
    assert said("date", "2000-01-03", case="n", year=True) == "третье января двухтысячного года"


@pytest.mark.parametrize(
    "end",
    [
        date(2026, 12, 1),
        "2026-12-01",
        "2026-12-01T00:00:00+03:00",
        datetime(2026, 12, 1, tzinfo=ZoneInfo("Europe/Moscow")),
    ],
)
def test_midnight_after_the_thirtieth_is_until_the_thirtieth(end: object) -> None:
    assert said("until", end) == "по тридцатое ноября включительно"


def test_time_is_spoken_in_its_own_zone() -> None:
    moscow = datetime(2026, 11, 24, 16, 45, tzinfo=ZoneInfo("Europe/Moscow"))
    assert said("time", moscow) == "шестнадцать часов сорок пять минут по московскому времени"
    assert said("time", "22:00 Asia/Tomsk") == "двадцать два часа по томскому времени"
    assert said("time", moscow, bare=True) == "шестнадцать часов сорок пять минут"
    assert said("time", time(9), zone="Europe/Kirov", case="g") == "девяти часов по кировскому времени"


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-30T01:30 Asia/Tomsk",
        "2026-11-29T18:30+00:00 Asia/Tomsk",
        datetime(2026, 11, 30, 1, 30, tzinfo=ZoneInfo("Asia/Tomsk")),
    ],
)
def test_a_moment_gives_its_local_day_and_time(moment: object) -> None:
    assert said("date", moment) == "тридцатого ноября"
    assert said("weekday", moment) == "понедельник"
    assert said("time", moment) == "один час тридцать минут по томскому времени"


@pytest.mark.parametrize("moment", ["2026-11-30T25:00", "2026-11-29T18:30+00:00 Asia/Nowhere", "2026-11-30Tx"])
def test_a_moment_that_is_none_is_refused(moment: str) -> None:
    for kind in ("date", "time", "until"):
        with pytest.raises(SpeechError):
            said(kind, moment)


def test_every_zone_of_the_hotlines_has_its_phrase() -> None:
    standards = {"Moscow", "Kirov", "Samara", "Saratov", "Yekaterinburg", "Tomsk"}
    assert standards <= {name.partition("/")[2] for name in ZONES}
    for name in ZONES:
        assert said("zone", ZoneInfo(name).key).startswith("по ")


def test_leading_zeros_never_vanish() -> None:
    assert said("digits", "0012") == "ноль ноль один два"
    assert said("last_four", "7756410884000011") == "ноль ноль один один"
    with pytest.raises(SpeechError, match="leading zeros"):
        said("digits", 12)


def test_a_policy_reads_back_in_fours() -> None:
    assert said("groups", "7756410884000011") == (
        "семь семь пять шесть, четыре один ноль восемь, восемь четыре ноль ноль, ноль ноль один один"
    )


def test_a_telephone_reads_by_its_groups() -> None:
    assert said("phone", "+78002001441") == "восемь восемьсот двести четырнадцать сорок один"
    assert said("phone", "8 (800) 250-01-01") == "восемь восемьсот двести пятьдесят ноль один ноль один"
    assert said("phone", "+77011234567").startswith("плюс семь семьсот один")
    assert said("extension", "50-93") == "добавочный пятьдесят девяносто три"
    assert said("extension", "73508") == "добавочный семь три пять ноль восемь"


def test_weekday_answers_when() -> None:
    assert f"в {said('weekday', '2026-11-25', case='a')}" == "в среду"


@pytest.mark.parametrize(
    ("kind", "value", "options"),
    [
        ("minutes", -1, {}),
        ("number", 1.5, {}),
        ("number", True, {}),
        ("money", 0.1, {}),
        ("money", "NaN", {}),
        ("date", "30.11.2026", {}),
        ("count", 2, {}),
        ("count", 2, {"noun": "бежать"}),
        ("minutes", 2, {"case": "ж"}),
        ("minutes", 2, {"year": True}),
        ("time", "16:45 Mars/Olympus", {}),
        ("phone", "112", {}),
        ("digits", "12a", {}),
        ("shout", 1, {}),
    ],
)
def test_what_cannot_be_spoken_is_refused(kind: str, value: object, options: dict[str, str | bool]) -> None:
    with pytest.raises(SpeechError):
        said(kind, value, **options)


def test_errors_never_quote_the_value() -> None:
    with pytest.raises(SpeechError) as error:
        said("groups", "77564108840000x1")
    assert "7756" not in str(error.value)


@given(st.text("0123456789", min_size=1, max_size=16))
def test_groups_say_every_digit(number: str) -> None:
    spoken = fragments(Kind.GROUPS, number, "ru")
    assert len(spoken) == len(number)
    assert " ".join(word.rstrip(",") for word in spoken) == said("digits", number)


@given(st.integers(-(10**12), 10**12), st.sampled_from("ngdaip"), st.sampled_from(["m", "f", "neuter"]))
def test_any_number_has_words(number: int, case: str, gender: str) -> None:
    words = said("number", number, case=case, gender=gender)
    assert words.replace(" ", "").isalpha()
