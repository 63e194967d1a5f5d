"""A whole phone side with a moved clock, and a hand that plays the carrier: signed forms in, checked TwiML out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import select

import config
from agents.floor import Floor
from agents.house import wiring as agents_wiring
from config.centre import Centre
from config.clock import MovedClock
from config.database import Database, Transaction
from config.due_work import WorkPlan
from config.lines import read_insurers
from config.settings import read_settings
from flows import FlowSet
from flows.library import SHIPPED
from ivr import wiring
from ivr.calls.models import Call, CallEvent, Outcome
from ivr.carrier.signature import sign
from ivr.flow_library import FlowLibrary
from ivr.phone_side import PhoneSide
from tests.ivr.insurers import _NumbersOfNobody
from tests.ivr.twiml_schema import findings

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, noon in Moscow
TOKEN = "the-carriers-token"
VSK = "+78002001441"
PUBLIC = "https://pult.example:8443/base"


@dataclass
class KeptMessages:
    """The voicemail port, written down."""

    announced: list[tuple[str, int]] = field(default_factory=list)

    def announce(self, tx: Transaction, call: Call, *, recording_sid: str, duration_seconds: int) -> None:
        self.announced.append((recording_sid, duration_seconds))


class NoCarrier:
    """A carrier that must not be asked: a turn talks to nobody."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a turn asked the carrier to {name}")


@dataclass
class Hand:
    """Plays the carrier's part of one call."""

    client: FlaskClient
    phone: PhoneSide
    clock: MovedClock
    sid: str = "CA00000000000000000000000000000001"
    dialled: str = VSK
    caller: str = "+79161234567"
    seen: list[str] = field(default_factory=list)

    def post(self, url: str, expect: int = 200, **fields: str) -> etree._Element:
        reply = self.raw(url, **fields)
        assert reply.status_code == expect, (reply.status_code, reply.text)
        self.seen += [url, reply.text]
        assert findings(reply.data) == [], reply.text
        return etree.fromstring(reply.data)

    def raw(self, url: str, **fields: str) -> Any:
        url = url if url.startswith("https") else PUBLIC + url
        form = {"CallSid": self.sid, "From": self.caller, "To": self.dialled, "CallStatus": "in-progress"} | fields
        headers = {"X-Twilio-Signature": sign(TOKEN, url, list(form.items()))}
        return self.client.post(url.removeprefix(PUBLIC), data=form, headers=headers)

    def ring(self) -> etree._Element:
        return self.post("/voice/incoming", CallStatus="ringing")

    def press(self, reply: etree._Element, keys: str) -> etree._Element:
        return self.post(action(reply, "Gather"), Digits=keys)

    def silence(self, reply: etree._Element) -> etree._Element:
        return self.post(action(reply, "Gather"))

    def hang_up(self) -> None:
        assert self.raw("/voice/status", CallStatus="completed", CallDuration="5").status_code == 204

    def call(self) -> Call:
        with self.phone.centre.database.reading("test") as tx:
            return tx.scalars(select(Call).where(Call.carrier_sid == self.sid)).one()

    def events(self) -> list[str]:
        with self.phone.centre.database.reading("test") as tx:
            statement = select(CallEvent).where(CallEvent.call_id == self.call_id()).order_by(CallEvent.seq)
            rows = list(tx.scalars(statement))
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        return [row.kind for row in rows]

    def call_id(self) -> str:
        return self._id

    @property
    def _id(self) -> str:
        with self.phone.centre.database.engine.connect() as connection:
            return str(connection.execute(select(Call.id).where(Call.carrier_sid == self.sid)).scalar_one())

    def outcome(self) -> str | None:
        with self.phone.centre.database.reading("test") as tx:
            joined = select(Outcome.code).join(Call, Call.id == Outcome.call_id)
            return tx.scalars(joined.where(Call.carrier_sid == self.sid, Outcome.is_primary)).one_or_none()


def action(reply: etree._Element, verb: str) -> str:
    found = reply.find(f".//{verb}")
    assert found is not None, etree.tostring(reply, encoding="unicode")
    return str(found.get("action"))


def spoken(reply: etree._Element) -> str:
    return " ".join(text for it in reply.iter("Say") for text in it.itertext())


@pytest.fixture(scope="session")
def shipped() -> FlowSet:
    return FlowSet.from_folder()


@pytest.fixture
def kept() -> KeptMessages:
    return KeptMessages()


@pytest.fixture
def phone(tmp_path: Path, database_url: str, kept: KeptMessages, shipped: FlowSet) -> Iterator[PhoneSide]:
    clock, database = MovedClock(NOON), Database(database_url)
    given = {
        "PULT_DATA_DIR": str(tmp_path / "data"),
        "PULT_DATABASE_URL": database_url,
        "PULT_PUBLIC_URL": PUBLIC,
        "TWILIO_AUTH_TOKEN": TOKEN,
    }
    settings = read_settings(given, folder=tmp_path)
    insurers = read_insurers(Path(config.__file__).parent / "lines", _NumbersOfNobody())
    centre = Centre(settings, clock, database, WorkPlan(database, clock), insurers)
    library = FlowLibrary(database=database, clock=clock, insurers=insurers, folder=SHIPPED, prove=lambda flows: ())
    # What `install` does, without reading the same files for every test.
    library._store(library._remember(shipped))
    floor = Floor(centre, NoCarrier())
    phone = PhoneSide(centre, NoCarrier(), library, agents_wiring.ports(floor, kept))
    wiring.wire(centre.plan, phone)
    listener = agents_wiring.wire(centre.plan, floor)
    yield phone
    database.close()
    del listener


@pytest.fixture
def hand(phone: PhoneSide) -> Hand:
    clock = phone.centre.clock
    assert isinstance(clock, MovedClock)
    return Hand(wiring.create_app(phone).test_client(), phone, clock)
