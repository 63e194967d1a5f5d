"""A wrong line description is refused with every finding at its file, line and path."""

import re
from pathlib import Path

import pytest

from config.errors import ConfigError, LinesError
from config.line_descriptions import AWAY_REASONS
from config.lines import read_insurers

GOOD = """\
insurer: demo
title: {ru: Демо}
kind: dms
time_zone: Europe/Moscow
languages: [ru]
policy: {pattern: '[0-9]{6}', keyed_min: 6, keyed_max: 6}
lines:
  desk: {title: {ru: Пульт}, numbers: ["+7 000 000-00-01"], flow: demo, duty_number: "+7 000 000-00-02"}
queues:
  desk: {title: {ru: Пульт}, hours: "24/7", priority: 50, max_wait_seconds: 600}
  curator:
    title: {ru: Кураторы}
    hours: "mon-fri 09:00-18:00"
    priority: 60
    max_wait_seconds: 25
    overflow: desk
services:
  visit: {title: {ru: Приём}}
requests:
  ticket: {steps: [requested, answered], deadline_working_days: 2}
"""


def findings(folder: Path, text: str) -> str:
    (folder / "demo.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LinesError) as caught:
        read_insurers(folder, {})
    return str(caught.value)


def test_the_example_itself_is_good(tmp_path):
    (tmp_path / "demo.yaml").write_text(GOOD, encoding="utf-8")
    assert read_insurers(tmp_path, {}).ids == ("demo",)


def test_an_insurers_own_reasons_to_be_away_replace_the_usual_ones(tmp_path):
    file = tmp_path / "demo.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert set(read_insurers(tmp_path, {})["demo"].away_reasons) == set(AWAY_REASONS)
    file.write_text(GOOD + "away_reasons: {rounds: {title: {ru: Обход}}}\n", encoding="utf-8")
    assert read_insurers(tmp_path, {})["demo"].away_reasons == {"rounds": {"ru": "Обход"}}


def test_a_line_of_compulsory_insurance_records_its_calls(tmp_path):
    number = 'duty_number: "+7 000 000-00-02"'
    oms = GOOD.replace("kind: dms", "kind: oms")
    said = findings(tmp_path, oms.replace(number, f"{number}, records_calls: false"))
    assert said == "demo.yaml:8: lines.desk.records_calls: an ОМС line records its calls: write `records_calls: true`"
    (tmp_path / "demo.yaml").write_text(oms.replace(number, f"{number}, records_calls: true"), encoding="utf-8")
    assert read_insurers(tmp_path, {})["demo"].lines["desk"].records_calls


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", "never"),
        (", records_calls: true", "shown"),
        (", records_calls: true, listening_in: hidden", "hidden"),
        (", listening_in: shown", "shown"),
    ],
)
def test_a_line_is_listened_to_where_callers_are_told_of_recording_or_where_it_says_so(tmp_path, written, read):
    number = 'duty_number: "+7 000 000-00-02"'
    (tmp_path / "demo.yaml").write_text(GOOD.replace(number, number + written), encoding="utf-8")
    assert read_insurers(tmp_path, {})["demo"].lines["desk"].listening_in == read


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (
            'duty_number: "+7 000 000-00-02"',
            'duty_number: "+7 000 000-00-02", listening_in: sometimes',
            "demo.yaml:8: lines.desk.listening_in: one of shown, hidden, never",
        ),
        (
            "services:",
            "away_reasons: {rona: {title: {ru: Ушёл}}}\nservices:",
            "demo.yaml:17: away_reasons.rona.title: rona is a reason of the centre's own",
        ),
        ("kind: dms", "kind: dsm", "demo.yaml:3: kind: one of dms, oms, migrant"),
        ("kind: dms", "kind: oms", "demo.yaml:8: lines.desk.records_calls: an ОМС line records its calls: write"),
        ("Europe/Moscow", "Europe/Moskow", "demo.yaml:4: time_zone: no time zone 'Europe/Moskow'"),
        ("keyed_max: 6", "keyed_max: 5", "demo.yaml:6: policy.keyed_max: is below keyed_min"),
        ("'[0-9]{6}'", "'[0-9'", "demo.yaml:6: policy.pattern: not a regular expression"),
        ('["+7 000 000-00-01"]', "[]", "demo.yaml:8: lines.desk.numbers: a line needs at least one number"),
        ('"+7 000 000-00-01"', '"12"', "demo.yaml:8: lines.desk.numbers[0]: a telephone number of an impossible"),
        ('"+7 000 000-00-01"', "70000000001", "demo.yaml:8: lines.desk.numbers[0]: expected a telephone number in"),
        (', duty_number: "+7 000 000-00-02"', "", "demo.yaml:8: lines.desk.duty_number: is missing"),
        ("mon-fri 09:00-18:00", "mon-fri 18:00-09:00", "demo.yaml:13: queues.curator.hours: 'mon-fri 18:00-09:00'"),
        ("    priority: 60\n", "", "demo.yaml:11: queues.curator.priority: is missing"),
        ("priority: 60", "priority: high", "demo.yaml:14: queues.curator.priority: expected a whole number"),
        ("priority: 60", "prioritet: 60", "demo.yaml:14: queues.curator.prioritet: unknown; known here: announce"),
        ("overflow: desk", "overflow: dsk", "demo.yaml:16: queues.curator.overflow: no queue 'dsk'"),
        ("overflow: desk", "overflow: curator", "demo.yaml:16: queues.curator.overflow: leads back to this queue"),
        ("{title: {ru: Приём}}", "{title: {en: Visit}}", "demo.yaml:18: services.visit.title.ru: is missing"),
        ("[requested, answered]", "[]", "demo.yaml:20: requests.ticket.steps: a request needs at least one step"),
        (
            "deadline_working_days: 2",
            "clock_starts_at: sent",
            "demo.yaml:20: requests.ticket.clock_starts_at: no step 'sent'",
        ),
        ("insurer: demo", "insurer: other", "demo.yaml:1: insurer: the file must be called other.yaml"),
        ("kind: dms", "kind: dms\nkind: dms", "demo.yaml:4: kind: written twice"),
        (
            "services:",
            "extensions: {12: {role: {ru: Врач}, queue: dsk}}\nservices:",
            'demo.yaml:17: extensions."12".queue: no queue',
        ),
        (
            "services:",
            "callbacks: {countries: [RU, Uzbekistan]}\nservices:",
            "demo.yaml:17: callbacks.countries: no country 'Uzbekistan'",
        ),
        ("queues:", "queues: [", "demo.yaml:"),
    ],
)
def test_each_mistake_is_addressed(tmp_path, old, new, finding):
    assert old in GOOD
    assert finding in findings(tmp_path, GOOD.replace(old, new, 1))


