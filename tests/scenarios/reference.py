"""Short calls that between them pass every commit and every request to the carrier: the ground that faults are sown in.

Each is worked to its end whatever goes wrong on the way, as people would: an agent repeats what did not work, a caller
waits a while and hangs up. None of them asserts anything: what must hold afterwards is the same for all.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from click.testing import CliRunner
from sqlalchemy import delete, select, update

from agents import listening_in
from agents.at_work import (
    asking,
    caller_matters,
    caller_requests,
    commands,
    joining,
    my_work,
    recording_commands,
    wrap_up,
)
from agents.at_work.caller_requests import next_step
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.demo import load_demo
from agents.dialling import colleague_calls, dialled_calls, dials, passing_outside
from agents.draft_editions import Edition
from agents.errors import AgentError
from agents.floor import Floor
from agents.models import Agent, Dial, Ear, Offer, OfferState, Presence, Wait
from agents.offering import moving_waits
from agents.sight import newest_in_sight
from agents.terminal.agent_commands import commands_of
from agents.wrap_up_drafts import Draft
from config import failpoints
from config.due_work import DueWork
from config.phone_numbers import PhoneNumber
from ivr import exchange, reconcile
from ivr.calls import booking
from ivr.calls.booking import Appointment
from ivr.calls.models import Call, Outcome, Request
from ivr.carrier.errors import CarrierError
from ivr.carrier.port import CarrierStatus
from ivr.cli import line as line_commands
from ivr.errors import PhoneError
from ivr.exchange import calls, phones
from ivr.exchange.model import Number
from ivr.exchange.twiml.verbs import NOWHERE, Callback
from ivr.insured.models import InsuredPerson
from ivr.request_cli import request as request_commands
from tests.scenarios.centre import ANSWERS, MOBILE, Centre
from tests.scenarios.lines import EMERGENCY, INSURED, LINES, OPERATOR

Scenario: TypeAlias = Callable[[Centre], None]

CALLED_BACK: Final = exchange.AutoAnswer(after=2, talk_for=None, patience=None, hands=exchange.Hands(("1",)))
_MOSCOW: Final = ZoneInfo("Europe/Moscow")


# --- an ordinary day ---------------------------------------------------------------------------


def served(centre: Centre) -> None:
    """Somebody asks for the desk, is served and surveyed; the agent writes down what came of it."""
    phone = centre.dial(LINES["soglasie"], OPERATOR["soglasie"])
    centre.reach(phone, "ended")


def hung_up_waiting(centre: Centre) -> None:
    """Nobody answers; the caller waits for two rounds, presses a wrong key, and hangs up."""
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["rgs"], OPERATOR["rgs"])
    centre.reach(phone, "hold_music")
    centre.run_for(50)
    phone.press("7")
    centre.run_for(5)
    phone.hang_up()


def emergency_given_to_duty(centre: Centre) -> None:
    """Nobody answers an emergency: it is rung ever more broadly, and at last given to the duty number."""
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["soglasie"], EMERGENCY["soglasie"])
    centre.reach(phone, "bridged", seconds=120)
    phone.hang_up()


def curator_away_from_the_desk(centre: Centre) -> None:
    """The curator of the policy is preferred, does not answer, and after a while whoever can takes the caller."""
    centre.switch.behave("client:*-curator-a", exchange.NoAnswer())
    phone = centre.dial(LINES["vsk_curators"], ("", "1", *INSURED["vsk"]))
    centre.reach(phone, "bridged", seconds=180)
    phone.hang_up()
    centre.switch.behave("client:*-curator-a", ANSWERS)


def language_after_all(centre: Centre) -> None:
    """Whoever speaks the caller's language does not answer: after a while anybody is asked."""
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["maks"], ("2", "0"))
    centre.reach(phone, "hold_music")
    centre.run_for(45)
    phone.hang_up()


def representatives_overflow(centre: Centre) -> None:
    """The second level of representatives has nobody for longer than it may: the first takes over."""
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["oms"], ("1", "1", "2", "1"))
    centre.reach(phone, "hold_music")
    centre.run_for(310)
    phone.hang_up()


def curator_goes_home(centre: Centre) -> None:
    """A curator leaves the desk in the last seconds of the shift, and is not brought back after it."""
    end = centre.now.astimezone(_MOSCOW).replace(hour=17, minute=59, second=58, microsecond=0)
    centre.stage.rehearsal.clock.move_to(end)
    _do(centre, partial(commands.go_away, insurer_id="vsk", code="vsk-curator-a"))
    centre.run_for(20)


