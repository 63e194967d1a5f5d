"""Calls that agents make: which numbers, whose page, once; logged with the agent as the one who dialled."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from agents.at_work import commands
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome, release
from agents.dialling import dialled_calls, dialled_numbers, dials
from agents.house.upkeep import keep_up
from agents.models import Agent, Dial, Offer
from agents.web import answer_dial, connect_outside, go_on_after_outside, place_dial, ring_out, tell_outside
from config.database import Transaction
from config.phone_numbers import PhoneNumber
from ivr.calls.log import record
from ivr.calls.models import Call, CallEvent, IdentificationLevel, Leg
from ivr.calls.recorded import RECORDING_ANNOUNCED
from ivr.carrier.errors import CarrierRefused
from ivr.carrier.port import CarrierStatus
from ivr.ports import Parting
from recordings.models import Recording
from tests.agents.desk.conftest import OTHER_PHONE, OWN_PHONE, Ringing, ring
from tests.agents.staff.conftest import Site

CLINIC = PhoneNumber("+74951112233", "12")


def ask(site: Site, who: str = "anna", **fields: str):
    return site.signed_in(who).post("/desk/dial", fields, page="/no-such-page")


def rows(site: Site, model: type, **where: object) -> list:
    with site.house.centre.database.reading("rows") as tx:
        return list(tx.scalars(select(model).filter_by(**where)))


def asked(site: Site, number: PhoneNumber = CLINIC) -> str:
    return dials.ask(site.house.floor, insurer_id="vsk", code="desk-1", number=number)


def place(site: Site, dial_id: str, *, address: str = "client:desk-1", sid: str = "CA-out") -> str:
    return place_dial(site.house.floor, dial_id, address, sid)


def test_a_call_is_dialled_with_its_extension_in_the_name_of_the_line_and_logged(site: Site) -> None:
    dial_id = asked(site)
    document = place(site, dial_id)
    assert f">{dial_id}</Conference>" in document
    assert f'waitUrl="http://127.0.0.1:8080/voice/dials/{dial_id}/ringing"' in document
    assert "/static/ringing.wav" in ring_out(site.house.floor)
    site.house.work()
    (rung,) = site.house.carrier.of("place_call")
    assert (rung["to"], rung["extension"], rung["caller_id"]) == ("+74951112233", "12", "+78002001441")
    (call,) = rows(site, Call)
    assert (call.direction, call.ani, call.line) == ("outbound", "+74951112233", "medical_desk")
    (leg,) = rows(site, Leg)
    agent = site.house.agent_now("desk-1")
    assert (leg.party, leg.agent_id, leg.carrier_sid) == ("agent", agent.id, "CA-out")
    assert (agent.presence, agent.call_id) == ("on_call", call.id)
    assert site.audited(actor="desk-1", action="dials") == ["dials"]


def test_the_same_webhook_again_is_the_same_answer_and_another_is_none(site: Site) -> None:
    dial_id = asked(site)
    first = place(site, dial_id)
    assert place(site, dial_id) == first
    assert "<Hangup/>" in place(site, dial_id, sid="CA-replayed")
    assert len(rows(site, Call)) == 1


@pytest.mark.parametrize(
    ("dial_id", "address"),
    [("own", "client:desk-2"), ("own", "+74950000001"), ("+74951112233", "client:desk-1"), ("", "client:desk-1")],
    ids=["another's page", "no page", "a number for an id", "nothing"],
)
def test_what_was_not_asked_for_is_not_dialled(site: Site, dial_id: str, address: str) -> None:
    own = asked(site)
    assert "<Hangup/>" in place(site, own if dial_id == "own" else dial_id, address=address)
    assert rows(site, Call) == []
    assert site.house.agent_now("desk-1").presence == "available"


def test_what_was_asked_for_long_ago_is_not_dialled(site: Site) -> None:
    dial_id = asked(site)
    site.house.clock.move_by(dials.ASKED_FOR / timedelta(seconds=1) + 1)
    assert "<Hangup/>" in place(site, dial_id)
    assert rows(site, Call) == []


@pytest.mark.parametrize("number", ["+1 202 555 0143", "+44 20 7946 0958", "112", "не номер", ""])
def test_numbers_that_agents_may_not_dial_leave_nothing(site: Site, number: str) -> None:
    assert ask(site, number=number).status_code == 409
    assert rows(site, Dial) == []


def test_the_insured_persons_number_never_reaches_the_page(site: Site) -> None:
    called = ring(site, ani=OTHER_PHONE)
    called.answer()
    called.know(IdentificationLevel.IDENTIFIED)
    commands.hang_up(site.house.floor, insurer_id="vsk", code="desk-1")
    response = ask(site, whose="insured", call=called.call.id)
    assert response.status_code == 200
    assert OWN_PHONE not in response.text
    assert OWN_PHONE not in site.signed_in("anna").get("/desk").text
    (dial,) = rows(site, Dial)
    assert (dial.e164, dial.about_call_id) == (OWN_PHONE, called.call.id)
    assert response.json == {"dial": dial.id}


def test_a_call_made_while_writing_down_belongs_to_the_call_before(site: Site) -> None:
    called = ring(site)
    called.answer()
    commands.hang_up(site.house.floor, insurer_id="vsk", code="desk-1")
    dial_id = ask(site, whose="caller", call=called.call.id).json["dial"]
    place(site, dial_id)
    (made,) = rows(site, Call, direction="outbound")
    assert made.continues_call_id == called.call.id
    agent = site.house.agent_now("desk-1")
    assert (agent.presence, agent.call_id) == ("wrap_up", called.call.id)
    dialled_calls.ended(site.house.floor, dial_id=dial_id, status=CarrierStatus.COMPLETED)
    assert site.house.agent_now("desk-1").call_id == called.call.id
    assert rows(site, Call, id=made.id)[0].state == "ended"


def finish_wrap_up(site: Site, *, by_release: bool = False) -> None:
    who = {"insurer_id": "vsk", "code": "desk-1"}
    if by_release:
        release(site.house.floor, **who, by="boss")
    else:
        record_call_outcome(site.house.floor, **who, outcome=WrittenOutcome("info_given"))


@pytest.mark.parametrize("by_release", [False, True], ids=["written down", "released"])
def test_wrap_up_finished_during_a_call_of_ones_own_leaves_the_agent_in_that_call(
    site: Site, by_release: bool
) -> None:
    called, house = ring(site), site.house
    called.answer()
    commands.hang_up(house.floor, insurer_id="vsk", code="desk-1")
    place(site, dial_id := asked(site))
    finish_wrap_up(site, by_release=by_release)
    (made,) = rows(site, Call, direction="outbound")
    agent = house.agent_now("desk-1")
    assert (agent.presence, agent.call_id) == ("on_call", made.id)
    # Somebody waits by now; nothing rings until the agent is free.
    waiting = house.call("CA-next")
    house.join(waiting)
    house.work()
    keep_up(house.centre)
    assert rows(site, Offer, call_id=waiting.id) == []
    dialled_calls.ended(house.floor, dial_id=dial_id, status=CarrierStatus.COMPLETED)
    agent = house.agent_now("desk-1")
    assert (agent.presence, agent.call_id) == ("wrap_up", made.id)
    finish_wrap_up(site)
    house.work()
    assert len(rows(site, Offer, call_id=waiting.id)) == 1


def test_who_has_written_down_their_own_call_while_it_went_on_is_free_at_its_end(site: Site) -> None:
    place(site, dial_id := asked(site))
    finish_wrap_up(site)
    assert site.house.agent_now("desk-1").presence == "on_call"
    dialled_calls.ended(site.house.floor, dial_id=dial_id, status=CarrierStatus.COMPLETED)
    agent = site.house.agent_now("desk-1")
    assert (agent.presence, agent.call_id) == ("available", None)


@pytest.fixture
def colleagues(site: Site) -> Site:
    with site.house.centre.database.transaction("test_extensions") as tx:
        for code, extension in (("desk-1", "101"), ("desk-2", "102"), ("sog-1", "103")):
            tx.execute(
                update(Agent).where(Agent.code == code).values(extension=extension, title=f"оператор {extension}")
            )
    return site


@pytest.mark.parametrize("fields", [{"number": "102"}, {"number": " доб. 102 "}, {"agent": "desk-2"}])
def test_a_colleague_is_rung_by_extension_or_from_the_list_and_sees_who_it_is(
    colleagues: Site, fields: dict[str, str]
) -> None:
    answer = ask(colleagues, **fields)
    assert "<Client" in place(colleagues, answer.json["dial"])
    ringing = colleagues.signed_in("boss").get("/desk").text
    assert 'data-stage="ringing"' in ringing
    assert "от коллеги" in ringing
    assert 'оператор 101 <span class="figures">101</span>' in ringing
    assert 'data-phone="decline"' in ringing
    own = colleagues.signed_in("anna").get("/desk").text
    assert 'оператор 102 <span class="figures">102</span>, звоним' in own
    for page in (ringing, own):
        assert "/desk/calls/" not in page
        assert "caller-role" not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"number": "103"}, "Такого добавочного"),
        ({"number": "999"}, "Такого добавочного"),
        ({"agent": "sog-1"}, "Такого добавочного"),
        ({"number": "101"}, "ваш собственный"),
        ({"agent": "desk-1"}, "ваш собственный"),
    ],
)
def test_who_is_no_colleague_is_refused_in_words(colleagues: Site, fields: dict[str, str], words: str) -> None:
    answer = ask(colleagues, **fields)
    assert (answer.status_code, words in answer.text) == (409, True)
    assert rows(colleagues, Dial) == []


def test_a_colleague_who_is_away_is_refused_in_words_and_not_offered_in_the_list(colleagues: Site) -> None:
    button = 'data-colleague="desk-2" data-whom="оператор 102 102" data-needs-connection{}>'
    assert button.format("") in colleagues.signed_in("anna").get("/desk/colleagues").text
    commands.go_away(colleagues.house.floor, insurer_id="vsk", code="desk-2")
    answer = ask(colleagues, number="102")
    assert (answer.status_code, answer.text) == (409, "Коллеги нет на месте.")
    assert rows(colleagues, Dial) == []
    listed = colleagues.signed_in("anna").get("/desk/colleagues").text
    assert button.format(" disabled") in listed
    assert "sog-1" not in listed


@pytest.mark.parametrize("whose", ["insured", "caller"])
def test_the_card_of_another_agents_call_gives_no_number(ringing_call: Ringing, whose: str) -> None:
    ringing_call.answer()
    ringing_call.know(IdentificationLevel.VERIFIED)
    assert ask(ringing_call.site, "boss", whose=whose, call=ringing_call.call.id).status_code == 409
    assert rows(ringing_call.site, Dial) == []


def test_who_has_a_call_makes_no_other(ringing_call: Ringing) -> None:
    ringing_call.answer()
    assert ask(ringing_call.site, number="8 495 111-22-33").status_code == 409


def test_after_it_the_agent_writes_down_what_came_of_it_and_upkeep_waits_for_the_end(site: Site) -> None:
    dial_id = asked(site)
    place(site, dial_id)
    site.house.clock.move_by(600)
    keep_up(site.house.centre)
    assert site.house.agent_now("desk-1").presence == "on_call"
    for _ in range(2):
        dialled_calls.ended(site.house.floor, dial_id=dial_id, status=CarrierStatus.NO_ANSWER)
    assert site.house.agent_now("desk-1").presence == "wrap_up"
    (call,) = rows(site, Call)
    assert (call.state, call.hangup_cause) == ("ended", "no_answer")
    assert [one.kind for one in rows(site, CallEvent)] == ["dialled", "agent_connected", "ended", "agent_left"]


class Told:
    """The phone side's notice of a recording, as far as this side asks for it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def tell_of_recording(self, tx: Transaction, call: Call, *, language: str | None = None) -> str:
        self.calls.append(call.id)
        return "<Say>notice</Say>"