def test_all_findings_are_told_at_once(tmp_path):
    wrong = GOOD.replace("kind: dms", "kind: dsm").replace("overflow: desk", "overflow: dsk")
    assert len(findings(tmp_path, wrong).splitlines()) == 2


def test_every_finding_names_a_file_and_a_line(tmp_path):
    wrong = GOOD.replace("priority", "prioritet").replace("[ru]", "ru")
    for line in findings(tmp_path, wrong).splitlines():
        assert re.match(r"demo\.yaml:\d+: \S+: .", line)


def test_two_insurers_cannot_publish_one_number(tmp_path):
    (tmp_path / "other.yaml").write_text(GOOD.replace("insurer: demo", "insurer: other"), encoding="utf-8")
    assert "lines.desk.numbers: +70000000001 is published by demo, line desk too" in findings(tmp_path, GOOD)


def test_an_empty_folder_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="PULT_LINES_DIR"):
        read_insurers(tmp_path, {})


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "demo.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LinesError, match=r"demo\.yaml:1: not UTF-8 text"):
        read_insurers(tmp_path, {})


def test_how_lines_sound_is_read_and_a_line_may_differ(tmp_path: Path) -> None:
    own = 'flow: demo, speech: {packs: [studio, festival]}, '
    text = GOOD.replace("flow: demo, ", own) + "speech: {by: pack, voices: {ru: Polly.Tatyana}}\n"
    (tmp_path / "demo.yaml").write_text(text, encoding="utf-8")

    speech = read_insurers(tmp_path, {})["demo"].lines["desk"].speech

    assert (speech.by, speech.packs, dict(speech.voices)) == ("pack", ("studio", "festival"), {"ru": "Polly.Tatyana"})


def test_a_wrong_way_to_sound_is_told(tmp_path: Path) -> None:
    said = findings(tmp_path, GOOD + "speech: {by: loud, pack: studio}\n")

    assert "demo.yaml:21: speech.by: one of pack, say" in said
    assert "speech.pack: unknown; known here: by, packs, voices" in said
