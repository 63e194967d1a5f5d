"""Addresses of prompts: nobody makes or reads one without the key, and each ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.packs.addresses import STOPS, Addresses, BadAddress, Played

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OURS = Addresses("https://pult.example", b"a secret of 32 bytes, or as many")
THEIRS = Addresses("https://pult.example", b"another secret")
PROMPT = (Played(b"12345678"), Played(b"abcdefgh", ","))


def parted(url: str) -> tuple[int, str]:
    day, token = url.removesuffix(".wav").split("/")[-2:]
    return int(day), token


@given(st.lists(st.builds(Played, st.binary(min_size=8, max_size=8), st.sampled_from(STOPS)), min_size=1, max_size=64))
def test_an_address_names_its_recordings_to_us_alone(played: list[Played]) -> None:
    day, token = parted(OURS.of(tuple(played), NOW))

    assert OURS.read(day, token, NOW) == tuple(played)
    with pytest.raises(BadAddress):
        THEIRS.read(day, token, NOW)
    assert all(one.id not in token.encode() for one in played)


def test_the_same_prompt_has_the_same_address_for_a_day_so_that_it_is_fetched_once() -> None:
    assert OURS.of(PROMPT, NOW) == OURS.of(PROMPT, NOW + timedelta(hours=10))
    assert OURS.of(PROMPT, NOW) != OURS.of(PROMPT, NOW + timedelta(days=1))


def test_an_address_is_good_for_a_day_and_not_for_three() -> None:
    day, token = parted(OURS.of(PROMPT, NOW))

    assert OURS.read(day, token, NOW + timedelta(hours=24)) == PROMPT
    with pytest.raises(BadAddress, match="expired"):
        OURS.read(day, token, NOW + timedelta(days=2))
    # Its end cannot be put off.
    with pytest.raises(BadAddress, match="not made here"):
        OURS.read(day + 1, token, NOW + timedelta(days=1))


@given(st.integers(0, 200), st.sampled_from("AbZ09-_=%/.é"))
def test_a_changed_address_is_refused(at: int, letter: str) -> None:
    day, token = parted(OURS.of(PROMPT, NOW))
    at %= len(token)
    changed = token[:at] + letter + token[at + 1 :]
    if changed == token:
        return

    with pytest.raises(BadAddress):
        OURS.read(day, changed, NOW)


@pytest.mark.parametrize("token", ["", "AAAA", "../../etc/passwd", "Ll5h7Zmf0OjQm4lDkGuSVJq1_Sl4je2YoA", "A" * 5000])
def test_what_is_no_address_is_refused(token: str) -> None:
    with pytest.raises(BadAddress):
        OURS.read(parted(OURS.of(PROMPT, NOW))[0], token, NOW)