def rung(site: Site) -> tuple[str, str]:
    """A dial whose number rings, and the number's leg."""
    place(site, dial_id := asked(site))
    site.house.work()
    return dial_id, rows(site, Dial, id=dial_id)[0].number_sid


def ended_legs(site: Site) -> list[str]:
    site.house.work()
    return [one["call_sid"] for one in site.house.carrier.of("end_call")]


def test_who_answers_hears_the_notice_and_meets_the_agent_as_often_as_the_carrier_asks(site: Site) -> None:
    dial_id, sid = rung(site)
    told = Told()
    documents = {answer_dial(site.house.floor, told, dial_id, sid) for _ in range(2)}
    (document,) = documents
    assert document.index("notice") < document.index(f">{dial_id}</Conference>")
    assert [one.kind for one in rows(site, CallEvent)] == ["dialled", "agent_connected", "number_answered"]
    (recording,) = rows(site, Recording)
    assert (recording.kind, recording.conversation) == ("own_call", dial_id)
    assert set(told.calls) == {recording.call_id}
    assert "<Hangup/>" in answer_dial(site.house.floor, told, dial_id, "CA-another")
    assert "<Hangup/>" in answer_dial(site.house.floor, told, dial_id, "")


def test_the_desk_says_that_it_rings_until_somebody_answers(site: Site) -> None:
    dial_id, sid = rung(site)
    page = site.signed_in("anna")
    assert "исходящий, звоним" in page.get("/desk").text
    answer_dial(site.house.floor, Told(), dial_id, sid)
    assert "исходящий, звоним" not in page.get("/desk").text


