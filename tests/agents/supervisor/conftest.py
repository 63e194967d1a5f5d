"""The staff site with calls of all sorts on record, for the supervisor's pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from agents.models import Agent, Offer, OfferState, Presence, QueuedCall, Wait, WaitState
from config.database import Transaction
from config.ids import new_id
from ivr.calls.log import record
from ivr.calls.models import Call, Hold, IdentificationLevel, Leg
from ivr.calls.outcomes import record_outcome
from ivr.calls.requests import open_request
from tests.agents.desk.conftest import NAME, OWN_PHONE, POLICY, sow
from tests.agents.staff.conftest import Site, live, site  # noqa: F401 - fixtures

__all__ = ["NAME", "OWN_PHONE", "POLICY", "Logged"]


@dataclass
class Logged:
    """Writes calls down as if they had been: `at` is so many minutes ago."""

    site: Site
    insured_id: str
    count: int = 0

    def call(
        self,
        *,
        minutes_ago: float = 60,
        lasted: int | None = 180,
        menus: int = 0,
        waited: int | None = None,
        queue: str = "medical_desk",
        agent: str | None = None,
        outcome: str | None = None,
        note: str | None = None,
        **fields: object,
    ) -> str:
        """A call of VSK; the id."""
        self.count += 1
        house = self.site.house
        at = house.clock.now() - timedelta(minutes=minutes_ago)
        values = {"insurer_id": "vsk", "line": "medical_desk", "ani": "+79990001122", "direction": "inbound"} | fields
        with house.centre.database.transaction("test_logged") as tx:
            ended_at = None if lasted is None else at + timedelta(seconds=lasted)
            call = Call(
                id=new_id(at), carrier_sid=f"CA-logged-{self.count}", dnis="+78002001441",
                state="ended" if ended_at else "in_menu", started_at=at, answered_at=at, ended_at=ended_at,
                language="ru", flow="vsk", flow_digest="", waited_seconds=waited, **values,
            )
            tx.add(call)
            tx.flush()
            if waited is not None:
                self._wait(tx, call, at + timedelta(seconds=menus), waited, queue)
            if agent is not None:
                talks_at = at + timedelta(seconds=menus + (waited or 0))
                self._talk(tx, call, talks_at, ended_at or house.clock.now(), agent, queue)
            if outcome is not None:
                record_outcome(tx, call=call, code=outcome, by=agent or "line", at=ended_at or at, note=note)
            return call.id

    def _wait(self, tx: Transaction, call: Call, at: datetime, waited: int, queue: str) -> None:
        claimed = at + timedelta(seconds=waited)
        tx.add(
            Wait(
                id=new_id(at), insurer_id=call.insurer_id, call_id=call.id, queue=queue, joined_queue=queue,
                first_queue=queue, skills=[], lane="", priority=0, rank=1000, state=WaitState.SERVED,
                since=at, joined_at=at, queue_since=at, anyone_from=at, claimed_at=claimed, answered_at=claimed,
                ended_at=claimed, end_reason="served",
            )
        )
        tx.add(QueuedCall(insurer_id=call.insurer_id, queue=queue, call_id=call.id))
        record(tx, call, "wait_began", at=at, wait="w", queue=queue, emergency=False)
        record(tx, call, "place_told", at=at, ahead=2, estimate_seconds=90, round=1)
        tx.flush()

    def _talk(self, tx: Transaction, call: Call, at: datetime, until: datetime, code: str, queue: str) -> None:
        agent = tx.query(Agent).filter_by(code=code).one()
        sid = f"CA-leg-logged-{self.count}"
        tx.add(
            Leg(id=new_id(at), insurer_id=call.insurer_id, call_id=call.id, carrier_sid=sid, party="agent",
                agent_id=agent.id, started_at=at, answered_at=at, ended_at=until)
        )
        wait = tx.query(Wait).filter_by(call_id=call.id).first()
        if wait is not None:
            tx.add(
                Offer(
                    id=new_id(at), insurer_id=call.insurer_id, wait_id=wait.id, call_id=call.id, agent_id=agent.id,
                    queue=queue, purpose="queue", presence_before=Presence.AVAILABLE, state=OfferState.DONE,
                    conference=f"conf-{self.count}", made_at=at - timedelta(seconds=5),
                    ringing_at=at - timedelta(seconds=4), accepted_at=at, bridged_at=at, ended_at=until,
                    end_reason="ended",
                )
            )
        record(tx, call, "agent_connected", at=at, offer="o", agent=code, wait="w")
        tx.flush()

    def whole(self) -> str:
        """One call with something of everything: menus, keys, a wait, a talk with a hold, a request, an outcome."""
        call_id = self.call(
            menus=20, waited=40, agent="desk-1", minutes_ago=30, lasted=300, outcome="gl_requested",
            note="Ждёт ответа до вечера", insured_id=self.insured_id, level=IdentificationLevel.VERIFIED,
            ani=OWN_PHONE,
        )
        house = self.site.house
        with house.centre.database.transaction("test_whole") as tx:
            call = tx.get_one(Call, call_id)
            at = call.started_at
            record(tx, call, "node_entered", at=at, flow="vsk", node="main")
            record(tx, call, "said", at=at, prompts=["vsk.main"], language="ru")
            record(tx, call, "key_pressed", at=at + timedelta(seconds=8), flow="vsk", node="main", key="5")
            record(tx, call, "key_pressed", at=at + timedelta(seconds=9), flow="vsk", node="policy", key="digits")
            record(tx, call, "identified", at=at + timedelta(seconds=10), level="identified")
            hold_at = at + timedelta(seconds=100)
            tx.add(
                Hold(id=new_id(hold_at), insurer_id="vsk", call_id=call.id, started_at=hold_at,
                     ended_at=hold_at + timedelta(seconds=30))
            )
            insurer = house.centre.insurers["vsk"]
            open_request(
                tx, insurer=insurer, call=call, kind="guarantee_letter", by="desk-1", at=at + timedelta(seconds=120)
            )
        return call_id


@pytest.fixture
def logged(site: Site) -> Logged:  # noqa: F811
    with site.house.centre.database.transaction("test_insured") as tx:
        insured_id = sow(tx)
    return Logged(site, insured_id)
