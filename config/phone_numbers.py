"""Telephone numbers: read from rosters and the carrier, kept as E.164 with the extension apart, shown masked.

The traps are those of standards §2: Russian words for extensions, two numbers in one cell, withheld caller
IDs that look like numbers, and +7 that is Kazakhstan.
"""

import re
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from phonenumbers import timezone as number_zones

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_EXTENSION_WORDS: Final = r"добавочный|добав|доб|внутренний|внутр|вн|extension|ext|x|;\s*ext\s*=|,{1,2}|#"
# libphonenumber refuses most Russian spellings and cuts "50-93" to 50, so the extension comes off first.
_EXTENSION: Final = re.compile(
    rf"[\s(,;]*(?:{_EXTENSION_WORDS})\s*[.:]?\s*(?:No)?\s*(?P<digits>[0-9][0-9\s-]*)\)?[\s.]*$", re.IGNORECASE
)
_LONGEST_EXTENSION: Final = 11
_SEVERAL: Final = re.compile(
    r"\s*(?:[;/\n](?!\s*ext)|(?<!,),(?=\s*\+?(?:[\s()-]*[0-9]){9})|\s(?:и|или)\s)\s*", re.IGNORECASE
)
_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212]")

# Carriers name a withheld caller by a word, or by that word on a telephone's keys: +266696687 (standards §2).
_WITHHELD_WORDS: Final = (
    "ANONYMOUS", "BLOCKED", "PRIVATE", "RESTRICTED", "UNAVAILABLE", "UNKNOWN", "WITHHELD",
)  # fmt: skip
_ON_KEYS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_WITHHELD_DIGITS: Final = frozenset(word.translate(_ON_KEYS) for word in _WITHHELD_WORDS)

# The library's zones by prefix are older than these regions' moves, Saratov's by an hour (seen in 9.0.43).
_MOVED_ZONES: Final = {
    "+7382": "Asia/Tomsk",
    "+7401": "Europe/Kaliningrad",
    "+7833": "Europe/Kirov",
    "+7845": "Europe/Saratov",
}


class PhoneNumberError(ValueError):
    """A text is no telephone number; the message never quotes it, since it may be somebody's."""


@dataclass(frozen=True, repr=False)
class PhoneNumber:
    """A number in E.164 and the extension behind it, digits or None. Its own text is masked, for logs."""

    e164: str
    extension: str | None = None

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.e164):
            raise PhoneNumberError("expected a number in E.164 form, such as +74957851057")
        if self.extension is not None and not re.fullmatch(rf"[0-9]{{1,{_LONGEST_EXTENSION}}}", self.extension):
            raise PhoneNumberError(f"expected an extension of 1 to {_LONGEST_EXTENSION} digits")

    def __repr__(self) -> str:
        behind = "" if self.extension is None else " доб."
        return f"<PhoneNumber {mask_phone(self.e164)}{behind}>"


def parse_phone(text: str, region: str = "RU", *, must_exist: bool = False) -> PhoneNumber:
    """One number, however it is written; 8 is Russia's trunk prefix. Raises PhoneNumberError.

    Its length must be possible; with `must_exist` the numbering plan must know its range too, which numbers
    made up for a demonstration do not pass.
    """
    found = parse_phones(text, region, must_exist=must_exist)
    if len(found) > 1:
        raise PhoneNumberError("two numbers are written together; keep one")
    return found[0]


def parse_phones(text: str, region: str = "RU", *, must_exist: bool = False) -> tuple[PhoneNumber, ...]:
    """Every number of a cell, parted by `;`, `,`, `/`, 'и' or a line's end; raises PhoneNumberError."""
    cleaned = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).strip()
    parts = [part for part in _SEVERAL.split(cleaned) if part]
    if not parts:
        raise PhoneNumberError("the number is empty")
    return tuple(_one(part, region, must_exist) for part in parts)


def parse_keyed(digits: str, countries: Collection[str]) -> PhoneNumber:
    """A number as keys give it: 8 and ten digits, or a country's code behind 810 or with nothing before it.

    Where it can be read as a number of one of the `countries` it is that one. Raises PhoneNumberError for what is no
    number, and for one whose owner is paid by whoever rings it.
    """
    found: list[PhoneNumber] = []
    for text in (digits, f"+{digits}"):
        with suppress(PhoneNumberError):
            found.append(parse_phone(text))
    number = next((one for one in found if country_of(one) in countries), found[0] if found else None)
    if number is None:
        raise PhoneNumberError("not a telephone number")
    if phonenumbers.number_type(_parsed(number.e164)) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        raise PhoneNumberError("a number that costs whoever rings it more than a call")
    return number