@pytest.mark.parametrize("status", ["busy", "no_answer", "failed"])
def test_a_number_that_does_not_answer_lets_the_agent_go(site: Site, status: str) -> None:
    dial_id, sid = rung(site)
    for _ in range(2):
        dialled_numbers.over(site.house.floor, dial_id, sid=sid, status=CarrierStatus(status))
    assert rows(site, Call)[0].hangup_cause == status
    assert site.house.agent_now("desk-1").presence == "wrap_up"
    assert ended_legs(site) == [sid, "CA-out"]


def test_an_agent_who_hangs_up_first_stops_the_ringing(site: Site) -> None:
    dial_id, sid = rung(site)
    dialled_calls.ended(site.house.floor, dial_id=dial_id, status=CarrierStatus.COMPLETED)
    assert rows(site, Call)[0].hangup_cause == "canceled"
    assert sid in ended_legs(site)
    assert "<Hangup/>" in answer_dial(site.house.floor, Told(), dial_id, sid)


def test_a_number_that_the_carrier_refuses_is_told_as_failed(site: Site) -> None:
    site.house.carrier.refuse["place_call"] = CarrierRefused("place_call", code=21211, status=400)
    place(site, asked(site))
    site.house.work()
    assert rows(site, Call)[0].hangup_cause == "failed"
    assert ended_legs(site) == ["CA-out"]


