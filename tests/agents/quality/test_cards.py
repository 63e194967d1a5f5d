"""Score cards: read with addressed findings, the last good version stays, and an evaluation stays on its own."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from sqlalchemy import select

from agents.models.evaluations import ScoreCardVersion
from agents.quality.card_library import CardLibrary, findings_of_lines, read_cards
from agents.quality.card_schema import editor_schema, schema_text
from agents.quality.cli import score_cards_command
from config.settings import score_cards_dir_of
from config.written import Findings
from tests.agents.conftest import House

SHIPPED = score_cards_dir_of({})
CARD = """
title: {ru: Пульт, en: Desk}
pass_mark: 80
sections:
  opening:
    title: {ru: Начало, en: Opening}
    questions:
      greeting:
        text: {ru: Поздоровался, en: Greeted}
        weight: 10
"""


def found(folder: Path, **cards: str) -> tuple[dict[str, object], tuple[str, ...]]:
    for name, text in cards.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    findings = Findings()
    return dict(read_cards(folder, findings)), findings.lines


def test_every_shipped_card_is_read_fits_the_schema_and_is_named_by_a_line(house: House) -> None:
    findings = Findings()
    cards = read_cards(SHIPPED, findings)
    findings_of_lines(house.centre.insurers, frozenset(cards), findings)
    assert findings.lines == ()
    validator = Draft202012Validator(editor_schema())
    for name in cards:
        assert list(validator.iter_errors(yaml.safe_load((SHIPPED / f"{name}.yaml").read_text("utf-8")))) == []
    library = CardLibrary(house.centre)
    library.install()
    assert {card.name for one in house.centre.insurers for card in library.cards_of(one)} == set(cards)
    for card, _ in cards.values():
        assert any("emergency" in one.name or one.name == "never_refused" for one in card.questions if one.is_critical)


def test_the_schema_file_is_up_to_date() -> None:
    text = (SHIPPED / "schema.json").read_text("utf-8")
    assert text == schema_text(), "run: pult score-cards schema > config/score_cards/schema.json"
    assert json.loads(text)["title"] == "A score card of Pult"


WRONG = [
    ("weight: 10", "weight: ten", "desk.yaml:10: sections.opening.questions.greeting.weight: expected a whole number"),
    ("weight: 10", "weight: 0", "desk.yaml:4: sections: no question has a weight"),
    ("en: Greeted", "fr: Salue", "desk.yaml:9: sections.opening.questions.greeting.text: has no text in 'en'"),
    ("pass_mark: 80", "pass_mark: 180", "desk.yaml:3: pass_mark: is in percent: 100 or less"),
    (
        "weight: 10",
        "weight: 10\n        scale: 4\n        critical: true",
        (
            "desk.yaml:12: sections.opening.questions.greeting.critical: a critical question is answered by yes or no: "
            "it has no scale"
        ),
    ),
    (
        "weight: 10",
        "weight: 10\n        wieght: 3",
        (
            "desk.yaml:11: sections.opening.questions.greeting.wieght: unknown; known here: critical, hint, "
            "not_applicable, scale, text, weight"
        ),
    ),
    ("title: {ru: Пульт", "title: {ru: [Пульт", "desk.yaml:2: did not find expected ',' or ']'"),
]


@pytest.mark.parametrize(("right", "wrong", "finding"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_what_is_wrong_is_said_with_its_address(tmp_path: Path, right: str, wrong: str, finding: str) -> None:
    assert right in CARD
    assert found(tmp_path, desk=CARD.replace(right, wrong)) == ({}, (finding,))


def test_two_questions_of_one_name_are_refused(tmp_path: Path) -> None:
    second = CARD.partition("sections:\n")[2].replace("opening:", "closing:")
    _, lines = found(tmp_path, desk=CARD + second)
    assert lines == ("desk.yaml:4: sections: two questions are called 'greeting'",)


def test_a_broken_card_leaves_the_last_good_version(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(SHIPPED, tmp_path / "cards")
    settings = replace(house.centre.settings, score_cards_dir=tmp_path / "cards")
    library = CardLibrary(replace(house.centre, settings=settings))
    library.install()
    good = library.current("vsk")
    path = tmp_path / "cards" / "vsk.yaml"
    whole = path.read_text("utf-8")
    path.write_text(whole.replace("weight: 15", "weight: much", 1), "utf-8")
    again = CardLibrary(replace(house.centre, settings=settings))
    again.install()
    assert again.current("vsk") == good
    assert "vsk.yaml:28: sections.secrecy.questions.identified_first.weight: expected a whole number" in caplog.text
    path.write_text(whole.replace("weight: 15", "weight: 16", 1), "utf-8")
    again.install()
    newer = again.current("vsk")
    assert newer is not None
    assert good is not None
    assert newer.digest != good.digest
    with house.centre.database.reading("test_versions") as tx:
        assert again.version(tx, good.digest) == good
        assert CardLibrary(house.centre).version(tx, good.digest) == good
        kept = tx.scalars(select(ScoreCardVersion.digest).where(ScoreCardVersion.name == "vsk")).all()
    assert set(kept) == {good.digest, newer.digest}


def test_a_version_that_comes_back_is_the_last_good_one_again(house: House, tmp_path: Path) -> None:
    settings = replace(house.centre.settings, score_cards_dir=tmp_path)
    library = CardLibrary(replace(house.centre, settings=settings))
    digests = []
    for text in (CARD, CARD.replace("weight: 10", "weight: 5"), CARD, "broken: [", ":"):
        (tmp_path / "desk.yaml").write_text(text, "utf-8")
        house.clock.move_by(60)
        library.install()
        card = library.current("desk")
        digests.append(card.digest if card else None)
    first, second, *back = digests
    assert first != second
    assert back == [first] * 3


def test_queue_before_line_before_insurer_names_the_card(house: House) -> None:
    library = CardLibrary(house.centre)
    library.install()
    insurer = house.centre.insurers["vsk"]
    named = [library.card_for(insurer, line="medical_desk", queue=queue) for queue in ("emergency", "curator", None)]
    assert [card and card.name for card in named] == ["emergency", "vsk", "vsk"]
    line = replace(insurer.lines["medical_desk"], score_card="oms")
    of_line = replace(insurer, lines={**insurer.lines, "medical_desk": line})
    named = [library.card_for(of_line, line="medical_desk", queue=queue) for queue in ("emergency", "curator")]
    assert [card and card.name for card in named] == ["emergency", "oms"]


def test_the_command_says_what_is_wrong(house: House, tmp_path: Path) -> None:
    command = score_cards_command(lambda: house.centre.insurers, lambda: SHIPPED)
    assert CliRunner().invoke(command, ["check"]).output == "6 score cards read.\n"
    (tmp_path / "vsk.yaml").write_text(CARD.replace("weight: 10", "weight: -1"), "utf-8")
    checked = CliRunner().invoke(command, ["check", str(tmp_path)])
    assert checked.exit_code == 1
    assert "vsk.yaml:10: sections.opening.questions.greeting.weight: must be 0 or more" in checked.output
    assert "vsk.yaml: queues.emergency.score_card: no score card 'emergency'" in checked.output
