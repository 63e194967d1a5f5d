"""The grammar of prompt texts: what renders, what is listed, and where an error points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.speech import Kind, PromptError, check_template, parse, placeholders, render


@pytest.mark.parametrize(
    ("template", "variables", "words"),
    [
        ("Сейчас {ahead:people_ahead}.", {"ahead": 2}, "Сейчас перед вами два человека."),
        ("Ответим через {wait:minutes|a}.", {"wait": 4}, "Ответим через четыре минуты."),
        ("В течение {wait:duration|g}.", {"wait": 300}, "В течение пяти минут."),
        ("У вас {n:count:открытая заявка}.", {"n": 21}, "У вас двадцать одна открытая заявка."),
        (
            "Приём {day:date|year}.",
            {"day": "2026-11-30"},
            "Приём тридцатого ноября две тысячи двадцать шестого года.",
        ),
        ("{at:time|Europe/Samara}", {"at": "16:00"}, "шестнадцать часов по самарскому времени"),
        ("{ place : ordinal | f | a }", {"place": 3}, "третью"),
        ("Скажите {{ или }}", {}, "Скажите { или }"),
        ("", {}, ""),
    ],
)
def test_templates_render(template: str, variables: dict[str, object], words: str) -> None:
    assert render(template, variables, language="ru") == words


def test_placeholders_are_listed_with_kinds_and_places() -> None:
    listed = placeholders("{ahead:people_ahead}, {wait:minutes|a}")
    assert [(one.name, one.kind, one.options, one.position) for one in listed] == [
        ("ahead", Kind.PEOPLE_AHEAD, (), 0),
        ("wait", Kind.MINUTES, (("case", "a"),), 22),
    ]


@pytest.mark.parametrize(
    ("template", "position", "reason"),
    [
        ("Ждите {wait", 6, "a lone '{'"),
        ("Ждите } ещё", 6, "a lone '}'"),
        ("Ждите {a {b:number}", 6, "a lone '{'"),
        ("{wait}", 0, "'wait' needs a kind"),
        ("Код {1x:digits}", 4, "not a variable's name"),
        ("Код {:digits}", 4, "not a variable's name"),
        ("{}", 0, "not a variable's name"),
        ("{x:loud}", 0, "no kind 'loud'"),
        ("{x:number|ж}", 0, "no option 'ж'"),
        ("{x:digits|g}", 0, "takes no option 'case'"),
        ("{x:number|g|a}", 0, "given twice"),
        ("{x:count}", 0, "needs a noun"),
        ("{x:number:минута}", 0, "takes no option 'noun'"),
        ("{x:count:минута:час}", 0, "needs a kind"),
    ],
)
def test_a_malformed_template_says_where(template: str, position: int, reason: str) -> None:
    with pytest.raises(PromptError, match=reason) as error:
        placeholders(template)
    assert error.value.position == position


def test_a_missing_or_unfit_value_names_the_placeholder() -> None:
    with pytest.raises(PromptError, match="no value for 'wait'") as missing:
        render("Ждите {wait:minutes}", {}, language="ru")
    assert missing.value.position == 6
    with pytest.raises(PromptError, match=r"\{wait\}: expected a whole number"):
        render("Ждите {wait:minutes}", {"wait": "долго"}, language="ru")


def test_check_finds_a_noun_that_does_not_decline() -> None:
    check_template("{n:count:открытая заявка|a}", language="ru")
    with pytest.raises(PromptError, match="'бежать' is not a noun"):
        check_template("{n:count:бежать}", language="ru")


def test_a_template_is_parsed_once() -> None:
    assert parse("{n:number}") is parse("{n:number}")


@given(st.text())
def test_any_text_renders_or_is_refused_with_a_place(template: str) -> None:
    try:
        spoken, position = render(template, {}, language="ru"), 0
    except PromptError as error:
        spoken, position = "", error.position
    assert spoken or 0 <= position <= max(0, len(template) - 1)


@given(st.text())
def test_doubled_braces_say_any_text(text: str) -> None:
    assert render(text.replace("{", "{{").replace("}", "}}"), {}, language="ru") == text