# --- agents at work by hand --------------------------------------------------------------------


def long_talk(centre: Centre) -> None:
    """An agent talks for more than a minute, holds, hangs up, and takes too long over the writing down."""
    code = _talking(centre)
    centre.run_for(65)
    _do(centre, partial(commands.set_hold, insurer_id="rgs", code=code, on=True))
    centre.run_for(5)
    _do(centre, partial(commands.set_hold, insurer_id="rgs", code=code, on=False))
    _do(centre, partial(commands.hang_up, insurer_id="rgs", code=code))
    centre.run_for(190)
    _write_down(centre)


def passed_on(centre: Centre) -> None:
    """An agent passes the caller on to a colleague and is let out of the wrap-up by the supervisor."""
    code = _talking(centre)
    to = "rgs-desk-2" if code == "rgs-desk-1" else "rgs-desk-1"
    _do(centre, partial(commands.transfer, insurer_id="rgs", code=code, to_code=to))
    centre.run_for(2)
    _do(centre, partial(wrap_up.release, insurer_id="rgs", code=code, by="supervisor"))
    centre.run_for(20)
    _hang_up_all(centre)


def consulted(centre: Centre) -> None:
    """An agent asks a colleague, goes on alone, asks again, and hands the caller over."""
    code = _talking(centre)
    to = "rgs-desk-2" if code == "rgs-desk-1" else "rgs-desk-1"
    _do(centre, partial(joining.consult, insurer_id="rgs", code=code, to_code=to))
    centre.run_for(8)
    _do(centre, partial(joining.end_consult, insurer_id="rgs", code=code))
    centre.run_for(5)
    _do(centre, partial(joining.consult, insurer_id="rgs", code=code, to_code=to))
    centre.run_for(8)
    _do(centre, partial(joining.hand_over, insurer_id="rgs", code=code))
    centre.run_for(5)
    _hang_up_all(centre)


def listened_to(centre: Centre) -> None:
    """A supervisor thinks better of it, then listens in, whispers to the agent, speaks to both, and leaves them."""
    code, call_id, _ = _on_call(centre)
    supervisor = {"insurer_id": "rgs", "code": "rgs-supervisor"}
    _do(centre, partial(listening_in.listen, **supervisor, to_code=code))
    _do(centre, partial(listening_in.leave, **supervisor, call_id=call_id))
    centre.run_for(5)
    _do(centre, partial(listening_in.listen, **supervisor, to_code=code))
    centre.run_for(8)
    _do(centre, partial(listening_in.lend_ear, **supervisor, ear=Ear.WHISPER))
    _do(centre, partial(listening_in.lend_ear, **supervisor, ear=Ear.BARGE))
    centre.run_for(2)
    _do(centre, partial(listening_in.leave, **supervisor, call_id=call_id))
    _hang_up_all(centre)


def moved_while_waiting(centre: Centre) -> None:
    """Nobody answers: the supervisor lets the caller be next, and has another queue serve them, where somebody does."""
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["rgs"], OPERATOR["rgs"])
    centre.reach(phone, "hold_music")
    moved = {"insurer_id": "rgs", "wait_id": _newest_wait(centre), "by": "rgs-supervisor"}
    _do(centre, partial(moving_waits.move_up, **moved))
    centre.switch.behave("client:*", ANSWERS)
    _do(centre, partial(moving_waits.move_to_queue, **moved, queue="telemedicine"))
    centre.reach(phone, "ended", seconds=180)


def released_while_waiting(centre: Centre) -> None:
    """Nobody answers: the supervisor takes the caller out of the queue, and the flow goes on with them."""
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["rgs"], OPERATOR["rgs"])
    centre.reach(phone, "hold_music")
    waiting = {"insurer_id": "rgs", "wait_id": _newest_wait(centre), "by": "rgs-supervisor"}
    _do(centre, partial(moving_waits.release, **waiting))
    centre.reach(phone, "ended", seconds=180)


