"""Calls from desk to desk: both are busy meanwhile and as before afterwards; what is refused leaves nothing."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from agents.at_work import commands
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.dialling import dials
from agents.dialling.colleague_calls import ColleagueNotFree, OwnExtension
from agents.errors import NothingToDo, UnknownAgent
from agents.house.upkeep import keep_up
from agents.models import Agent, Dial, Offer, Presence
from agents.web import OutgoingCalls, blueprint
from config.audit import AuditEntry
from ivr.calls.models import Call, CallEvent, Leg, Outcome
from ivr.carrier.port import CarrierCall, CarrierStatus
from tests.agents.conftest import House
from tests.ivr.twiml_schema import findings


@pytest.fixture
def desks(house: House) -> House:
    house.agent("anna", extension="101", title="оператор Анна")
    house.agent("boris", extension="102", title="оператор Борис")
    house.agent("other", extension="103", insurer_id="soglasie")
    return house


@pytest.fixture
def carrier(desks: House) -> FlaskClient:
    """What the carrier asks and tells."""
    app = Flask(__name__)
    app.register_blueprint(blueprint(desks.floor, cast("OutgoingCalls", None), lambda: None))
    return app.test_client()


def rows(house: House, model: type[Any]) -> list[Any]:
    with house.centre.database.reading("test_rows") as tx:
        return list(tx.scalars(select(model)))


def ask(house: House, extension: str = "102", *, code: str = "anna") -> str:
    return dials.ask_colleague(house.floor, insurer_id="vsk", code=code, extension=extension)


def place(carrier: FlaskClient, dial_id: str, *, who: str = "anna", sid: str = "CA-anna") -> str:
    form = {"To": dial_id, "From": f"client:{who}", "CallSid": sid}
    return carrier.post("/voice/outgoing", data=form).text


def hear(carrier: FlaskClient, dial_id: str, status: str, *, sid: str = "CA-boris") -> None:
    form = {"CallSid": sid, "CallStatus": status}
    assert carrier.post(f"/voice/dials/{dial_id}/colleague", data=form).status_code == 204


def end(carrier: FlaskClient, dial_id: str, result: str) -> None:
    assert "<Hangup/>" in carrier.post(f"/voice/dials/{dial_id}/over", data={"DialCallStatus": result}).text


def presences(house: House, *codes: str) -> list[str]:
    return [house.agent_now(code).presence for code in codes or ("anna", "boris")]


def placed(house: House, carrier: FlaskClient) -> str:
    dial_id = ask(house)
    place(carrier, dial_id)
    return dial_id


def test_the_colleague_rings_both_talk_and_both_are_as_before(desks: House, carrier: FlaskClient) -> None:
    dial_id = ask(desks)
    document = place(carrier, dial_id)
    assert findings(document) == []
    assert ">boris</Client>" in document
    assert f"/voice/dials/{dial_id}/colleague" in document
    assert place(carrier, dial_id) == document
    assert presences(desks) == ["on_call", "offered"]
    desks.clock.move_by(3)
    for status in ("ringing", "in-progress", "in-progress"):
        hear(carrier, dial_id, status)
    assert presences(desks) == ["on_call", "on_call"]
    desks.clock.move_by(600)
    keep_up(desks.centre)
    assert presences(desks) == ["on_call", "on_call"]
    hear(carrier, dial_id, "completed")
    end(carrier, dial_id, "completed")
    assert presences(desks) == ["available", "available"]
    assert rows(desks, Offer) == rows(desks, Outcome) == []


def test_it_is_on_record_who_rang_whom_when_and_how_long(desks: House, carrier: FlaskClient) -> None:
    dial_id = placed(desks, carrier)
    desks.clock.move_by(3)
    hear(carrier, dial_id, "in-progress")
    desks.clock.move_by(60)
    hear(carrier, dial_id, "completed")
    end(carrier, dial_id, "completed")
    (call,) = rows(desks, Call)
    assert (call.direction, call.ani, call.insured_id, call.state) == ("outbound", None, None, "ended")
    assert (call.ended_at - call.started_at).total_seconds() == 63
    legs = {leg.agent_id: leg for leg in rows(desks, Leg)}
    assert legs.keys() == {desks.agent_now("anna").id, desks.agent_now("boris").id}
    talked = legs[desks.agent_now("boris").id]
    assert (talked.ended_at - talked.answered_at).total_seconds() == 60
    events = [(one.kind, one.data.get("agent"), one.data.get("to")) for one in rows(desks, CallEvent)]
    assert ("dialled", "anna", "boris") in events
    assert {("agent_joined", "boris", None), ("agent_left", "boris", None), ("agent_left", "anna", None)} <= set(events)
    assert ("anna", "rings_colleague") in [(one.actor, one.action) for one in rows(desks, AuditEntry)]


@pytest.mark.parametrize("code", ["anna", "boris"])
def test_nobody_writes_an_outcome_of_it_down(desks: House, carrier: FlaskClient, code: str) -> None:
    dial_id = placed(desks, carrier)
    hear(carrier, dial_id, "in-progress")
    with pytest.raises(NothingToDo):
        record_call_outcome(desks.floor, insurer_id="vsk", code=code, outcome=WrittenOutcome("info_given"))
    assert rows(desks, Outcome) == []


@pytest.mark.parametrize("result", ["busy", "no-answer", "canceled", "failed"])
def test_a_ring_that_nobody_answers_changes_nobodys_presence(
    desks: House, carrier: FlaskClient, result: str
) -> None:
    commands.go_away(desks.floor, insurer_id="vsk", code="anna", reason="lunch")
    dial_id = placed(desks, carrier)
    hear(carrier, dial_id, "ringing")
    hear(carrier, dial_id, result)
    for _ in range(2):
        end(carrier, dial_id, result)
    assert presences(desks) == ["away", "available"]
    assert desks.agent_now("anna").presence_reason == "lunch"
    hear(carrier, dial_id, "in-progress")
    assert presences(desks) == ["away", "available"]


@pytest.mark.parametrize("is_known", [True, False])
def test_of_a_colleague_whose_answer_was_not_heard_the_carrier_is_asked(
    desks: House, carrier: FlaskClient, is_known: bool
) -> None:
    placed(desks, carrier)
    (call,) = rows(desks, Call)
    if is_known:
        hear(carrier, rows(desks, Dial)[0].id, "ringing")
    leg = CarrierCall("CA-boris", None, call.dnis, "client:boris", False, CarrierStatus.UNDER_WAY, None, None)
    desks.carrier.placed.append(leg)
    desks.carrier.statuses["CA-boris"] = leg.status
    desks.later(25)
    assert presences(desks) == ["on_call", "offered"]
    desks.carrier.statuses["CA-boris"] = CarrierStatus.IN_PROGRESS
    desks.later(60)
    assert presences(desks) == ["on_call", "on_call"]
    assert [one.answered_at is None for one in rows(desks, Leg)] == [False, False]


def test_of_a_colleague_who_answered_nothing_is_asked(desks: House, carrier: FlaskClient) -> None:
    hear(carrier, placed(desks, carrier), "in-progress")
    desks.later(60)
    assert desks.carrier.of("call_status") == desks.carrier.of("calls_since") == []


@pytest.mark.parametrize("status", ["no_answer", "completed"])
def test_a_colleagues_leg_that_is_over_changes_nobodys_presence(
    desks: House, carrier: FlaskClient, status: str
) -> None:
    hear(carrier, placed(desks, carrier), "ringing")
    desks.carrier.statuses["CA-boris"] = CarrierStatus(status)
    desks.later(60)
    assert presences(desks) == ["on_call", "offered"]
    ended = {leg.carrier_sid: leg.hangup_cause for leg in rows(desks, Leg)}
    assert ended == {"CA-anna": None, "CA-boris": status}


def test_a_colleague_with_a_telephone_elsewhere_is_rung_there(desks: House, carrier: FlaskClient) -> None:
    desks.agent("curator", extension="5093", address="+79161112233")
    document = place(carrier, ask(desks, "5093"))
    assert findings(document) == []
    assert ">+79161112233</Number>" in document


def test_who_writes_a_call_down_goes_on_with_that_afterwards(desks: House, carrier: FlaskClient) -> None:
    desks.agent("clara", extension="104", presence_now=Presence.WRAP_UP)
    dial_id = ask(desks, code="clara")
    place(carrier, dial_id, who="clara")
    hear(carrier, dial_id, "in-progress")
    assert presences(desks, "clara", "boris") == ["wrap_up", "on_call"]
    end(carrier, dial_id, "completed")
    clara = desks.agent_now("clara")
    assert (clara.presence, clara.call_id) == ("wrap_up", "a-call-before")
    assert presences(desks, "boris") == ["available"]


def test_who_finishes_wrap_up_while_they_talk_with_a_colleague_is_free_afterwards_and_not_before(
    desks: House, carrier: FlaskClient
) -> None:
    written_down = desks.call("CA-before")
    desks.agent("clara", extension="104", presence_now=Presence.WRAP_UP)
    with desks.centre.database.transaction("test_call_before") as tx:
        tx.execute(update(Agent).where(Agent.code == "clara").values(call_id=written_down.id))
    dial_id = ask(desks, code="clara")
    place(carrier, dial_id, who="clara")
    hear(carrier, dial_id, "in-progress")
    commands.go_away(desks.floor, insurer_id="vsk", code="anna")
    record_call_outcome(desks.floor, insurer_id="vsk", code="clara", outcome=WrittenOutcome("info_given"))
    assert presences(desks, "clara", "boris") == ["on_call", "on_call"]
    desks.join(desks.call("CA-next"))
    desks.work()
    assert rows(desks, Offer) == []
    end(carrier, dial_id, "completed")
    assert presences(desks, "clara", "boris") == ["available", "available"]


@pytest.mark.parametrize(
    ("extension", "error"),
    [("103", UnknownAgent), ("999", UnknownAgent), ("", UnknownAgent), ("101", OwnExtension)],
    ids=["another insurer's", "nobody's", "none", "one's own"],
)
def test_who_is_no_colleague_is_not_rung(desks: House, extension: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(desks, extension)
    assert rows(desks, Dial) == []


def test_a_code_of_another_insurer_is_no_colleague_either(desks: House) -> None:
    with pytest.raises(UnknownAgent):
        dials.ask_colleague(desks.floor, insurer_id="vsk", code="anna", to_code="other")
    assert rows(desks, Dial) == []


@pytest.mark.parametrize("presence_now", [one for one in Presence if one is not Presence.AVAILABLE])
def test_a_colleague_who_is_not_free_is_refused_with_the_reason(desks: House, presence_now: Presence) -> None:
    desks.agent("clara", extension="104", presence_now=presence_now)
    with pytest.raises(ColleagueNotFree) as refused:
        ask(desks, "104")
    assert refused.value.presence is presence_now
    assert rows(desks, Dial) == []


def test_who_has_a_call_rings_nobody(desks: House, carrier: FlaskClient) -> None:
    placed(desks, carrier)
    desks.agent("clara", extension="104")
    for code in ("anna", "boris"):
        with pytest.raises(NothingToDo):
            ask(desks, "104", code=code)
    assert len(rows(desks, Dial)) == 1


def test_a_dial_is_placed_once_in_time_from_its_own_telephone_to_somebody_still_free(
    desks: House, carrier: FlaskClient
) -> None:
    dial_id = ask(desks)
    assert "<Hangup/>" in place(carrier, dial_id, who="boris")
    assert "<Hangup/>" in place(carrier, dial_id, who="other")
    commands.go_away(desks.floor, insurer_id="vsk", code="boris")
    assert "<Hangup/>" in place(carrier, dial_id)
    commands.become_available(desks.floor, insurer_id="vsk", code="boris")
    desks.clock.move_by(61)
    assert "<Hangup/>" in place(carrier, dial_id)
    assert rows(desks, Call) == []
    assert presences(desks) == ["available", "available"]
    dial_id = placed(desks, carrier)
    end(carrier, dial_id, "completed")
    assert "<Hangup/>" in place(carrier, dial_id)
    assert "<Hangup/>" in place(carrier, dial_id, sid="CA-replayed")
    assert len(rows(desks, Call)) == 1


def test_of_two_who_ring_one_colleague_at_once_one_wins(desks: House, carrier: FlaskClient) -> None:
    desks.agent("clara", extension="104")
    asked = {code: ask(desks, code=code) for code in ("anna", "clara")}
    with ThreadPoolExecutor() as both:
        documents = list(both.map(lambda code: place(_own(carrier), asked[code], who=code, sid=f"CA-{code}"), asked))
    assert sorted("<Client" in one for one in documents) == [False, True]
    assert sorted(presences(desks, "anna", "clara")) == ["available", "on_call"]
    assert presences(desks, "boris") == ["offered"]
    assert len(rows(desks, Call)) == 1


def test_of_two_who_ring_each_other_at_once_one_wins(desks: House, carrier: FlaskClient) -> None:
    asked = {"anna": ask(desks), "boris": ask(desks, "101", code="boris")}
    with ThreadPoolExecutor() as both:
        documents = list(both.map(lambda code: place(_own(carrier), asked[code], who=code, sid=f"CA-{code}"), asked))
    assert sorted("<Client" in one for one in documents) == [False, True]
    assert sorted(presences(desks)) == ["offered", "on_call"]


def test_news_of_a_leg_that_no_dial_rang_changes_nothing(desks: House, carrier: FlaskClient) -> None:
    dial_id = ask(desks)
    for unknown in (dial_id, "no-such-dial"):
        hear(carrier, unknown, "in-progress")
    assert presences(desks) == ["available", "available"]
    assert rows(desks, Leg) == []


def _own(carrier: FlaskClient) -> FlaskClient:
    """A client of its own: one client is of one thread."""
    return carrier.application.test_client()
