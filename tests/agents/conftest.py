"""A floor on a real SQLite file, a moved clock, and a carrier that only writes down what it is asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from agents import presence
from agents.accounts import passwords
from agents.floor import Floor
from agents.house.wiring import wire
from agents.models import Agent, AgentSkill, Offer, Presence, Shift, Wait
from agents.queues import WaitingLines
from config import failpoints
from config.centre import Centre
from config.clock import MovedClock
from config.database import Database, refuse_inside_transaction
from config.due_work import WorkPlan, due_now
from config.ids import new_id
from config.lines import load_insurers
from config.settings import read_settings
from ivr.calls.models import Call, CallState
from ivr.carrier.errors import CarrierUnavailable, LostRace
from ivr.carrier.port import CarrierCall, CarrierRecording, CarrierStatus
from ivr.signals import call_ended

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday, noon in Moscow
HERE = Path(__file__).resolve().parents[2]
NUMBERS = "PULT_{}_NUMBER PULT_{}_DUTY_NUMBER PULT_{}_CURATOR_MAIL PULT_{}_ONLINE_LINK"


@pytest.fixture(scope="session", autouse=True)
def own_hasher() -> Iterator[PasswordHasher]:
    """The product's, which makes guessing dear. Tests sign in some thousand times with the passwords of nobody."""
    own = passwords._HASHER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        passwords._nobodys.cache_clear()
        yield own


@dataclass
class RecordingCarrier:
    """Writes down what it is asked; loses an answer, or a caller, when told so."""

    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    statuses: dict[str, CarrierStatus] = field(default_factory=dict)
    participants: dict[str, str] = field(default_factory=dict)
    placed: list[CarrierCall] = field(default_factory=list)
    lose_answer_of: set[str] = field(default_factory=set)
    refuse: dict[str, Exception] = field(default_factory=dict)
    in_queue: set[str] = field(default_factory=set)
    recordings: dict[str, bytes] = field(default_factory=dict)
    recorded: dict[str, list[CarrierRecording]] = field(default_factory=dict)
    on_taken: Callable[[str], None] = lambda sid: None

    def of(self, verb: str) -> list[dict[str, Any]]:
        return [asked for name, asked in self.asked if name == verb]

    def _ask(self, verb: str, **asked: Any) -> None:
        refuse_inside_transaction(verb)
        if verb in self.refuse:
            raise self.refuse[verb]
        self.asked.append((verb, asked))

    def _answer(self, verb: str) -> None:
        failpoints.reached(f"carrier:{verb}")
        if verb in self.lose_answer_of:
            self.lose_answer_of.discard(verb)
            raise CarrierUnavailable(verb)

    def ring_agent(self, **asked: Any) -> str:
        self._ask("ring_agent", **asked)
        sid = f"CA-leg-{len(self.of('ring_agent'))}"
        self.participants[asked["label"]] = sid
        self._answer("ring_agent")
        return sid

    def participant_sid(self, *, conference: str, label: str) -> str | None:
        self._ask("participant_sid", label=label)
        return self.participants.get(label)

    def place_call(self, **asked: Any) -> str:
        self._ask("place_call", **asked)
        sid = f"CA-out-{len(self.of('place_call'))}"
        self.placed.append(
            CarrierCall(sid, None, asked["caller_id"], asked["to"], False, CarrierStatus.UNDER_WAY, None, None)
        )
        self._answer("place_call")
        return sid

    def take_from_queue(self, *, queue_sid: str, call_sid: str, document_url: str) -> None:
        self._ask("take_from_queue", queue_sid=queue_sid, call_sid=call_sid, document_url=document_url)
        if call_sid not in self.in_queue:
            raise LostRace("take_from_queue")
        self.in_queue.discard(call_sid)
        self.on_taken(call_sid)
        self._answer("take_from_queue")

    def redirect(self, *, call_sid: str, document_url: str) -> None:
        self._ask("redirect", call_sid=call_sid, document_url=document_url)

    def end_call(self, *, call_sid: str) -> None:
        self._ask("end_call", call_sid=call_sid)
        self._answer("end_call")

    def call_status(self, sid: str) -> CarrierCall | None:
        self._ask("call_status", sid=sid)
        # An agent's leg rings until a test says otherwise; a caller is on the line.
        usual = CarrierStatus.UNDER_WAY if sid.startswith("CA-leg") else CarrierStatus.IN_PROGRESS
        status = self.statuses.get(sid, usual)
        return CarrierCall(sid, None, "", "", True, status, None, None)

    def calls_since(self, at: datetime) -> list[CarrierCall]:
        self._ask("calls_since", at=at)
        return self.placed

    def queue_sid(self, name: str) -> str | None:
        self._ask("queue_sid", name=name)
        return f"QU-{name}"

    def hold(self, **asked: Any) -> None:
        self._ask("hold", **asked)

    def take_seat(self, **asked: Any) -> None:
        self._ask("take_seat", **asked)
        self._answer("take_seat")

    def end_conference(self, name: str) -> None:
        self._ask("end_conference", name=name)

    def send_sms(self, **asked: Any) -> str:
        self._ask("send_sms", **asked)
        return "SM-1"

    def messages_to(self, to: str, *, since: datetime) -> list[Any]:
        return []

    def fetch_recording(self, sid: str, *, most_bytes: int) -> bytes:
        self._ask("fetch_recording", sid=sid)
        return self.recordings[sid]

    def recordings_of(self, conference: str) -> list[CarrierRecording]:
        self._ask("recordings_of", conference=conference)
        return self.recorded.get(conference, [])

    def recordings_of_dials(self, call_sid: str) -> list[CarrierRecording]:
        self._ask("recordings_of_dials", call_sid=call_sid)
        return self.recorded.get(call_sid, [])

    def pause_recording(self, conference: str, *, on: bool) -> None:
        self._ask("pause_recording", conference=conference, on=on)
        self._answer("pause_recording")

    def delete_recording(self, sid: str) -> None:
        self._ask("delete_recording", sid=sid)
        self.recordings.pop(sid, None)
        self._answer("delete_recording")