def booked(centre: Centre) -> None:
    """An agent finds out who calls, books an appointment, and has a guarantee letter on its way; the desk sends it."""
    code = _talking(centre)
    agent = {"insurer_id": "rgs", "code": code}
    _identify(centre, code)
    _do(centre, partial(caller_matters.verify_caller, **agent))
    appointment = Appointment(centre.now + timedelta(days=2), "Клиника, Москва", is_decided=True)
    _do(centre, partial(caller_matters.book, **agent, appointment=appointment))
    _do(centre, partial(caller_matters.move_request, **agent, kind="guarantee_letter", step="formed"))
    with centre.records.reading("letter") as tx:
        letters = tx.scalars(select(Request.id).where(Request.kind == "guarantee_letter").order_by(Request.id)).all()
    for letter in letters[-1:]:
        _say(centre, request_commands, "step", "--insurer", "rgs", letter, "sent_to_clinic")
    _hang_up_all(centre)


def worked_from_the_card(centre: Centre) -> None:
    """An agent asks who calls, notes what they hear, opens requests and moves them on, and has the insured told."""
    code, call_id, on_call = _on_call(centre)
    known = {"insurer_id": "rgs", "code": code, "call_id": call_id}
    _do(centre, partial(asking.identify_by_policy, **known, policy="5000000001", born_on=None))
    _identify(centre, code)
    _do(centre, partial(asking.verify_by_answers, **known, answers=asking.Answers("Никто")))
    _do(centre, partial(asking.set_caller_role, **known, role="insured"))
    _do(centre, partial(asking.note_address, **known, address="Москва, Садовая, 1"))
    _do(centre, partial(wrap_up.keep_draft, **known, draft=Draft("info_given"), edition=Edition(0)))
    appointment = Appointment(centre.now + timedelta(days=2), "Клиника, Москва", is_decided=True)
    before = _booked(centre, call_id)
    _do(centre, partial(caller_requests.book_from_card, mine=on_call, appointment=appointment, booked_before=before))
    for kind, means in (("ticket", caller_requests.Means.MESSAGE), ("complaint", caller_requests.Means.CALLBACK)):
        newest = _newest(centre, call_id, kind).id
        _do(centre, partial(caller_requests.open_from_card, mine=on_call, kind=kind, newest=newest))
        request = _request_of(centre, call_id, kind)
        step = {"request_id": request.id, "stood_at": request.step}
        _do(centre, partial(caller_requests.tell, mine=on_call, **step, means=means))
    _do(centre, partial(caller_requests.move_from_card, mine=on_call, **step, step=_next_step(centre, request)))
    ticket = _request_of(centre, call_id, "ticket")
    mine = {"insurer_id": "rgs", "code": code}
    moved = {"request_id": ticket.id, "stood_at": ticket.step, "step": _next_step(centre, ticket)}
    _do(centre, partial(my_work.move_own_request, **mine, **moved))
    _do(centre, partial(commands.hang_up, **mine))
    centre.run_for(15)
    later = WrittenOutcome("info_given", next_action="call_back", due_at=centre.now + timedelta(days=1), owner=code)
    _do(centre, partial(record_call_outcome, **mine, outcome=later))
    with centre.records.reading("task") as tx:
        tasks = tx.scalars(select(Outcome.id).where(Outcome.call_id == call_id, Outcome.next_action.is_not(None))).all()
    for task in tasks:
        _do(centre, partial(my_work.finish_task, **mine, outcome_id=task))
    _hang_up_all(centre)
    centre.run_for(60)


def paused(centre: Centre) -> None:
    """An agent pauses the recording of a call, and goes on."""
    code = _talking(centre)
    for on in (True, False):
        centre.run_for(3)
        _do(centre, partial(recording_commands.pause_recording, insurer_id="rgs", code=code, on=on))
    _hang_up_all(centre)


def recording_news_lost(centre: Centre) -> None:
    """The carrier never tells that a recording is ready: it is asked."""
    _talking(centre)
    centre.run_for(5)
    with centre.switch.turn() as core:
        for recording in core.recordings.values():
            recording.callback = NOWHERE
    _hang_up_all(centre)
    centre.run_for(120)


def outside_news_lost(centre: Centre) -> None:
    """An emergency is given to the duty number, and the carrier tells nothing of its recording: it is asked."""
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["soglasie"], EMERGENCY["soglasie"])
    centre.reach_news(phone, "transferred", seconds=120)
    centre.switch.misbehave(exchange.Mischief(lost=1))
    centre.reach(phone, "bridged", seconds=60)
    centre.run_for(5)
    with centre.switch.turn() as core:
        for recording in core.recordings.values():
            recording.callback = NOWHERE
    centre.switch.misbehave(exchange.Mischief())
    phone.hang_up()
    centre.run_for(120)


