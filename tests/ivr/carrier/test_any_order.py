"""The carrier's news of one conversation in every order that there is: nothing is stuck, and no order changes the end.

Order is not guaranteed, and each piece may come twice (twilio.md §1, §8).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.models import OPEN_OFFER, OPEN_WAIT, Agent, Offer, Presence, Wait
from agents.web import blueprint
from config.database import Database
from config.due_work import DueWork
from ivr.calls.ending import end_call
from ivr.calls.finding import locked_call_by_sid
from ivr.calls.models import Call, CallState, Leg
from ivr.carrier.port import CarrierStatus
from tests.agents.conftest import House, make_house

LEG, CALLER = "leg", "caller"
# What the carrier tells of an agent's leg that is answered and of the caller who hangs up afterwards.
OF_LEG = ((LEG, "initiated"), (LEG, "ringing"), (LEG, "in-progress"), (LEG, "completed"))
HANG_UP = (CALLER, "completed")
NEWS = (*OF_LEG, HANG_UP)
UNANSWERED = ("busy", "no-answer", "canceled", "failed")


@dataclass
class Telling:
    """Plays the carrier: one call after another waits, its agent is rung, and the news comes in some order."""

    house: House
    client: FlaskClient
    count: int = 0
    called: list[Call] = field(default_factory=list)

    def offered(self) -> tuple[Call, Offer]:
        """A caller in the queue whose agent is being rung."""
        self.count += 1
        call = self.house.call(f"CA-{self.count}")
        self.house.join(call)
        self.house.work()
        (offer,) = self.house.offers(call_id=call.id)
        return call, offer

    def tell(self, call: Call, offer: Offer, news: tuple[str, str]) -> None:
        """One piece of news, and whatever work it makes due at once."""
        about, status = news
        if about == LEG:
            path, form = "status", {"CallSid": offer.carrier_sid or "", "CallStatus": status}
            assert self.client.post(f"/voice/offers/{offer.id}/{path}", data=form).status_code == 204
        else:
            self._hang_up(call)
        self.house.work()

    def settle(self, call: Call, offer: Offer) -> None:
        """All is over at the carrier; the agent writes down what came of it; an hour passes."""
        self.house.carrier.statuses[offer.carrier_sid or ""] = CarrierStatus.COMPLETED
        self.house.carrier.statuses[call.carrier_sid] = CarrierStatus.COMPLETED
        self._hang_up(call)
        for _ in range(4):
            self.house.later(30)
        if self.house.agent_now("anna").presence == Presence.WRAP_UP:
            record_call_outcome(
                self.house.floor, insurer_id="vsk", code="anna", outcome=WrittenOutcome("info_given"), call_id=call.id
            )
        self.house.later(3600)

    def _hang_up(self, call: Call) -> None:
        self.house.carrier.in_queue.discard(call.carrier_sid)
        with self.house.centre.database.transaction("test_hang_up") as tx:
            row = locked_call_by_sid(tx, call.carrier_sid)
            assert row is not None
            end_call(self.house.centre, tx, row, cause="completed", at=self.house.clock.now())

    def stuck(self, call: Call) -> list[object]:
        """What is left of the call that should not be."""
        now = self.house.clock.now()
        with self.house.centre.database.reading("stuck") as tx:
            return [
                *tx.scalars(select(Offer.state).where(OPEN_OFFER)),
                *tx.scalars(select(Wait.state).where(OPEN_WAIT)),
                *tx.scalars(select(Agent.presence).where(Agent.presence.in_((Presence.OFFERED, Presence.ON_CALL)))),
                *tx.scalars(select(Call.state).where(Call.id == call.id, Call.state != CallState.ENDED)),
                *tx.scalars(select(Leg.carrier_sid).where(Leg.call_id == call.id, Leg.ended_at.is_(None))),
                *tx.execute(select(DueWork.kind, DueWork.attempts).where(DueWork.due_at < now)),
            ]

    def be_ready(self) -> None:
        """The agent takes calls again, whatever the last one made of her."""
        with self.house.centre.database.transaction("test_ready") as tx:
            agent = tx.scalars(select(Agent).where(Agent.code == "anna")).one()
            agent.presence, agent.call_id = Presence.AVAILABLE, None


@pytest.fixture
def telling(tmp_path: Path, sqlite_url: str) -> Iterator[Telling]:
    database = Database(sqlite_url)
    house = make_house(tmp_path, database)
    house.agent("anna")
    app = Flask("news")
    app.register_blueprint(blueprint(house.floor, None, lambda: None))  # type: ignore[arg-type]
    yield Telling(house, app.test_client())
    database.close()


def test_news_of_a_conversation_may_come_in_any_order(telling: Telling) -> None:
    for number, of_leg in enumerate(permutations(OF_LEG)):
        # The caller's end comes at each place in turn; all 120 orders of the five take minutes.
        place = number % 5
        order = (*of_leg[:place], HANG_UP, *of_leg[place:])
        call, offer = telling.offered()
        for news in order:
            telling.tell(call, offer, news)
        telling.settle(call, offer)
        assert not telling.stuck(call), order
        telling.be_ready()


def test_news_may_come_twice(telling: Telling) -> None:
    for late in range(len(NEWS)):
        call, offer = telling.offered()
        for news in (*NEWS, *NEWS[late:], *reversed(NEWS)):
            telling.tell(call, offer, news)
        telling.settle(call, offer)
        assert not telling.stuck(call), late
        telling.be_ready()


@pytest.mark.parametrize("missing", NEWS)
def test_a_piece_of_news_may_be_lost(telling: Telling, missing: tuple[str, str]) -> None:
    call, offer = telling.offered()
    for news in NEWS:
        if news != missing:
            telling.tell(call, offer, news)
    telling.settle(call, offer)
    assert not telling.stuck(call)


@pytest.mark.parametrize("status", UNANSWERED)
def test_an_unanswered_leg_may_tell_its_end_before_its_ringing(telling: Telling, status: str) -> None:
    for order in permutations(((LEG, "ringing"), (LEG, status), HANG_UP)):
        call, offer = telling.offered()
        for news in order:
            telling.tell(call, offer, news)
        telling.settle(call, offer)
        assert not telling.stuck(call), order
        telling.be_ready()