@dataclass
class House:
    """The floor with the moves that tests make on it."""

    floor: Floor
    carrier: RecordingCarrier
    clock: MovedClock
    queues: WaitingLines
    listener: object = None

    @property
    def centre(self) -> Centre:
        return self.floor.centre

    def agent(self, code: str, *, presence_now: Presence = Presence.AVAILABLE, **more: Any) -> Agent:
        skills = more.pop("skills", {"desk": 1})
        on_shift = more.pop("on_shift", True)
        now = self.clock.now()
        values = {"insurer_id": "vsk", "title": "оператор", "extension": None, "address": f"client:{code}"} | more
        with self.centre.database.transaction("test_agent") as tx:
            agent = Agent(id=new_id(now), code=code, presence=Presence.AWAY, presence_since=now, **values)
            tx.add(agent)
            tx.flush()
            for skill, level in skills.items():
                tx.add(AgentSkill(agent_id=agent.id, skill=skill, insurer_id=agent.insurer_id, level=level))
            if on_shift:
                until = now + timedelta(hours=8)
                tx.add(
                    Shift(id=new_id(now), insurer_id=agent.insurer_id, agent_id=agent.id, kind="work",
                          starts_at=now - timedelta(hours=1), ends_at=until)
                )
            is_busy = presence_now in (Presence.OFFERED, Presence.ON_CALL, Presence.WRAP_UP)
            presence.begin(tx, agent, presence_now, at=now, call_id="a-call-before" if is_busy else None)
            return agent

    def call(self, sid: str = "CA-1", **more: Any) -> Call:
        now = self.clock.now()
        values = {"insurer_id": "vsk", "line": "medical_desk", "ani": "+79161234567", "language": "ru"} | more
        with self.centre.database.transaction("test_call") as tx:
            call = Call(
                id=new_id(now), carrier_sid=sid, dnis="+78002001441", state=CallState.WAITING, started_at=now,
                flow="vsk", flow_digest="", **values,
            )
            tx.add(call)
        self.carrier.in_queue.add(sid)
        return call

    def join(self, call: Call, queue: str = "medical_desk", **more: Any) -> Any:
        values = {"is_emergency": False, "prefer_curator": False} | more
        with self.centre.database.transaction("test_join") as tx:
            return self.queues.join(tx, tx.get_one(Call, call.id), queue=queue, **values)

    def end_call(self, call: Call) -> None:
        self.carrier.in_queue.discard(call.carrier_sid)
        self.carrier.statuses[call.carrier_sid] = CarrierStatus.COMPLETED
        with self.centre.database.transaction("test_end_call") as tx:
            row = tx.get_one(Call, call.id)
            row.state, row.ended_at = CallState.ENDED, self.clock.now()
            call_ended.send(self.centre, tx=tx, call=row)

    def connected(self, call: Call) -> None:
        with self.centre.database.transaction("test_connected") as tx:
            tx.get_one(Call, call.id).state = CallState.CONNECTED

    def work(self, *, limit: int = 200) -> None:
        """Do all that is due now, as the sweep without Redis would."""
        for _ in range(limit):
            with self.centre.database.reading("test_due") as tx:
                due = due_now(tx, self.clock.now())
            if not due:
                return
            for one in due:
                self.centre.plan.perform(one.kind, one.subject_id)
        raise AssertionError(f"never idle: {due}")

    def later(self, seconds: float) -> None:
        self.clock.move_by(seconds)
        self.work()

    def offers(self, **where: Any) -> list[Offer]:
        with self.centre.database.reading("test_offers") as tx:
            return list(tx.scalars(select(Offer).filter_by(**where).order_by(Offer.id)))

    def waits(self, **where: Any) -> list[Wait]:
        with self.centre.database.reading("test_waits") as tx:
            return list(tx.scalars(select(Wait).filter_by(**where).order_by(Wait.id)))

    def agent_now(self, code: str) -> Agent:
        with self.centre.database.reading("test_agent_now") as tx:
            return tx.scalars(select(Agent).filter_by(code=code)).one()

    def row(self, model: Any, row_id: str) -> Any:
        with self.centre.database.reading("test_row") as tx:
            return tx.get(model, row_id)


def make_house(tmp_path: Path, database: Database) -> House:
    names = [name.format(insurer) for insurer in ("VSK", "SOGLASIE", "RGS", "OMS", "MAKS") for name in NUMBERS.split()]
    named = {name: f"+7000{number:07d}" for number, name in enumerate(names, start=100)}
    settings = read_settings({"PULT_DATA_DIR": str(tmp_path / "data"), **named}, folder=tmp_path)
    clock = MovedClock(NOON)
    plan = WorkPlan(database, clock)
    centre = Centre(settings, clock, database, plan, load_insurers(settings))
    carrier = RecordingCarrier()
    floor = Floor(centre, carrier)
    house = House(floor, carrier, clock, WaitingLines(centre))
    house.listener = wire(plan, floor)
    return house


@pytest.fixture
def house(tmp_path: Path, database: Database) -> Iterator[House]:
    yield make_house(tmp_path, database)
    failpoints.disarm()
