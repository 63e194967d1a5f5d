"""English, Uzbek, Tajik and Kyrgyz speech, golden, and what every language must be able to say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.speech import LANGUAGES, Kind, SpeechError, fragments, speak
from flows.speech.templates import _SAMPLES


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("minutes", 1, "one minute"),
        ("minutes", 0, "less than a minute"),
        ("minutes", 64, "one hour four minutes"),
        ("people_ahead", 0, "there is nobody ahead of you"),
        ("people_ahead", 1, "there is one person ahead of you"),
        ("people_ahead", 2, "there are two people ahead of you"),
        ("money", 100_000, "one hundred thousand roubles"),
        ("until", "2026-12-01", "up to and including the thirtieth of November"),
        ("time", "16:45 Europe/Moscow", "four forty-five p.m., Moscow time"),
        ("time", "09:05", "nine oh five a.m."),
        ("time", "00:00", "midnight"),
        ("time", "12:30", "twelve thirty p.m."),
        ("groups", "00125093", "zero zero one two, five zero nine three"),
        ("phone", "+78002001441", "eight, eight zero zero, two zero zero, one four, four one"),
        ("working_days", 14, "fourteen working days"),
    ],
)
def test_english(kind: str, value: object, words: str) -> None:
    assert speak(kind, value, language="en") == words


def test_english_plurals() -> None:
    assert speak("count", 2, language="en", noun="second opinion") == "two second opinions"
    assert speak("count", 2, language="en", noun="policy") == "two policies"
    assert speak("count", 1, language="en", noun="child") == "one child"
    assert speak("date", "2026-11-30", language="en", year=True) == "the thirtieth of November, twenty twenty-six"


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("uz", 0, "nol"),
        ("uz", 121, "yuz yigirma bir"),
        ("uz", 100_000, "yuz ming"),
        ("ky", 999, "тогуз жүз токсон тогуз"),
        ("ky", 2026, "эки миң жыйырма алты"),
        ("tg", 0, "сифр"),
        ("tg", 16, "шонздаҳ"),
        ("tg", 31, "сию як"),
        ("tg", 121, "саду бисту як"),
        ("tg", 1005, "ҳазору панҷ"),
        ("tg", 100_000, "сад ҳазор"),
    ],
)
def test_numbers_of_the_migrants_line(language: str, number: int, words: str) -> None:
    assert speak("number", number, language=language) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [("uz", "oʻttizinchi noyabr"), ("ky", "отузунчу ноябрь"), ("tg", "сиюми ноябр")],
)
def test_dates_of_the_migrants_line(language: str, words: str) -> None:
    assert speak("date", "2026-11-30", language=language) == words


def test_a_number_too_large_for_a_table_goes_digit_by_digit() -> None:
    assert speak("number", 1_000_000, language="uz") == "bir nol nol nol nol nol nol"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_language_speaks_every_kind(language: str, kind: Kind) -> None:
    noun: dict[str, str | bool] = {"noun": "минута"} if kind is Kind.COUNT else {}
    for sample in _SAMPLES[kind]:
        spoken = fragments(kind, sample, language, **noun)
        assert all(part.strip() == part != "" for part in spoken)
        assert speak(kind, sample, language=language, **noun) == " ".join(spoken)


@pytest.mark.parametrize("language", ["uz", "ky", "tg"])
@given(number=st.integers(0, 999_999))
def test_numbers_are_told_apart(language: str, number: int) -> None:
    assert speak("number", number, language=language) != speak("number", (number + 1) % 10**6, language=language)


@pytest.mark.parametrize("language", ["uz", "ky", "tg"])
def test_every_day_of_a_month_has_its_ordinal(language: str) -> None:
    days = {speak("date", f"2026-01-{day:02}", language=language) for day in range(1, 32)}
    assert len(days) == 31


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(SpeechError, match="no speech in 'de'"):
        speak("number", 1, language="de")
