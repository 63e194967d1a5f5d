"""Reads a score card's YAML; what is wrong becomes findings, each addressed `file:line: path`."""

import re
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Final

from agents.quality.cards import CardSection, Question, ScoreCard
from config.line_descriptions import Words
from config.line_parts import words
from config.written import Findings, Section, Written, read_text

LANGUAGES: Final = ("ru", "en")
"""Every text of a card is written in these: whoever reads the pages reads the cards."""
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
LONGEST_SCALE: Final = 10


def read_card(path: Path, findings: Findings) -> tuple[ScoreCard, str] | None:
    """The card of a file and the file's text; None, with findings, for one that is wrong or cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        findings.add(f"{path.name}:1", "not UTF-8 text")
        return None
    except OSError as error:
        findings.add(path.name, f"cannot be read: {error.strerror}")
        return None
    card = card_of(path.stem, text, findings)
    return None if card is None else (card, text)


def card_of(name: str, text: str, findings: Findings) -> ScoreCard | None:
    """The card that is written in `text`; None, with findings, where it is wrong."""
    own = Findings()
    written = read_text(f"{name}.yaml", text, own)
    card = None if written is None else _card(name, text, written, own)
    findings.take(own)
    return None if own else card


def _card(name: str, text: str, written: Written, findings: Findings) -> ScoreCard:
    top = Section(written, findings)
    if not NAME.fullmatch(name):
        findings.add(written.place, "a card's file is called by a name such as medical_desk.yaml")
    pass_mark = top.number("pass_mark", 80)
    if pass_mark > 100:
        top.add("pass_mark", "is in percent: 100 or less")
    card = ScoreCard(
        name=name,
        digest=sha256(f"{name}\n{text}".encode()).hexdigest(),
        title=_words(top, "title"),
        pass_mark=pass_mark,
        sections=tuple(top.each("sections", _section, required=True).values()),
    )
    top.finish()
    if not findings:
        _check(card, top)
    return card


def _section(name: str, section: Section) -> CardSection:
    questions = tuple(section.each("questions", _question, required=True).values())
    if not questions and section.has("questions"):
        section.add("questions", "a section needs at least one question")
    return CardSection(name, _words(section, "title"), questions)


def _question(name: str, section: Section) -> Question:
    if not NAME.fullmatch(name):
        section.findings.add(section.written.place, "a question's name is in small Latin letters, digits and _")
    scale = section.optional_number("scale", least=2)
    if scale is not None and scale > LONGEST_SCALE:
        section.add("scale", f"must be {LONGEST_SCALE} or less")
    is_critical = section.flag("critical", default=False)
    if is_critical and scale is not None:
        section.add("critical", "a critical question is answered by yes or no: it has no scale")
    return Question(
        name=name,
        text=_words(section, "text"),
        hint=_words(section, "hint") if section.has("hint") else {},
        weight=section.number("weight"),
        scale=scale,
        is_critical=is_critical,
        may_not_apply=section.flag("not_applicable", default=True),
    )


def _words(section: Section, key: str) -> Words:
    found = words(section, key)
    if section.has(key):
        for language in LANGUAGES:
            if not found.get(language, "").strip():
                section.add(key, f"has no text in '{language}'")
    return found


def _check(card: ScoreCard, top: Section) -> None:
    if not card.sections and top.has("sections"):
        top.add("sections", "a card needs at least one section")
    counted = Counter(question.name for question in card.questions)
    for name in (name for name, times in counted.items() if times > 1):
        top.add("sections", f"two questions are called '{name}'")
    if card.sections and not any(question.weight for question in card.questions):
        top.add("sections", "no question has a weight")
