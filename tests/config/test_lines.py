"""The five insurers as they ship, and what their description lets the rest of the centre ask."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.errors import SettingMissing
from config.line_descriptions import InsurerKind
from config.lines import Insurers, read_insurers

SHIPPED = Path(__file__).parents[2] / "config" / "lines"
SETTINGS = {
    name: f"+7 000 100 00 {number:02d}"
    for number, name in enumerate(
        (
            "PULT_VSK_DUTY_NUMBER",
            "PULT_SOGLASIE_DUTY_NUMBER",
            "PULT_RGS_DUTY_NUMBER",
            "PULT_OMS_DUTY_NUMBER",
            "PULT_MAKS_DUTY_NUMBER",
            "PULT_RGS_NUMBER",
            "PULT_MAKS_NUMBER",
            "PULT_SOGLASIE_CURATOR_MAIL",
            "PULT_RGS_ONLINE_LINK",
        )
    )
}


@pytest.fixture(scope="module")
def insurers() -> Insurers:
    return read_insurers(SHIPPED, SETTINGS)


def test_the_five_insurers_ship(insurers):
    assert set(insurers.ids) == {"vsk", "soglasie", "rgs", "oms", "maks"}


@pytest.mark.parametrize(
    ("number", "insurer", "line"),
    [
        ("+78002001441", "vsk", "medical_desk"),
        ("+78007751441", "vsk", "medical_desk"),
        ("+74957851057", "vsk", "curators"),
        ("+78123292314", "soglasie", "medical_desk"),
        ("+78123292315", "soglasie", "medical_desk"),
        ("+78003336003", "oms", "hotline"),
        ("+70001000005", "rgs", "contact_centre"),
        ("+70001000006", "maks", "migrants"),
    ],
)
def test_the_dialled_number_tells_insurer_and_line(insurers, number, insurer, line):
    found = insurers.line_by_number(number)
    assert (found.insurer_id, found.name) == (insurer, line)


def test_a_number_of_nobody_has_no_line(insurers):
    assert insurers.line_by_number("+74950000000") is None


def test_the_contradictory_numbers_are_answered_but_not_announced(insurers):
    line = insurers["soglasie"].lines["medical_desk"]
    assert set(line.not_announced) == {"+78123292315", "+78123292314"} < set(line.numbers)


def test_an_extension_written_with_a_dash_keeps_all_its_digits(insurers):
    assert insurers["vsk"].destinations["contract_support"].extension == "5995"
    assert "5093" in insurers["vsk"].extensions


def test_curators_leave_earlier_on_friday(insurers):
    hours = insurers["soglasie"].queues["curator"].hours
    friday = datetime(2026, 11, 27, 13, 50, tzinfo=UTC)
    assert not hours.is_open(friday)
    assert hours.is_open(friday.replace(day=26))


def test_a_queue_by_region_opens_in_the_regions_own_zone(insurers):
    oms = insurers["oms"]
    queue, tomsk = oms.queues["representatives_1"], oms.region("70")
    at_five_in_moscow = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
    assert queue.hours.is_open(at_five_in_moscow)
    assert not queue.hours_in(tomsk).is_open(at_five_in_moscow)
    assert queue.skills_in(tomsk) == ("representative_1", "region_70")


def test_a_desk_that_is_not_by_region_ignores_it(insurers):
    desk = insurers["oms"].queues["emergency"]
    assert desk.hours_in(insurers["oms"].region("70")) is desk.hours


def test_both_codes_of_a_region_lead_to_it(insurers):
    oms = insurers["oms"]
    assert oms.region("95") is oms.region("20")
    assert oms.region("99") is None
    assert len({region.code for region in oms.regions.values()}) == 23


def test_an_unknown_region_has_the_insurers_zone(insurers):
    assert insurers["oms"].zone_of(None) == ZoneInfo("Europe/Moscow")
    assert insurers["oms"].zone_of("70") == ZoneInfo("Asia/Tomsk")


def test_the_second_opinions_clock_starts_at_dispatch(insurers):
    kind = insurers["rgs"].requests["second_opinion"]
    assert (kind.clock_starts_at, kind.deadline_working_days) == ("dispatched", 14)


def test_kinds_and_rules_are_read(insurers):
    assert insurers["oms"].kind is InsurerKind.OMS
    assert insurers["oms"].policy.is_enp
    assert insurers["vsk"].services["second_opinion"].limit_per_term == 1
    assert insurers["vsk"].queues["psychologist"].is_anonymous
    assert insurers["maks"].policy_terms["quarters"] == (3, 6, 9, 12)
    assert insurers["soglasie"].radius.kilometres == 30


@pytest.mark.parametrize("name", SETTINGS)
def test_a_required_setting_that_is_absent_is_named_with_its_place(name):
    without = {key: value for key, value in SETTINGS.items() if key != name}
    with pytest.raises(
        SettingMissing, match=rf"\w+\.yaml:\d+: (lines\.\w+\.(numbers\[0\]|duty_number)|links\.\w+): {name} is not set"
    ):
        read_insurers(SHIPPED, without)
