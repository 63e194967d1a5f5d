"""Whole calls of identified people on every line: nothing that tells who they are is in a log, an address or TwiML.

The last four digits may be read back; numbers of the lines and of those on duty are dialled, and nobody's secret.
"""

import csv
import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from sqlalchemy import select

import config
import flows
from agents.demo import load_demo
from config.embedded_redis import running
from config.logs import set_up_logging
from config.settings import demo_settings, read_settings
from ivr.calls.models import Call
from ivr.exchange import Mischief
from tests.carrier_watch import CarrierWatch
from tests.ports import free_port
from wsgi import Stage, rehearse

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, noon in Moscow
ROSTERS = Path(config.__file__).parent / "demo" / "rosters"
MISCHIEF = Mischief(seed=5, doubled=0.2, late=0.1, reordered=0.1, twiml_doubled=0.2, rest_answer_lost=0.05)
# The number dialled, the telephone that calls (the insured's own), and the keys that identify.
CALLS = {
    "vsk": ("+78002001441", "+70002000001", ("1", "1", "5000000001#", "15031985")),
    "vsk_curators": ("+74957851057", "+70002000002", ("", "1", "5000000002#", "02071979")),
    "soglasie": ("+78002500101", "+70003000001", ("1", "1", "0012345678#", "14061982")),
    "rgs": ("+70000000301", "+70004000001", ("1", "7700100010#", "09091984", "1", "1")),
    "oms": ("+78003336003", "+70005000001", ("1", "1", "1", "1", "7756410834000012#", "15031985")),
    "maks": ("+70000000501", "+70006000001", ("1", "3", "1", "77", "900000000001#", "20081996")),
}
# Each tells the wrong pair until a person is asked to help: what was keyed in vain is no less secret.
IN_VAIN = {"vsk": ("1", "1", "5000000001#", "01011970", "5000000002#", "02021971", "5000000003#", "03031972")}


@dataclass
class Person:
    """What a roster's row knows of somebody that nobody else may read."""

    names: list[str]
    digits: list[str]


@dataclass
class Seen:
    """All that the calls left behind."""

    levels: dict[str, str] = field(default_factory=dict)
    log: str = ""
    own_log: str = ""
    urls: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)


def _people() -> list[Person]:
    found = []
    for path in sorted(ROSTERS.glob("*.csv")):
        text = path.read_text("utf-8-sig")
        rows = csv.reader(
            io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ",", skipinitialspace=True
        )
        next(rows)
        found += [_person(row) for row in rows if row]
    return found


def _person(row: list[str]) -> Person:
    """By the shape of the fields: a policy, a name, a birth date, telephones; rosters differ in all else."""
    policy, name, born = row[0], row[1], _date(row[2])
    telephones = [digits for it in row[3:] if len(digits := re.sub(r"\D", "", it.split("доб")[0])) == 11]
    dates = [f"{born:%d%m%Y}", f"{born:%d.%m.%Y}", born.isoformat()]
    return Person(name.split(), [re.sub(r"\D", "", policy), *dates, *(it[1:] for it in telephones)])


def _date(text: str) -> date:
    return date.fromisoformat(text) if "-" in text else datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007


def _call(stage: Stage, to: str, ani: str, presses: tuple[str, ...]) -> str:
    """Place one call to its end; the caller's level of identification."""
    phone = stage.switch.dial(to, ani, presses=presses, patience=400)
    (sid,) = {event.call_sid for event in stage.switch.events_since(phone) if event.call_sid}
    stage.rehearsal.run_until(lambda: _is_over(stage, phone), within=timedelta(minutes=20))
    with stage.database.reading("level") as tx:
        return str(tx.scalars(select(Call.level).where(Call.carrier_sid == sid)).one())


def _is_over(stage: Stage, phone: str) -> bool:
    events = stage.switch.events_since(phone)
    if any(event.kind == "bridged" for event in events) and events[-1].kind != "ended":
        stage.switch.hang_up(phone)
    return any(event.kind == "ended" for event in events)


