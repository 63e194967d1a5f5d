"""The terminal's commands: a whole shift by hand, and one clear line for every mistake."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from agents.models import Agent, OfferState, Presence
from agents.terminal.agent_commands import commands_of
from agents.web import hear_leg
from config.audit import AuditEntry
from ivr.calls.log import record
from ivr.calls.models import Call, Outcome
from ivr.diversions import VOICEMAIL, divert
from ivr.line_notices import Place
from tests.ivr.log_rows import add_person


@pytest.fixture
def pult(house):
    """Types a command; its output, which must end with `status`."""
    groups = {group.name: group for group in commands_of(lambda: house.floor)}

    def typed(group, *arguments, insurer="vsk", status=0):
        result = CliRunner().invoke(groups[group], [*arguments, "--insurer", insurer])
        assert result.exit_code == status, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.output

    return typed


def caller(house, sid="CA-1", **more):
    call = house.call(sid, **more)
    with house.centre.database.transaction("queued") as tx:
        record(tx, tx.get_one(Call, call.id), "queued", at=house.clock.now(), queue="medical_desk",
               reason={"ru": "запись к врачу", "en": "appointment"}, emergency=False)  # fmt: skip
    house.join(call)
    house.work()
    return call


def answered(house, sid="CA-leg-1"):
    (offer,) = house.offers(state=OfferState.MADE)
    hear_leg(house.floor, offer.id, sid, "in-progress")
    house.work()
    house.clock.move_by(3)


def test_a_shift_by_hand_from_coming_to_the_outcome(house, pult):
    pult("agent", "add", "one", "--title", "Оператор", "--skill", "desk:2", "--extension", "10-1")
    pult("agent", "available", "one")
    caller(house, language="en")
    said = pult("agent", "answer", "one")
    assert "English" in said
    assert "запись к врачу" in said
    answered(house)
    assert "on hold" in pult("agent", "hold", "one")
    assert "off hold" in pult("agent", "hold", "one", "--off")
    assert "queue, accepted" in pult("agent", "show", "one")
    assert "now record the outcome" in pult("agent", "hang-up", "one")
    assert "appointment_booked" in pult(
        "agent", "outcome", "one", "appointment_booked", "--also", "gl_requested", "--next-action", "send_letter",
        "--due", "2026-11-25 12:00", "--owner", "desk",
    )  # fmt: skip
    assert house.agent_now("one").presence == Presence.AVAILABLE
    with house.centre.database.reading("outcomes") as tx:
        codes = tx.scalars(select(Outcome.code).order_by(Outcome.is_primary.desc())).all()
    assert codes == ["appointment_booked", "gl_requested"]
    assert "away (lunch)" in pult("agent", "away", "one", "--reason", "lunch")
    assert "101" in pult("agent", "list")


def test_consulting_handing_over_and_listening_by_hand(house, pult):
    house.agent("one")
    caller(house)
    answered(house)
    house.agent("two", skills={"curator": 1})
    house.agent("boss", skills={}, is_supervisor=True, presence_now=Presence.AWAY)
    pult("agent", "listen", "boss", "one")
    house.work()
    answered(house, "CA-leg-2")
    assert "whisper" in pult("agent", "ear", "boss", "whisper")
    pult("agent", "consult", "one", "two")
    house.work()
    answered(house, "CA-leg-3")
    pult("agent", "consult", "one", "--end")
    house.work()
    pult("agent", "consult", "one", "two")
    house.work()
    answered(house, "CA-leg-4")
    assert "two has the caller; one: now record the outcome" in pult("agent", "hand-over", "one")
    assert "boss is away" in pult("agent", "hang-up", "boss")


MISTAKES = [
    (("available", "nobody"), "vsk has no agent nobody"),
    (("away", "nobody"), "vsk has no agent nobody"),
    (("answer", "one"), "nothing rings at one"),
    (("show", "one"), "one is away: no call rings or is on"),
    (("show", "nobody"), "vsk has no agent nobody"),
    (("hang-up", "one"), "one has no call"),
    (("hold", "one"), "one has no call"),
    (("transfer", "one", "two"), "one has no call"),
    (("consult", "one", "two"), "one has no call"),
    (("consult", "one", "--end"), "one has no call"),
    (("hand-over", "one"), "one has no call"),
    (("listen", "one", "two"), "two has no call"),
    (("ear", "one", "barge"), "one listens to no call"),
    (("outcome", "one", "info_given"), "one has no call"),
    (("release", "one"), "one is away, not in wrap-up"),
    (("verify", "one"), "one has no call"),
]


@pytest.mark.parametrize(("arguments", "says"), MISTAKES)
def test_a_mistake_is_one_clear_line(house, pult, arguments, says):
    house.agent("one", presence_now=Presence.AWAY)
    house.agent("two", presence_now=Presence.AWAY)
    assert pult("agent", *arguments, status=1).strip() == f"Error: {says}"


def test_mistakes_in_mid_call_change_nothing(house, pult):
    house.agent("one")
    house.agent("two", presence_now=Presence.AWAY)
    house.agent("one", insurer_id="rgs", address="client:rgs-one")
    caller(house)
    assert "one is offered" in pult("agent", "available", "one", status=1)
    answered(house)
    assert "one is on_call" in pult("agent", "available", "one", status=1)
    assert "one is on_call" in pult("agent", "away", "one", status=1)
    assert "cannot pass the caller on to themselves" in pult("agent", "transfer", "one", "one", status=1)
    assert "vsk has no agent elsewhere" in pult("agent", "transfer", "one", "elsewhere", status=1)
    assert "two is away" in pult("agent", "consult", "one", "two", status=1)
    assert "two is no supervisor" in pult("agent", "listen", "two", "one", status=1)
    assert "one has no call" in pult("agent", "hang-up", "one", insurer="rgs", status=1)
    assert "name the colleague" in pult("agent", "consult", "one", status=2)
    assert "no insurer 'nowhere'" in pult("agent", "list", insurer="nowhere", status=2)
    pult("agent", "hang-up", "one")
    assert "record the outcome of the last call first" in pult("agent", "available", "one", status=1)
    assert "one of abandoned_in_ivr" in pult("agent", "outcome", "one", "nonsense", status=1)
    with house.centre.database.reading("still") as tx:
        statement = select(Agent.presence).where(Agent.insurer_id == "vsk", Agent.code == "one")
        assert tx.scalar(statement) == Presence.WRAP_UP
    assert "one is available" in pult("agent", "release", "one")


@pytest.mark.parametrize(
    ("arguments", "says", "status"),
    [
        (("one", "--title", "x"), "vsk has an agent one already", 1),
        (("new", "--title", "x", "--extension", "101"), "that extension or address", 1),
        (("new", "--title", "x", "--address", "client:one"), "that extension or address", 1),
        (("new", "--title", "x", "--address", "12"), "telephone number", 2),
        (("new", "--title", "x", "--address", "client:два"), "a browser's name", 2),
        (("new", "--title", "x", "--skill", "juggling"), "one of curator, desk", 2),
        (("new", "--title", "x", "--skill", "desk:9"), "a level of 1 to 3", 2),
    ],
)
def test_an_agent_who_could_not_be_is_not_added(house, pult, arguments, says, status):
    house.agent("one", extension="101")
    assert says in pult("agent", "add", *arguments, status=status)
    with house.centre.database.reading("agents") as tx:
        assert tx.scalars(select(Agent.code)).all() == ["one"]


def test_a_queue_is_shown_with_its_people_and_where_it_is_diverted_to(house, pult):
    house.agent("one", presence_now=Presence.WRAP_UP)
    caller(house)
    with house.centre.database.transaction("divert") as tx:
        vsk = house.centre.insurers["vsk"]
        divert(tx, insurer=vsk, place=Place("vsk", queue="curator"), to=VOICEMAIL, by="duty", at=house.clock.now())
    house.clock.move_by(40)
    lines = {line.split()[0]: line for line in pult("queue", "show").splitlines()}
    assert lines["medical_desk"].endswith("1 waiting, longest 40 s; 1 at work, 0 free")
    assert lines["curator"].endswith("diverted to voicemail")


def test_an_agents_questions_verify_who_was_identified_and_nobody_else(house, pult):
    house.agent("one")
    call = caller(house)
    answered(house)
    assert "nobody was identified" in pult("agent", "verify", "one", status=1)
    now = house.clock.now()
    with house.centre.database.transaction("identified") as tx:
        person = add_person(tx)
        row = tx.get_one(Call, call.id)
        row.insured_id, row.level = person.id, "identified"
    pult("agent", "verify", "one")
    assert house.row(Call, call.id).level == "verified"
    with house.centre.database.reading("audit") as tx:
        assert tx.scalars(select(AuditEntry.action).where(AuditEntry.at >= now)).all() == ["verified_caller"]