def test_an_answer_of_the_carrier_that_was_lost_rings_the_number_once(site: Site) -> None:
    site.house.carrier.lose_answer_of.add("place_call")
    place(site, dial_id := asked(site))
    site.house.work()
    site.house.clock.move_by(30)
    site.house.work()
    assert len(site.house.carrier.of("place_call")) == 1
    assert rows(site, Dial, id=dial_id)[0].number_sid == "CA-out-1"


def test_ringing_whose_answer_was_lost_is_stopped_with_the_call(site: Site) -> None:
    site.house.carrier.lose_answer_of.add("place_call")
    place(site, dial_id := asked(site))
    site.house.work()
    dialled_calls.ended(site.house.floor, dial_id=dial_id, status=CarrierStatus.COMPLETED)
    assert set(ended_legs(site)) == {"CA-out-1", "CA-out"}


@pytest.mark.parametrize(("status", "state"), [("under_way", "connected"), ("no_answer", "ended")])
def test_a_number_of_which_no_news_comes_is_asked_for(site: Site, status: str, state: str) -> None:
    _, sid = rung(site)
    site.house.carrier.statuses[sid] = CarrierStatus(status)
    site.house.clock.move_by(dialled_numbers.RING_SECONDS + 20)
    site.house.work()
    assert rows(site, Call)[0].state == state
    site.house.carrier.statuses[sid] = CarrierStatus.COMPLETED
    site.house.clock.move_by(20)
    site.house.work()
    assert rows(site, Call)[0].state == "ended"


