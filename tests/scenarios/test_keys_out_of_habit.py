"""Callers who end everything with `#`: what they keyed counts, and the `#` means nothing anywhere."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.scenarios.centre import MISCHIEF

PUNCTUAL = replace(MISCHIEF, late=0, reordered=0, lost=0)
MOSCOW = ZoneInfo("Europe/Moscow")
VSK, SOGLASIE = "+78002001441", "+78002500101"
RGS, OMS, MAKS = "+70000000301", "+78003336003", "+70000000501"
WAYS = {
    "appointment": (VSK, ("1", "1", "5000000001#", "15031985")),
    "second opinion": (VSK, ("5", "1", "5000000001#", "15031985")),
    "curator by extension": (VSK, ("3", "5093#")),
    "ambulance beyond the ring road": (SOGLASIE, ("2", "2", "2", "045")),
    "duty therapist": (RGS, ("1", "7700100010#", "09091984", "1", "1")),
    "region by its code": (OMS, ("2", "70", "1", "2", "2")),
    "day of payment": (MAKS, ("1", "2", "0101", "1")),
    "terms of a region": (MAKS, ("1", "4", "77", "1")),
}


def _heard(centre: Any, number: str, presses: tuple[str, ...]) -> tuple[list[str], str | None]:
    """What a caller hears, each text once, to the end of the call; and the outcome on record."""
    phone = centre.dial(number, presses=presses)
    texts = _texts(phone)
    centre.stage.rehearsal.run_for(timedelta(minutes=2))
    # How long it will take depends on the calls before.
    lasting = [text for text in dict.fromkeys(texts) if not text.startswith("Ответим примерно")]
    return lasting, centre.story(phone.call_sid, [], []).outcome


def _texts(phone: Any) -> list[str]:
    return [str(event["text"]) for event in phone.events() if event and event["kind"] == "hears" and "text" in event]


@pytest.mark.parametrize("way", WAYS)
def test_a_hash_after_every_entry_changes_nothing(centre: Any, way: str) -> None:
    number, presses = WAYS[way]
    # News that come late let the agent come late, and the caller hears more of what is said meanwhile.
    centre.switch.misbehave(PUNCTUAL)
    _heard(centre, number, presses)  # whatever this opens stands open for both calls that are compared
    plain = _heard(centre, number, presses)
    with_hashes = _heard(centre, number, tuple(f"{keys.removesuffix('#')}#" for keys in presses))
    assert with_hashes == plain


def test_a_hash_before_the_tone_does_not_skip_what_the_secretary_says(centre: Any) -> None:
    evening = centre.now.astimezone(MOSCOW).replace(hour=20, minute=0)
    centre.stage.rehearsal.clock.move_to(evening if evening > centre.now else evening + timedelta(days=1))
    centre.stage.rehearsal.settle()
    number, presses = WAYS["region by its code"]
    heard, outcome = _heard(centre, number, tuple(f"{keys}#" for keys in presses))
    assert any(text.startswith("После сигнала скажите") for text in heard)
    assert outcome == "voicemail_left"


def test_a_hash_kept_through_the_conversation_does_not_skip_the_survey(centre: Any) -> None:
    heard, _ = _heard(centre, VSK, ("1#", "1#", "5000000001##", "15031985#", "5#"))
    assert any(text.startswith("Помогли ли вам?") for text in heard)
    assert "Спасибо, это нам поможет." in heard


def test_a_hash_pressed_after_listening_still_leads_back(centre: Any) -> None:
    phone = centre.dial(VSK, presses=("2", "#", "9"))
    assert sum("Больница — 2." in text for text in _texts(phone)) == 2