def passed_to_a_queue(centre: Centre) -> None:
    """An agent passes the caller on to whoever serves a queue."""
    code = _talking(centre)
    _do(centre, partial(commands.transfer_to_queue, insurer_id="rgs", code=code, queue="medical_desk"))
    centre.run_for(20)
    _hang_up_all(centre)


def passed_outside(centre: Centre) -> None:
    """An agent passes the caller on to a number outside, where somebody answers and at last hangs up."""
    code = _talking(centre)
    centre.switch.register(MOBILE, exchange.AutoAnswer(after=2, talk_for=5, patience=None))
    _do(centre, partial(passing_outside.pass_outside, insurer_id="rgs", code=code, number=PhoneNumber(MOBILE)))
    centre.run_for(30)
    _hang_up_all(centre)


def dialled(centre: Centre) -> None:
    """An agent makes a call of their own, and a supervisor listens to it, whispers, and stays to its end."""
    _by_hand(centre)
    centre.switch.register(MOBILE, exchange.AutoAnswer(after=2, talk_for=30, patience=None))
    _do(centre, partial(dials.ask, insurer_id="rgs", code="rgs-desk-1", number=PhoneNumber(MOBILE)))
    _dial_from_the_page(centre)
    centre.run_for(10)
    supervisor = {"insurer_id": "rgs", "code": "rgs-supervisor"}
    _do(centre, partial(listening_in.listen, **supervisor, to_code="rgs-desk-1"))
    centre.run_for(8)
    _do(centre, partial(listening_in.lend_ear, **supervisor, ear=Ear.WHISPER))
    centre.run_for(30)
    _write_down(centre)


def rang_a_colleague(centre: Centre) -> None:
    """An agent rings a colleague, who answers; one of them hangs up."""
    _by_hand(centre)
    for code in ("rgs-desk-1", "rgs-desk-2"):
        _do(centre, partial(commands.become_available, insurer_id="rgs", code=code))
    _do(centre, partial(dials.ask_colleague, insurer_id="rgs", code="rgs-desk-1", to_code="rgs-desk-2"))
    _place_and_end(centre, lambda dial_id: partial(colleague_calls.hear_leg, dial_id=dial_id, sid=f"CB{dial_id}"))


def declined(centre: Centre) -> None:
    """An agent goes away while it rings, and comes back."""
    _by_hand(centre)
    centre.switch.behave("client:rgs-*", exchange.NoAnswer())
    phone = centre.dial(LINES["rgs"], OPERATOR["rgs"])
    centre.reach_news(phone, "offered")
    code = _agents(centre, Presence.OFFERED)
    centre.switch.behave("client:rgs-*", ANSWERS)
    for one in code:
        _do(centre, partial(commands.go_away, insurer_id="rgs", code=one))
    centre.reach(phone, "bridged", seconds=60)
    _hang_up_all(centre)
    for one in code:
        _do(centre, partial(commands.become_available, insurer_id="rgs", code=one))


def agent_lost_in_between(centre: Centre) -> None:
    """The agent's network is gone as the caller is on the way: the caller comes alone, and is not left so."""

    def lose(_place: str) -> None:
        with centre.switch.turn() as core:
            for leg in [call for call in core.live_calls.values() if call.to.startswith("client:")]:
                calls.hang_up(core, leg, "lost", by_party=True)

    failpoints.arm_once("carrier:take_from_queue", lose)
    phone = centre.dial(LINES["soglasie"], OPERATOR["soglasie"])
    centre.reach(phone, "ended")


# --- races and news that never came ------------------------------------------------------------


def gone_as_it_is_answered(centre: Centre) -> None:
    """The caller hangs up before the queue, nobody is told, and an agent answers."""
    phone = centre.dial(LINES["soglasie"], ("1", "2"))
    centre.reach_news(phone, "offered")
    with centre.records.transaction("compare_later") as tx:
        # The comparison with the carrier's list, once a minute, would find it out first.
        later = centre.now + reconcile.EVERY
        tx.execute(update(DueWork).where(DueWork.kind == reconcile.KIND).values(due_at=later))
    centre.switch.misbehave(exchange.Mischief(lost=1))
    phone.hang_up()
    centre.run_for(1)
    centre.switch.misbehave(exchange.Mischief())
    centre.run_for(5)


