"""How long a text takes to say: never less for a longer one, and figures as long as their words."""

import pytest

from flows.speech import LANGUAGES, longest_seconds, render, seconds_to_say


def test_a_sentence_takes_its_letters_and_its_pauses() -> None:
    assert seconds_to_say("а" * 150, language="ru") == pytest.approx(10)
    assert seconds_to_say("а" * 148 + ", ", language="ru") == pytest.approx(10.15)
    assert seconds_to_say("а" * 149 + ".", language="ru") == pytest.approx(10.35)


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_are_as_long_as_their_words(language: str) -> None:
    words = render("{n:number}", {"n": 112}, language=language)
    assert seconds_to_say("112", language=language) == pytest.approx(seconds_to_say(words, language=language))


def test_many_figures_are_digits_one_by_one() -> None:
    assert seconds_to_say("7756410884000011", language="ru") > 5


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("Осталось {v:money}.", "120000.50"),
        ("Ждать {v:duration|a}.", 3540),
        ("Перезвоним {v:date} в {v:time}.", "2026-09-23T21:45 Europe/Kaliningrad"),
        ("Действовал {v:until|year}.", "2026-12-01"),
        ("Впереди: {v:people_ahead}.", 27),
        ("Полис {v:groups}.", "7756410884000011"),
        ("Место: {v:text}.", "Клиника на Садовой, дом 12"),
    ],
)
def test_no_value_is_longer_than_the_longest(template: str, value: object) -> None:
    spoken = seconds_to_say(render(template, {"v": value}, language="ru"), language="ru")
    assert spoken <= longest_seconds(template, language="ru") < spoken + 15