def test_a_page_that_says_its_call_is_over_is_believed_when_the_carrier_says_so_too(site: Site) -> None:
    dial_id = asked(site)
    place(site, dial_id)
    anna = site.signed_in("anna")
    assert anna.post(f"/desk/dials/{dial_id}/over", page="/no-such-page").json == {"why": ""}
    assert site.house.agent_now("desk-1").presence == "on_call"
    site.house.carrier.statuses["CA-out"] = CarrierStatus.COMPLETED
    assert site.signed_in("boss").post(f"/desk/dials/{dial_id}/over", page="/no-such-page").status_code == 409
    assert site.house.agent_now("desk-1").presence == "on_call"
    anna.post(f"/desk/dials/{dial_id}/over", page="/no-such-page")
    assert site.house.agent_now("desk-1").presence == "wrap_up"


def why(site: Site, dial_id: str, language: str = "ru") -> str:
    anna = site.signed_in("anna")
    anna.post("/language", {"language": language}, page="/no-such-page")
    return anna.post(f"/desk/dials/{dial_id}/over", page="/no-such-page").json["why"]


@pytest.mark.parametrize(
    ("status", "of_a_number", "of_a_colleague"),
    [
        ("busy", "Номер занят. Позвоните позже.", "Коллега не принял звонок."),
        ("no-answer", "По этому номеру не отвечают.", "Коллега не отвечает."),
        ("failed", "По этому номеру не дозвониться. Проверьте его.", "До телефона коллеги не дозвониться."),
        ("canceled", "", ""),
        ("completed", "", ""),
    ],
)
def test_the_page_is_told_why_nobody_was_reached(
    colleagues: Site, status: str, of_a_number: str, of_a_colleague: str
) -> None:
    floor = colleagues.house.floor
    for fields, words in (({"agent": "desk-2"}, of_a_colleague), ({"number": "8 495 111-22-33"}, of_a_number)):
        dial_id = ask(colleagues, **fields).json["dial"]
        place(colleagues, dial_id, sid=f"CA-{dial_id}")
        dialled_calls.ended(floor, dial_id=dial_id, status=CarrierStatus(status.replace("-", "_")))
        assert why(colleagues, dial_id) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [("ru", "Коллеге уже звонят."), ("en", "Another call already rings at the colleague.")],
)
def test_of_a_colleague_whom_another_call_rang_meanwhile_the_page_is_told_that(
    colleagues: Site, language: str, words: str
) -> None:
    house = colleagues.house
    dial_id = ask(colleagues, agent="desk-2").json["dial"]
    commands.go_away(house.floor, insurer_id="vsk", code="desk-1")
    house.join(house.call("CA-taken"))
    house.work()
    assert house.agent_now("desk-2").presence == "offered"
    assert "<Hangup/>" in place(colleagues, dial_id)
    assert why(colleagues, dial_id, language) == words
    assert house.agent_now("desk-1").presence == "away"


def test_who_did_not_make_the_call_is_not_told(colleagues: Site) -> None:
    dial_id = ask(colleagues, agent="desk-2").json["dial"]
    boss = colleagues.signed_in("boss")
    assert boss.post(f"/desk/dials/{dial_id}/over", page="/no-such-page").status_code == 409


@pytest.fixture
def talking(site: Site) -> Ringing:
    called = ring(site)
    called.answer()
    return called