def quicker_than_the_words(centre: Centre) -> None:
    """An agent answers while the caller still hears what comes before the queue, and the carrier fails at first."""
    phone = centre.dial(LINES["soglasie"], ("1", "2"))
    centre.reach_news(phone, "offered")
    centre.switch.ambush(exchange.Ambush(exchange.RestFault.REFUSED_500, "GET", "*/Queues.json", times=1))
    centre.reach(phone, "bridged", seconds=60)
    phone.hang_up()


def rung_again(centre: Centre) -> None:
    """The answer to the first ring is lost, and the news with it: the second try looks whether it rings already."""
    centre.switch.ambush(exchange.Ambush(exchange.RestFault.ANSWER_CLOSED, "POST", "*/Participants.json"))
    centre.switch.misbehave(exchange.Mischief(lost=1))
    phone = centre.dial(LINES["soglasie"], OPERATOR["soglasie"])
    centre.run_until(lambda: centre.count(Offer, Offer.state == OfferState.MADE) > 0, seconds=60)
    centre.run_for(1.5)
    centre.switch.misbehave(exchange.Mischief())
    centre.reach(phone, "bridged", seconds=60)
    phone.hang_up()


def work_forgotten(centre: Centre) -> None:
    """All that was to be done for a ringing offer is lost, and so is the carrier's news: the upkeep finds it."""
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["soglasie"], OPERATOR["soglasie"])
    centre.reach_news(phone, "offered")
    with centre.records.transaction("forget_work") as tx:
        tx.execute(delete(DueWork).where(DueWork.subject_id.in_(select(Offer.id))))
    centre.switch.misbehave(exchange.Mischief(lost=1))
    centre.run_for(70)
    centre.switch.misbehave(exchange.Mischief())
    phone.hang_up()


def turn_failed(centre: Centre) -> None:
    """A turn fails: the caller hears an apology and the duty number."""
    phone = centre.dial(LINES["rgs"], ("3",))
    centre.reach(phone, "waits_for_input")
    failpoints.arm_once("commit:take_turn", _fail)
    centre.reach(phone, "bridged", seconds=90)
    phone.hang_up()


# --- promises and messages ---------------------------------------------------------------------


def promised(centre: Centre) -> None:
    """Nobody answers, a call is promised by SMS, and kept when agents are back."""
    _promise(centre, CALLED_BACK)
    _agents_are_back(centre)
    centre.run_for(90)
    _hang_up_mobile(centre)


def promised_twice(centre: Centre) -> None:
    """The person called back is engaged at first, then at home; the SMS is handed over twice."""
    centre.switch.ambush(exchange.Ambush(exchange.RestFault.THROTTLED, "POST", "*/Messages.json"))
    _promise(centre, exchange.Busy())
    _agents_are_back(centre)
    centre.run_for(60)
    centre.switch.register(MOBILE, CALLED_BACK)
    centre.run_for(16 * 60)
    _hang_up_mobile(centre)


def promised_and_long(centre: Centre) -> None:
    """A call that keeps a promise lasts longer than five minutes."""
    _by_hand(centre)
    _promise(centre, CALLED_BACK)
    _agents_are_back(centre)
    for code in _agents(centre, Presence.AWAY):
        _do(centre, partial(commands.become_available, insurer_id="rgs", code=code))
    centre.run_for(6 * 60)
    _hang_up_mobile(centre)
    _hang_up_all(centre)


def promise_broken_off(centre: Centre) -> None:
    """The person answers, and the turn that should greet them fails: the promise is found and kept another time."""
    failpoints.arm_once("commit:reach_callback", _fail)
    _promise(centre, CALLED_BACK)
    _agents_are_back(centre)
    centre.run_for(7 * 60)
    _hang_up_mobile(centre)


def message_unsent(centre: Centre) -> None:
    """The SMS cannot be handed over at all: the promise holds all the same."""
    centre.switch.ambush(exchange.Ambush(exchange.RestFault.THROTTLED, "POST", "*/Messages.json", times=5))
    _promise(centre, exchange.NoAnswer())
    centre.run_for(45)