def parse_caller_id(text: str) -> PhoneNumber | None:
    """The number that the carrier says is calling; None if withheld or no telephone (`client:`, `sip:`)."""
    given = text.strip()
    is_digits = re.fullmatch(r"\+?[0-9\s().-]+", given) is not None
    if not is_digits or re.sub(r"\D", "", given) in _WITHHELD_DIGITS:
        return None
    try:
        return parse_phone(given)
    except PhoneNumberError:
        return None


def mask_phone(e164: str) -> str:
    """A number for logs and screens: '+7 916 ···-··-67'; of other countries only the code and two digits."""
    if russian := re.fullmatch(r"\+7(\d{3})\d{5}(\d{2})", e164):
        return f"+7 {russian[1]} ···-··-{russian[2]}"
    if not _E164.fullmatch(e164):
        return "···"
    return f"+{_parsed(e164).country_code} ···{e164[-2:]}"


def time_zone_of(number: PhoneNumber) -> ZoneInfo | None:
    """The zone of a geographic number; None where its prefix covers several, as mobile and 8 800 do."""
    if moved := _MOVED_ZONES.get(number.e164[:5]):
        return ZoneInfo(moved)
    zones = number_zones.time_zones_for_number(_parsed(number.e164))
    if len(zones) != 1 or zones[0] == number_zones.UNKNOWN_TIMEZONE:
        return None
    return ZoneInfo(zones[0])


def exists(number: PhoneNumber) -> bool:
    """Whether the world's numbering plans have handed out the number's range."""
    return phonenumbers.is_valid_number(_parsed(number.e164))


def is_toll_free(number: PhoneNumber) -> bool:
    """Whether calling it costs the caller nothing: 8 800."""
    return phonenumbers.number_type(_parsed(number.e164)) == phonenumbers.PhoneNumberType.TOLL_FREE


def region_of(number: PhoneNumber) -> str | None:
    """The country that the number belongs to ('RU', 'KZ'), or None; +7 alone does not tell."""
    return phonenumbers.region_code_for_number(_parsed(number.e164))


def country_of(number: PhoneNumber) -> str | None:
    """As `region_of`, but +7 and then 6 or 7 is Kazakhstan and any other +7 Russia, handed out or not."""
    if number.e164.startswith("+7"):
        return "KZ" if number.e164[2] in "67" else "RU"
    return region_of(number)


def format_russian(number: PhoneNumber) -> str:
    """As a Russian reader writes it: '8 (495) 785-10-57 доб. 5093'; foreign numbers in international form."""
    parsed = _parsed(number.e164)
    if russian := re.fullmatch(r"\+7([0-589]\d{2})(\d{3})(\d{2})(\d{2})", number.e164):
        shown = "8 ({}) {}-{}-{}".format(*russian.groups())
    else:
        shown = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    return shown if number.extension is None else f"{shown} доб. {number.extension}"


def tel_uri(number: PhoneNumber) -> str:
    """RFC 3966 with the extension that E.164 drops: 'tel:+7-495-785-10-57;ext=5093'."""
    uri = phonenumbers.format_number(_parsed(number.e164), PhoneNumberFormat.RFC3966)
    return uri if number.extension is None else f"{uri};ext={number.extension}"


def extension_digits(number: PhoneNumber) -> str:
    """The keys to send once the number has answered, or none; how long to wait is the carrier's business."""
    return number.extension or ""


def _one(text: str, region: str, must_exist: bool) -> PhoneNumber:
    main, extension = _without_extension(text)
    try:
        parsed = phonenumbers.parse(main, region)
    except NumberParseException:
        raise PhoneNumberError("not a telephone number") from None
    if not phonenumbers.is_possible_number(parsed):
        raise PhoneNumberError("a telephone number of an impossible length")
    if parsed.extension:
        # Something stands behind it that hid the extension from us; the library would cut 50-93 to 50.
        raise PhoneNumberError("the extension cannot be read; write it last, as in 'доб. 5093'")
    if must_exist and not phonenumbers.is_valid_number(parsed):
        raise PhoneNumberError("no country has such a telephone number")
    return PhoneNumber(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), extension)


def _without_extension(text: str) -> tuple[str, str | None]:
    match = _EXTENSION.search(text)
    if match is None:
        return text, None
    return text[: match.start()], re.sub(r"\D", "", match["digits"])


def _parsed(e164: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.parse(e164, None)
