"""Numbers as the sources and the carrier write them (standards §2)."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.phone_numbers import (
    PhoneNumber,
    PhoneNumberError,
    exists,
    extension_digits,
    format_russian,
    is_toll_free,
    mask_phone,
    parse_caller_id,
    parse_phone,
    parse_phones,
    region_of,
    tel_uri,
    time_zone_of,
)


@pytest.mark.parametrize(
    ("written", "e164", "extension"),
    [
        ("8 (800) 200 14 41", "+78002001441", None),
        ("+7 (495) 785-10-57 доб. 50-93", "+74957851057", "5093"),
        ("+7 (495) 785-10-57 доб. 50-42", "+74957851057", "5042"),
        ("+7 (495) 727-44-44 (доб. 59-95)", "+74957274444", "5995"),
        ("8 (495) 783-26-40 доб. 73508", "+74957832640", "73508"),
        ("8 (495) 783-26-40, доб.73508", "+74957832640", "73508"),
        ("8(495)7832640 добавочный 73508", "+74957832640", "73508"),
        ("8 495 783 26 40 внутр. 12", "+74957832640", "12"),
        ("8 495 783 26 40 внутренний: 12", "+74957832640", "12"),
        ("8 495 783 26 40 вн. 012", "+74957832640", "012"),
        ("8 495 783 26 40 ext. 12", "+74957832640", "12"),
        ("tel:+7-495-783-26-40;ext=73508", "+74957832640", "73508"),
        ("+74957832640,,73508", "+74957832640", "73508"),
        ("8‑495‑783—26–40 ДОБ № 7", "+74957832640", "7"),
        ("тел. 8 (812) 329-23-15", "+78123292315", None),
        ("79161234567", "+79161234567", None),
        (" 79161234567", "+79161234567", None),
        ("9161234567", "+79161234567", None),
        ("+7 701 123 45 67", "+77011234567", None),
        ("+996 555 123 456", "+996555123456", None),
        ("+7 000 555 01 01", "+70005550101", None),
    ],
)
def test_numbers_are_read_however_they_are_written(written: str, e164: str, extension: str | None) -> None:
    assert parse_phone(written) == PhoneNumber(e164, extension)


def test_two_numbers_of_a_cell_are_two() -> None:
    both = "8 (800) 200 14 41; 8 (800) 775 14 41"
    assert parse_phones(both) == (PhoneNumber("+78002001441"), PhoneNumber("+78007751441"))
    with_extension = parse_phones("8 495 783-26-40 доб. 12, 8 (812) 329-23-15")
    assert with_extension == (PhoneNumber("+74957832640", "12"), PhoneNumber("+78123292315"))
    assert parse_phones("8 495 783-26-40 и +7 812 329-23-15")[1] == PhoneNumber("+78123292315")
    with pytest.raises(PhoneNumberError, match="two numbers"):
        parse_phone(both)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        ";",
        "регистратура",
        "112",
        "8 495",
        "+7 916 123 45 678 90",
        "доб. 5",
        "8 495 783-26-40 доб. 50-93 (приёмная)",
    ],
)
def test_what_is_no_number_is_refused_unquoted(written: str) -> None:
    with pytest.raises(PhoneNumberError) as error:
        parse_phone(written)
    assert not any(part in str(error.value) for part in written.split() if len(part) > 2)


def test_a_range_that_nobody_has_may_be_refused() -> None:
    invented = parse_phone("+7 000 555 01 01")
    assert not exists(invented)
    with pytest.raises(PhoneNumberError, match="no country"):
        parse_phone("+7 000 555 01 01", must_exist=True)


@pytest.mark.parametrize(
    "given_id",
    [
        "+266696687",
        "266696687",
        "+7378742833",
        "ANONYMOUS",
        "anonymous",
        "RESTRICTED",
        "Unavailable",
        "UNKNOWN",
        "",
        "+",
        "client:curator-7",
        "sip:+74957851057@example.invalid",
        "sip:anonymous@anonymous.invalid",
        "112",
        "+7916",
    ],
)
def test_a_withheld_or_unusable_caller_id_is_nobody(given_id: str) -> None:
    assert parse_caller_id(given_id) is None


@pytest.mark.parametrize("given_id", ["+79161234567", "79161234567", " 79161234567", "+7 (916) 123-45-67"])
def test_a_caller_id_is_a_number(given_id: str) -> None:
    assert parse_caller_id(given_id) == PhoneNumber("+79161234567")


def test_plus_seven_is_not_only_russia() -> None:
    assert region_of(parse_phone("+7 701 123 45 67")) == "KZ"
    assert region_of(parse_phone("+7 495 785 10 57")) == "RU"
    assert is_toll_free(parse_phone("8 800 200 14 41"))


def test_masks_keep_the_code_and_two_digits() -> None:
    assert mask_phone("+79161234567") == "+7 916 ···-··-67"
    assert mask_phone("+996555123456") == "+996 ···56"
    assert mask_phone("anonymous") == "···"


def test_a_number_is_masked_wherever_it_is_printed() -> None:
    number = PhoneNumber("+79161234567", "5093")
    for shown in (repr(number), str(number), f"{number}"):
        assert "1234" not in shown
        assert "5093" not in shown


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("8 495 785-10-57", "Europe/Moscow"),
        ("8 846 200-00-00", "Europe/Samara"),
        ("8 8452 20-00-00", "Europe/Saratov"),
        ("8 3822 20-00-00", "Asia/Tomsk"),
        ("8 8332 20-00-00", "Europe/Kirov"),
        ("8 4012 20-00-00", "Europe/Kaliningrad"),
        ("8 342 200-00-00", "Asia/Yekaterinburg"),
        ("8 916 123-45-67", None),
        ("8 800 200-14-41", None),
        ("+7 000 555 01 01", None),
    ],
)
def test_only_a_geographic_number_tells_its_zone(written: str, zone: str | None) -> None:
    assert time_zone_of(parse_phone(written)) == (ZoneInfo(zone) if zone else None)


def test_numbers_are_written_for_people_and_machines() -> None:
    curator = parse_phone("+7 (495) 785-10-57 доб. 50-93")
    assert format_russian(curator) == "8 (495) 785-10-57 доб. 5093"
    assert format_russian(parse_phone("+77011234567")) == "+7 701 123 4567"
    assert format_russian(parse_phone("+70005550101")) == "8 (000) 555-01-01"
    assert tel_uri(curator) == "tel:+7-495-785-10-57;ext=5093"
    assert extension_digits(curator) == "5093"
    assert extension_digits(parse_phone("8 800 200 14 41")) == ""


@pytest.mark.parametrize(
    ("e164", "extension"), [("89161234567", None), ("+7916123456７", None), ("+79161234567", "5-3")]
)
def test_a_number_is_never_built_wrong(e164: str, extension: str | None) -> None:
    with pytest.raises(PhoneNumberError):
        PhoneNumber(e164, extension)


@given(
    st.from_regex(r"[34589][0-9]{9}", fullmatch=True),
    st.none() | st.from_regex(r"[0-9]{1,6}", fullmatch=True),
)
def test_what_is_written_for_people_reads_back(national: str, extension: str | None) -> None:
    number = PhoneNumber(f"+7{national}", extension)
    assert parse_phone(format_russian(number)) == number
    assert parse_phone(tel_uri(number)) == number


@given(st.text())
def test_any_text_is_a_number_or_nobody(text: str) -> None:
    found = parse_caller_id(text)
    assert found is None or found.e164.startswith("+")