def message_left(centre: Centre) -> None:
    """Nobody answers, a message is left, fetched, sealed, and deleted at the carrier."""
    _leave_message(centre, keys="")


def message_withdrawn(centre: Centre) -> None:
    """A message is broken off by 0: it is thrown away, and an agent answers after all."""
    _leave_message(centre, keys="0")


def message_gone(centre: Centre) -> None:
    """A message is gone at the carrier before it was fetched."""
    _leave_message(centre, keys="", is_gone=True)


# --- what administrators do meanwhile ----------------------------------------------------------


def administration(centre: Centre) -> None:
    """The duty manager announces and diverts, the administrator loads rosters and adds an agent, while callers ring."""
    phone = centre.dial(LINES["vsk"], ("5",))
    _say(centre, line_commands, "announce", "vsk", "medical_desk", "--ru", "Очереди нет.")
    _say(centre, line_commands, "divert", "vsk", "curators", "--to", "+70009000002")
    _say(centre, line_commands, "clear", "vsk", "curators")
    _say(centre, line_commands, "clear", "vsk", "medical_desk")
    centre.act(lambda house: load_demo(house.centre))
    number = centre.count(Agent)
    (agent_commands, *_) = commands_of(lambda: centre.house.floor)
    _say(centre, agent_commands, "add", f"vsk-new-{number}", "--insurer", "vsk", "--title", "Оператор пульта")
    phone.hang_up()


# --- the parts that calls share ----------------------------------------------------------------


def _fail(place: str) -> None:
    raise RuntimeError(f"a turn that fails at {place}")


def _talking(centre: Centre) -> str:
    """A caller and an agent of РГС's desk in conversation; the agent's code."""
    _by_hand(centre)
    phone = centre.dial(LINES["rgs"], OPERATOR["rgs"])
    centre.reach(phone, "bridged", seconds=90)
    return next(iter(_agents(centre, Presence.ON_CALL)), "rgs-desk-1")


def _on_call(centre: Centre) -> tuple[str, str, caller_requests.OnCall]:
    """An agent in conversation: their code, the call's id, and both as a card's form names them."""
    code = _talking(centre)
    with centre.records.reading("call") as tx:
        agent = tx.scalars(select(Agent).where(Agent.insurer_id == "rgs", Agent.code == code)).one()
    call_id = agent.call_id or ""
    return code, call_id, caller_requests.OnCall("rgs", code, call_id)


def _newest_wait(centre: Centre) -> str:
    with centre.records.reading("wait") as tx:
        return tx.scalars(select(Wait.id).order_by(Wait.id.desc()).limit(1)).one()


def _identify(centre: Centre, code: str) -> None:
    """The agent finds out that the caller is one of РГС's insured."""
    with centre.records.reading("insured") as tx:
        insured_id = tx.scalars(select(InsuredPerson.id).where(InsuredPerson.insurer_id == "rgs").limit(1)).one()
    _do(centre, partial(caller_matters.identify_caller, insurer_id="rgs", code=code, insured_id=insured_id))


def _request_of(centre: Centre, call_id: str, kind: str) -> Request:
    with centre.records.reading("request") as tx:
        statement = select(Request).where(Request.call_id == call_id, Request.kind == kind)
        return tx.scalars(statement).first() or Request(id="", kind=kind, step="")


def _newest(centre: Centre, call_id: str, kind: str) -> Request:
    """The last request of the kind that the card of the call shows."""
    with centre.records.reading("newest") as tx:
        known = newest_in_sight(tx, centre.house.centre.insurers["rgs"], tx.get_one(Call, call_id), kind)
    return known or Request(id="", kind=kind, details={})


def _booked(centre: Centre, call_id: str) -> str:
    """When the appointment is that the card shows; empty for none."""
    return str(_newest(centre, call_id, booking.KIND).details.get("appointment_at", ""))


def _next_step(centre: Centre, request: Request) -> str:
    return next_step(centre.house.centre.insurers["rgs"], request) or ""