class _Own(logging.Handler):
    """Our own loggers' lines as they were meant, before anything is masked."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] in ("pult", "ivr", "agents", "flows", "config", "recordings"):
            self.lines.append(record.getMessage())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, carrier_watch: CarrierWatch) -> Seen:
    folder, stream, own, found = tmp_path_factory.mktemp("privacy"), io.StringIO(), _Own(), Seen()
    root = logging.getLogger()
    level = root.level
    root.addHandler(own)
    handler = set_up_logging(level=logging.DEBUG, stream=stream)
    settings = read_settings({**demo_settings(), "PULT_DATA_DIR": str(folder)}, folder=folder)
    carrier_watch.forget()
    try:
        with running(free_port(), folder / "redis") as redis, rehearse(settings, NOON, redis_url=redis.url) as stage:
            load_demo(stage.house.centre)
            stage.switch.misbehave(MISCHIEF)
            for name, (to, ani, presses) in CALLS.items():
                found.levels[name] = _call(stage, to, ani, presses)
            for name, presses in IN_VAIN.items():
                _call(stage, CALLS[name][0], CALLS[name][1], presses)
            stage.rehearsal.run_for(timedelta(minutes=30))
    finally:
        root.removeHandler(own)
        root.removeHandler(handler)
        root.setLevel(level)
    found.log, found.own_log = stream.getvalue(), "\n".join(own.lines)
    found.urls = [unquote(url) for url in carrier_watch.urls()]
    found.documents = [body.decode() for _, body in carrier_watch.documents]
    return found


def _secrets() -> Iterator[str]:
    for person in _people():
        yield from person.digits
    keyed = [key for *_, presses in CALLS.values() for key in presses]
    keyed += [key for presses in IN_VAIN.values() for key in presses]
    yield from {digits for key in keyed if len(digits := key.rstrip("#")) >= 6}


def _names() -> set[str]:
    """Everybody's names, but for made-up ones that are words which the prompts use."""
    prompts = "\n".join(path.read_text("utf-8") for path in (Path(flows.__file__).parent / "prompts").glob("*.yaml"))
    return {name for person in _people() for name in person.names} - set(re.findall(r"\w+", prompts))


def _digits_in(text: str) -> str:
    """With what may stand between spoken or written digits taken away."""
    return re.sub(r"(?<=\d)[\s.,()+-]+(?=\d)", "", text)


def test_everybody_was_identified(seen: Seen) -> None:
    # They call from the telephone that their policy names.
    assert seen.levels == dict.fromkeys(CALLS, "verified")
    assert len(seen.documents) > 60
    assert len(seen.urls) > 100
    assert "DEBUG" in seen.log
    assert seen.own_log


@pytest.mark.parametrize("place", ["log", "own_log", "urls", "documents"])
def test_no_digits_that_identify_a_person_are_seen(seen: Seen, place: str) -> None:
    found: str | list[str] = getattr(seen, place)
    text = found if isinstance(found, str) else "\n".join(found)
    read = _digits_in(text)
    assert [secret for secret in set(_secrets()) if secret in text or secret in read] == []


@pytest.mark.parametrize("place", ["log", "own_log", "urls", "documents"])
def test_no_name_is_seen(seen: Seen, place: str) -> None:
    found: str | list[str] = getattr(seen, place)
    words = set(re.findall(r"\w+", found if isinstance(found, str) else "\n".join(found)))
    assert _names() & words == set()


def test_documents_read_back_four_digits_at_most(seen: Seen) -> None:
    """A run of five or more digits in what is spoken is no part of anybody's policy, telephone or birth date."""
    spoken = [text for body in seen.documents for text in re.findall(r"<Say[^>]*>(.*?)</Say>", body, re.DOTALL)]
    runs = {run for text in spoken for run in re.findall(r"\d{5,}", _digits_in(text))}
    assert {run for run in runs for secret in _secrets() if run in secret} == set()


def test_documents_dial_nobody_but_those_on_duty_and_show_the_lines_number(seen: Seen) -> None:
    numbers = {it for body in seen.documents for it in re.findall(r"\+\d{11}", body)}
    callers = {ani for _, ani, _ in CALLS.values()}
    assert not numbers & callers