def pass_on(called: Ringing, **fields: str):
    url = f"/desk/calls/{called.call.id}/transfer"
    return called.site.signed_in("anna").post(url, fields, page="/no-such-page")


def passed_on(called: Ringing) -> str:
    assert pass_on(called, outside="contract_support").status_code == 204
    (dial,) = rows(called.site, Dial)
    return dial.id


def test_a_caller_is_passed_on_to_a_number_outside(talking: Ringing) -> None:
    dial_id = passed_on(talking)
    floor, carrier = talking.site.house.floor, talking.site.house.carrier
    (redirected,) = carrier.of("redirect")
    assert redirected["call_sid"] == "CA-now"
    assert redirected["document_url"].endswith(f"/voice/dials/{dial_id}/through")
    assert talking.site.house.agent_now("desk-1").presence == "wrap_up"
    document = connect_outside(floor, dial_id, "CA-now")
    assert '<Number sendDigits="ww5995">+74957274444</Number>' in document
    assert "<Hangup/>" in connect_outside(floor, dial_id, "CA-another")


def test_where_it_is_recorded_whoever_answers_outside_is_told_first(talking: Ringing) -> None:
    house, told = talking.site.house, Told()
    with house.centre.database.transaction("test_told") as tx:
        record(tx, tx.get_one(Call, talking.call.id), RECORDING_ANNOUNCED, at=house.clock.now(), language="en")
    dial_id = passed_on(talking)
    document = connect_outside(house.floor, dial_id, "CA-now")
    assert 'record="record-from-answer-dual"' in document
    assert f'/voice/dials/{dial_id}/through/answer" method="POST">+74957274444</Number>' in document
    assert "<Say>notice</Say>" in tell_outside(house.floor, told, dial_id)
    assert told.calls == [talking.call.id]
    assert "<Hangup/>" in tell_outside(house.floor, told, "no-such-dial")


def test_who_is_passed_on_outside_is_in_no_queue_meanwhile(talking: Ringing) -> None:
    dial_id, house = passed_on(talking), talking.site.house
    with house.centre.database.transaction("parting") as tx:
        assert house.queues.parting(tx, tx.get_one(Call, talking.call.id)) is Parting.OUTSIDE
    go_on_after_outside(house.floor, dial_id, "CA-now", is_answered=False)
    with house.centre.database.transaction("parting") as tx:
        assert house.queues.parting(tx, tx.get_one(Call, talking.call.id)) is Parting.TRANSFERRED


def test_who_could_not_be_moved_outside_talks_on_and_leaves_as_usual(talking: Ringing) -> None:
    passed_on(talking)
    house = talking.site.house
    house.clock.move_by(61)
    with house.centre.database.transaction("parting") as tx:
        assert house.queues.parting(tx, tx.get_one(Call, talking.call.id)) is not Parting.OUTSIDE


@pytest.mark.parametrize(("is_answered", "parting"), [(True, Parting.CONCLUDED), (False, Parting.TRANSFERRED)])
def test_answered_there_the_call_ends_well_and_unanswered_it_comes_back(
    talking: Ringing, is_answered: bool, parting: Parting
) -> None:
    dial_id, house = passed_on(talking), talking.site.house
    for _ in range(2):
        document = go_on_after_outside(house.floor, dial_id, "CA-now", is_answered=is_answered)
        assert f"/voice/calls/{talking.call.id}/bridge-left/0" in document
    with house.centre.database.transaction("parting") as tx:
        assert house.queues.parting(tx, tx.get_one(Call, talking.call.id)) is parting


@pytest.mark.parametrize("number", ["+1 202 555 0143", "не номер", "112"])
def test_a_number_that_may_not_be_dialled_takes_nobody_either(talking: Ringing, number: str) -> None:
    assert pass_on(talking, number=number).status_code == 409
    assert talking.site.house.carrier.of("redirect") == []
    assert rows(talking.site, Dial) == []
    assert talking.site.house.agent_now("desk-1").presence == "on_call"
