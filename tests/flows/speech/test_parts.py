"""A prompt in parts says what its text says, whatever values come, and every part is known beforehand."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.library import FlowSet
from flows.speech import Kind, PromptError, every_fragment, fixed_parts, parts, placeholders, render, text_of_parts
from flows.speech.every_fragment import YEARS
from flows.speech.parts import PRIVATE

NOON = datetime(2026, 11, 30, 12, 5, tzinfo=ZoneInfo("Europe/Moscow"))
ZONES = ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Kamchatka")
DAYS = st.dates(date(YEARS[0], 1, 2), date(YEARS[-1], 12, 31))
WHOLE = st.integers(0, 999_999_999)
VALUES = {
    Kind.NUMBER: WHOLE,
    Kind.MONEY: st.decimals(Decimal(0), Decimal(99_999_999), places=2),
    Kind.DATE: DAYS,
    Kind.UNTIL: DAYS,
    Kind.WEEKDAY: DAYS,
    Kind.TIME: st.times().map(lambda at: at.replace(second=0, microsecond=0))
    | st.builds(lambda at, zone: f"{at:%H:%M} {zone}", st.times(), st.sampled_from(ZONES)),
    Kind.ZONE: st.sampled_from(ZONES),
    Kind.MINUTES: st.integers(0, 24 * 60),
    Kind.DURATION: st.integers(0, 86_400).map(lambda seconds: timedelta(seconds=seconds)),
    Kind.PEOPLE_AHEAD: st.integers(0, 5000),
    Kind.COUNT: WHOLE,
    Kind.WORKING_DAYS: st.integers(0, 400),
    Kind.DIGITS: st.text("0123456789", min_size=1, max_size=16),
    Kind.GROUPS: st.text("0123456789", min_size=1, max_size=16),
    Kind.LAST_FOUR: st.text("0123456789", min_size=4, max_size=16),
    Kind.PHONE: st.integers(0, 9_999_999_999).map(lambda number: f"+7{number:010d}"),
    Kind.EXTENSION: st.text("0123456789", min_size=2, max_size=5),
    Kind.TEXT: st.sampled_from(("Самарская область", "клиника «Забота», дом 5")),
    Kind.ORDINAL: st.integers(1, 199),
}
RUSSIAN = [
    *("Сейчас {x:number}.", "Осталось {x:number|f|g}, ждите", "{x:ordinal|f|a} — в очереди", "Это {x:money}!"),
    *("Мы перезвоним {x:date}, до вечера.", "Полис действует {x:until|year}.", "в {x:weekday|a}", "в {x:time}"),
    *("с {x:time|g|bare} до обеда", "{x:time|Europe/Samara}", "{x:zone}", "Через {x:minutes|a}: ждите."),
    *("Ответим за {x:duration|a}.", "Спасибо, {x:people_ahead}.", "{x:count:новая заявка} у вас", "{x:working_days|g}"),
    *("Код «{x:digits}».", "Полис {x:groups}", "цифры: {x:last_four}.", "Звоните: {x:phone}.", "доп. {x:extension};"),
    "Регион: {x:text}.",
]


def put_in_order(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("template", RUSSIAN)
@settings(max_examples=60)
@given(data=st.data())
def test_parts_say_what_the_text_says(template: str, data: st.DataObject) -> None:
    (placeholder,) = placeholders(template)
    value = data.draw(VALUES[placeholder.kind])

    said = parts(template, {"x": value}, language="ru")

    assert text_of_parts(said).replace(" ", "") == render(template, {"x": value}, language="ru").replace(" ", "")
    known = {*fixed_parts(template), *every_fragment(placeholder, language="ru")}
    assert {part.words for part in said if not part.is_private} <= known


@pytest.mark.parametrize("language", ["ru", "en", "uz", "tg", "ky"])
def test_every_shipped_prompt_in_parts_says_its_text(language: str) -> None:
    samples = {
        Kind.DATE: NOON, Kind.UNTIL: date(2026, 12, 1), Kind.TIME: NOON, Kind.DURATION: 300,
        Kind.PEOPLE_AHEAD: 3, Kind.MONEY: Decimal("12000.50"), Kind.LAST_FOUR: "1234", Kind.TEXT: "слова",
    }  # fmt: skip
    for prompt in FlowSet.from_folder().prompts.values():
        template = prompt.texts.get(language)
        if template is None:
            continue
        values = {one.name: samples[one.kind] for one in placeholders(template)}
        said = text_of_parts(parts(template, values, language=language))
        assert said == put_in_order(render(template, values, language=language)), prompt.id


def test_what_could_tell_a_person_is_no_recording() -> None:
    for kind in PRIVATE:
        (placeholder,) = placeholders(f"{{x:{kind}}}")
        assert every_fragment(placeholder, language="ru") == ()
    said = parts("Полис {x:last_four}.", {"x": "0000123456"}, language="ru")
    assert [part.is_private for part in said] == [False, True, True, True, True]


def test_signs_between_values_are_pauses_and_no_recordings() -> None:
    said = parts("с {a:time|g|bare} , до {b:time|g|bare}.", {"a": time(10), "b": time(12)}, language="ru")

    assert [(part.words, part.stop) for part in said] == [
        ("с", ""), ("десяти", ""), ("часов", ","), ("до", ""), ("двенадцати", ""), ("часов", "."),
    ]  # fmt: skip


def test_a_value_that_is_not_there_is_named() -> None:
    with pytest.raises(PromptError, match="no value for 'x'"):
        parts("{x:number}", {}, language="ru")
