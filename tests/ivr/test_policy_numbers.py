"""Policy numbers with the vectors of standards §1; every one of them is synthetic."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.policy_numbers import (
    EnpPerson,
    PolicyFormat,
    PolicyNumberError,
    PolicyShape,
    Sex,
    ambiguous_keyed_forms,
    decode_enp,
    enp_check_digit,
    has_enp_check_digit,
    keyed_form,
    mask_policy,
    shape_of,
)

VECTORS = ["7756410884000011", "7756410834000012", "7868150819000018", "5092989795000019"]
fifteen = st.from_regex(r"[0-9]{15}", fullmatch=True)


@pytest.mark.parametrize("enp", VECTORS)
def test_the_vectors_check(enp: str) -> None:
    assert enp_check_digit(enp[:15]) == enp[15]
    assert has_enp_check_digit(enp)


@given(fifteen)
def test_the_check_digit_is_luhns(first: str) -> None:
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(first[::-1]))
    assert enp_check_digit(first) == str(-sum(value // 10 + value % 10 for value in doubled) % 10)


@given(fifteen, st.integers(0, 15), st.integers(1, 9))
def test_one_wrong_key_is_always_caught(first: str, place: int, step: int) -> None:
    enp = first + enp_check_digit(first)
    wrong = str((int(enp[place]) + step) % 10)
    assert not has_enp_check_digit(enp[:place] + wrong + enp[place + 1 :])


def test_a_passed_check_is_no_identity() -> None:
    assert has_enp_check_digit("7756410884090004")
    assert has_enp_check_digit("7756410884900004")


@pytest.mark.parametrize("first", ["", "77564108840000", "7756410884000011", "77564108840000x", "٧" * 15])
def test_a_check_digit_needs_fifteen_digits(first: str) -> None:
    with pytest.raises(PolicyNumberError):
        enp_check_digit(first)


@pytest.mark.parametrize(
    ("enp", "born", "sex"),
    [
        ("7756410884000011", date(1985, 3, 15), Sex.FEMALE),
        ("7756410834000012", date(1985, 3, 15), Sex.MALE),
        ("7868150819000018", date(1948, 11, 30), Sex.MALE),
        ("5092989795000019", date(2010, 7, 4), Sex.FEMALE),
    ],
)
def test_birth_date_and_sex_are_readable(enp: str, born: date, sex: Sex) -> None:
    assert decode_enp(enp) == EnpPerson(born, sex)


@given(
    st.dates(date(1900, 1, 1), date(2026, 12, 31)),
    st.sampled_from(Sex),
    st.from_regex(r"[0-9]{2}", fullmatch=True),
)
def test_the_region_changes_nothing(born: date, sex: Sex, region: str) -> None:
    shift = 20 if born.year <= 1950 else 40 if born.year <= 2000 else 0
    day = born.day + (50 if sex is Sex.MALE else 0)
    plain = f"{born.month + shift:02}{str(born.year)[::-1]}{day:02}"
    enp = region + "".join(str(9 - int(digit)) for digit in plain) + "000000"
    assert decode_enp(enp) == EnpPerson(born, sex)


@pytest.mark.parametrize("enp", ["7700000000000000", "7799999999999999", "77", "77564108840000x1"])
def test_what_holds_no_date_is_nobody(enp: str) -> None:
    assert decode_enp(enp) is None


@pytest.mark.parametrize(
    ("number", "shape"),
    [
        ("7756 4108 8400 0011", PolicyShape.ENP),
        ("7756410884000012", PolicyShape.ENP_MISTYPED),
        ("12345678901", PolicyShape.PAPER_SERIAL),
        ("012 345678", PolicyShape.TEMPORARY),
        ("000-00-000000", PolicyShape.PAPER_SERIAL),
        ("0012345678", PolicyShape.OTHER_DIGITS),
        ("МС-123456", PolicyShape.NOT_KEYABLE),
        ("", PolicyShape.NOT_KEYABLE),
    ],
)
def test_numbers_are_told_by_length_and_letters(number: str, shape: PolicyShape) -> None:
    assert shape_of(number) is shape


@pytest.mark.parametrize(
    ("written", "keyed"),
    [
        ("0012-34 56", "00123456"),
        ("№ 007/12.5", "007125"),
        ("АБ 123456", None),
        ("12З456", None),
        ("١٢٣", None),
        ("", None),
    ],
)
def test_the_keyed_form_keeps_zeros_and_has_no_letters(written: str, keyed: str | None) -> None:
    assert keyed_form(written) == keyed


def test_numbers_that_key_alike_are_named() -> None:
    policies = ["01-2345", "012-345", "012345", "99", "АБ-1", "АВ-1", "01-2345"]
    assert ambiguous_keyed_forms(policies) == {"012345": ("01-2345", "012-345", "012345")}


def test_an_insurers_format_takes_its_own_numbers() -> None:
    shape = PolicyFormat.of(r"\d{3}-\d{2}-\d{6}", "001-22-333333")
    assert shape.accepts(" 001-22-333333 ")
    assert not shape.accepts("001-22-3333334")
    with pytest.raises(PolicyNumberError, match="no regular expression"):
        PolicyFormat.of("(", "1")
    with pytest.raises(PolicyNumberError, match="its own example"):
        PolicyFormat.of(r"\d+", "А1")


@pytest.mark.parametrize(
    ("policy", "shown"),
    [("7756 4108 8400 0011", "···· 0011"), ("АБ-123456", "···· 3456"), ("0011", "····"), ("", "····")],
)
def test_a_mask_shows_the_last_four(policy: str, shown: str) -> None:
    assert mask_policy(policy) == shown


@given(st.text(min_size=5))
def test_a_mask_never_shows_more_than_four(policy: str) -> None:
    assert len(re.sub(r"^···· ?", "", mask_policy(policy))) <= 4