def _place_and_end(centre: Centre, hear: Callable[[str], Callable[..., object]]) -> None:
    """The newest dial of РГС's first agent is placed by their telephone, its other leg heard of, and is over."""
    with centre.records.reading("dial") as tx:
        dial = tx.scalars(select(Dial).order_by(Dial.id.desc()).limit(1)).first()
        address = tx.scalars(select(Agent.address).where(Agent.insurer_id == "rgs", Agent.code == "rgs-desk-1")).one()
    if dial is None:
        return
    _do(centre, partial(dialled_calls.place, dial_id=dial.id, address=address, carrier_sid=f"CA{dial.id}"))
    for status in (CarrierStatus.IN_PROGRESS, CarrierStatus.COMPLETED):
        _do(centre, partial(hear(dial.id), status=status))
    centre.run_for(5)
    _do(centre, partial(dialled_calls.ended, dial_id=dial.id, status=CarrierStatus.COMPLETED))
    _write_down(centre)


def _dial_from_the_page(centre: Centre) -> None:
    """РГС's first agent's page calls the application of the account, which says what to dial."""
    with centre.records.reading("dial") as tx:
        dial_id = tx.scalar(select(Dial.id).order_by(Dial.id.desc()).limit(1)) or ""
        address = tx.scalars(select(Agent.address).where(Agent.insurer_id == "rgs", Agent.code == "rgs-desk-1")).one()
    url = f"{centre.house.centre.settings.public_url}/voice/outgoing"
    with centre.switch.turn() as core:
        phone = core.registered.get(address) or phones.new_phone(core, address)
        calls.dial_in(core, Number("AP1", dial_id, core.now(), voice=Callback(url)), phone, address)


def _by_hand(centre: Centre) -> None:
    """РГС's agents do nothing by themselves for now."""
    with centre.records.transaction("by_hand") as tx:
        tx.execute(update(Agent).where(Agent.insurer_id == "rgs").values(is_automatic=False))


def _agents(centre: Centre, presence: Presence) -> list[str]:
    with centre.records.reading("agents") as tx:
        return list(tx.scalars(select(Agent.code).where(Agent.insurer_id == "rgs", Agent.presence == presence)))


def _do(centre: Centre, command: Callable[[Floor], object]) -> None:
    """What an agent wants done, tried again where it fails, and left where there is nothing to do any more."""
    centre.act(lambda house: command(house.floor), gives_up_on=(AgentError, PhoneError), tries_again_on=(CarrierError,))


def _write_down(centre: Centre) -> None:
    for code in _agents(centre, Presence.WRAP_UP):
        _do(centre, partial(record_call_outcome, insurer_id="rgs", code=code, outcome=WrittenOutcome("info_given")))


def _hang_up_all(centre: Centre) -> None:
    """Every conversation of РГС's ends, and its agents write down what came of it."""
    for _ in range(3):
        for code in _agents(centre, Presence.ON_CALL):
            _do(centre, partial(commands.hang_up, insurer_id="rgs", code=code))
        centre.run_for(15)
        _write_down(centre)


def _promise(centre: Centre, mobile: exchange.AutoAnswer | exchange.Busy | exchange.NoAnswer) -> None:
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["rgs"], ani=MOBILE)
    # From now on it rings there, and is answered or not.
    centre.switch.register(MOBILE, mobile)
    centre.walk(phone, (*OPERATOR["rgs"], "offered 1"))
    centre.reach(phone, "ended", seconds=60)


def _agents_are_back(centre: Centre) -> None:
    centre.switch.behave("client:*", ANSWERS)


def _hang_up_mobile(centre: Centre) -> None:
    centre.switch.hang_up(MOBILE)
    centre.run_for(20)


def _leave_message(centre: Centre, *, keys: str, is_gone: bool = False) -> None:
    centre.switch.behave("client:*", exchange.NoAnswer())
    phone = centre.dial(LINES["rgs"], ani=MOBILE)
    centre.switch.register(MOBILE, CALLED_BACK)
    centre.walk(phone, (*OPERATOR["rgs"], "offered 2"))
    centre.reach(phone, "beep", seconds=30)
    centre.run_for(2)
    _agents_are_back(centre)
    phone.press(keys)
    if is_gone:
        with centre.switch.turn() as core:
            for recording in core.recordings.values():
                recording.is_deleted = True
    centre.reach(phone, "bridged", seconds=40)
    centre.run_for(60)
    _hang_up_mobile(centre)


def _say(centre: Centre, command: object, *words: str) -> None:
    """A command at the prompt, said again if its process was killed."""

    def said(house: object) -> None:
        CliRunner().invoke(command, words, obj=SimpleNamespace(centre=house.centre))  # type: ignore[attr-defined, arg-type]

    centre.act(said)
