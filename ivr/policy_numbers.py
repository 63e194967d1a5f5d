"""Policy numbers: what they look like, how they are keyed, and what an ЕНП gives away.

A policy number is text: its leading zeros count. Nothing here judges by an ЕНП's first two digits, a region
code: people move and the number stays (standards §1).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

_SEPARATORS: Final = re.compile(r"[\s\-–—./_№]")
# A male's day, and the century in the month: standards §1.1.
_MALE_DAY: Final = 50


class PolicyNumberError(ValueError):
    """A policy number or its format is wrong; the message never quotes the number."""


class PolicyShape(StrEnum):
    """What a number looks like. `paper_serial` is on a paper form's back, and callers read it by mistake."""

    ENP = "enp"
    ENP_MISTYPED = "enp_mistyped"
    TEMPORARY = "temporary"
    PAPER_SERIAL = "paper_serial"
    OTHER_DIGITS = "other_digits"
    NOT_KEYABLE = "not_keyable"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True)
class EnpPerson:
    """Birth date and sex as an ЕНП encodes them: they catch a wrong key and prove nothing (§1.1)."""

    birth_date: date
    sex: Sex


@dataclass(frozen=True)
class PolicyFormat:
    """One insurer's numbers: a regular expression for a whole number as written, and an example of one."""

    pattern: re.Pattern[str]
    example: str

    @classmethod
    def of(cls, pattern: str, example: str) -> "PolicyFormat":
        """Raises PolicyNumberError if the pattern is broken or does not take its own example."""
        try:
            made = cls(re.compile(pattern), example)
        except re.error as error:
            raise PolicyNumberError(f"the pattern is no regular expression: {error}") from None
        if not made.accepts(example):
            raise PolicyNumberError("the pattern does not take its own example")
        return made

    def accepts(self, written: str) -> bool:
        """Whether the number, spaces at its ends aside, is of this insurer's shape."""
        return self.pattern.fullmatch(written.strip()) is not None


def shape_of(text: str) -> PolicyShape:
    """What kind of number this is, by its digits and length alone (standards §1.1, §1.2)."""
    digits = keyed_form(text)
    if digits is None:
        return PolicyShape.NOT_KEYABLE
    match len(digits):
        case 16:
            return PolicyShape.ENP if has_enp_check_digit(digits) else PolicyShape.ENP_MISTYPED
        case 11:
            return PolicyShape.PAPER_SERIAL
        case 9:
            return PolicyShape.TEMPORARY
        case _:
            return PolicyShape.OTHER_DIGITS


def keyed_form(policy: str) -> str | None:
    """The digits that a caller keys, leading zeros kept; None if there are letters, which have no keys."""
    bare = _SEPARATORS.sub("", policy)
    return bare if re.fullmatch(r"[0-9]+", bare) else None


def ambiguous_keyed_forms(policies: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Keyed forms that several of these numbers share, with the numbers: a birth date tells them apart."""
    sharing: defaultdict[str, list[str]] = defaultdict(list)
    for policy in dict.fromkeys(policies):
        if (keyed := keyed_form(policy)) is not None:
            sharing[keyed].append(policy)
    return {keyed: tuple(group) for keyed, group in sharing.items() if len(group) > 1}


def enp_check_digit(first_fifteen: str) -> str:
    """The 16th digit: HL7 Mod 10 over the first 15 (standards §1.1). Raises PolicyNumberError."""
    if not re.fullmatch(r"[0-9]{15}", first_fifteen):
        raise PolicyNumberError("expected the first 15 digits of an ЕНП")
    reversed_digits = first_fifteen[::-1]
    doubled = str(int(reversed_digits[::2]) * 2)
    total = sum(int(digit) for digit in reversed_digits[1::2] + doubled)
    return str(-total % 10)


def has_enp_check_digit(digits: str) -> bool:
    """Whether 16 digits end in the right check digit; it misses the swap 09↔90 and identifies nobody."""
    is_whole = re.fullmatch(r"[0-9]{16}", digits) is not None
    return is_whole and enp_check_digit(digits[:15]) == digits[15]


def decode_enp(enp: str) -> EnpPerson | None:
    """The birth date and sex in digits 3 to 10, or None where they hold no date (standards §1.1)."""
    if not re.fullmatch(r"[0-9]{16}", enp):
        return None
    plain = "".join(str(9 - int(digit)) for digit in enp[2:10])
    month, year, day = int(plain[:2]), int(plain[5:1:-1]), int(plain[6:])
    sex = Sex.MALE if day > _MALE_DAY else Sex.FEMALE
    try:
        born = date(year, month - _century_shift(year), day - (_MALE_DAY if sex is Sex.MALE else 0))
    except ValueError:
        return None
    return EnpPerson(born, sex)


def mask_policy(policy: str) -> str:
    """The last four characters behind dots: '···· 0011'; a number that short is hidden whole."""
    bare = _SEPARATORS.sub("", policy)
    return f"···· {bare[-4:]}" if len(bare) > 4 else "····"


def _century_shift(year: int) -> int:
    if year <= 1950:
        return 20
    return 40 if year <= 2000 else 0
