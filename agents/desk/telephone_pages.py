"""The routes of the desk's telephone: its access token, and what an agent does with a call beyond speaking."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agents.at_work import commands, joining
from agents.desk.colleagues import colleagues_of, targets
from agents.desk.desks import Desk, needs_an_agent, own_desk
from agents.desk.dial_words import NOT_FREE, unreached_words
from agents.desk.matter_words import OUTSIDE
from agents.desk.telephones import page_telephone
from agents.desk.top_bar import PRESENCES
from agents.dialling import dialled_calls, dials, passing_outside
from agents.dialling.colleague_calls import ColleagueNotFree, OwnExtension
from agents.dialling.dials import NumberRefused
from agents.errors import AgentError, NothingToDo, UnknownAgent
from agents.models import Agent
from agents.offering import ringing
from agents.staff.entrance import AT_A_DESK
from agents.staff.guarding import only_for
from agents.staff.parts import refused_text
from agents.staff.side import own_insurer, side
from config.phone_numbers import PhoneNumberError, parse_phone
from ivr.carrier.errors import CarrierError
from ivr.softphone import STATIC

softphone: Final = Blueprint("softphone", __name__, url_prefix="/softphone", static_folder=STATIC, static_url_path="/")
"""The scripts of `ivr/softphone`, from our own origin."""

# No telephone number is as short; whatever stands before it, as in "ext. 101", is not digits.
_EXTENSION: Final = re.compile(r"\D*(\d{1,5})\s*")

bp: Final = Blueprint("desk_telephone", __name__, url_prefix="/desk")
bp.before_request(needs_an_agent)


@bp.errorhandler(AgentError)
def impossible(_error: AgentError) -> ResponseReturnValue:
    """The call went on meanwhile, or is another's."""
    return refused_text(gettext("That cannot be done with this call now. The page shows how it stands."))


@bp.errorhandler(CarrierError)
def unreachable(_error: CarrierError) -> ResponseReturnValue:
    """The carrier did not do it."""
    return refused_text(gettext("The telephone exchange did not do it. Try again; the call goes on."))


@bp.errorhandler(PhoneNumberError)
def no_number(_error: PhoneNumberError) -> ResponseReturnValue:
    """What was typed is no telephone number."""
    return refused_text(gettext("This is no telephone number. Write it as 8 (495) 785-10-57, ext. 123."))


@bp.errorhandler(NumberRefused)
def not_dialled(_error: NumberRefused) -> ResponseReturnValue:
    """A number that agents may not dial."""
    return refused_text(gettext("Numbers like this are not dialled from here."))


@bp.errorhandler(OwnExtension)
def own_extension(_error: OwnExtension) -> ResponseReturnValue:
    """Nobody rings themselves."""
    return refused_text(gettext("This is your own extension."))


@bp.errorhandler(ColleagueNotFree)
def colleague_not_free(error: ColleagueNotFree) -> ResponseReturnValue:
    """Away, or in another call."""
    return refused_text(NOT_FREE[error.presence])


@bp.post("/telephone")
@only_for(*AT_A_DESK)
def telephone() -> ResponseReturnValue:
    """What the page needs to hold the agent's telephone; 409 for who is rung elsewhere."""
    desk, now = own_desk(), side().centre.clock.now()
    with side().centre.database.reading("own_telephone") as tx:
        address = tx.get_one(Agent, desk.agent_id).address
    given = page_telephone(side().centre.settings, address, at=now)
    if given is None:
        return refused_text(gettext("Calls ring at your own telephone, not on this page."))
    return jsonify(asdict(given))


@bp.get("/targets")
@only_for(*AT_A_DESK)
def whom() -> ResponseReturnValue:
    """Colleagues, queues and numbers to which a call can go."""
    desk = own_desk()
    with side().centre.database.reading("desk_targets") as tx:
        found = targets(tx, insurer=own_insurer(), agent_id=desk.agent_id)
    words = {"presence_words": PRESENCES, "outside_words": defaultdict(str, OUTSIDE)}
    return render_template("desk/targets.html", targets=found, **words)


@bp.get("/colleagues")
@only_for(*AT_A_DESK)
def colleagues() -> ResponseReturnValue:
    """Colleagues whom the agent can ring."""
    desk = own_desk()
    with side().centre.database.reading("desk_colleagues") as tx:
        found = colleagues_of(tx, insurer_id=desk.insurer_id, agent_id=desk.agent_id)
    return render_template("desk/colleagues.html", colleagues=found, presence_words=PRESENCES)


@bp.post("/calls/<call_id>/decline")
@only_for(*AT_A_DESK)
def decline(call_id: str) -> ResponseReturnValue:
    """Refuse the ring: the caller keeps their place, the agent is away."""

    def refuse(desk: Desk) -> None:
        ringing.decline(desk.floor, commands.answer(desk.floor, insurer_id=desk.insurer_id, code=desk.code))

    return _with_own_call(call_id, refuse)


@bp.post("/calls/<call_id>/hold")
@only_for(*AT_A_DESK)
def hold(call_id: str) -> ResponseReturnValue:
    """Put the caller on hold, with music, or take them off."""
    is_on = request.form.get("on") == "yes"
    return _with_own_call(
        call_id, lambda desk: commands.set_hold(desk.floor, insurer_id=desk.insurer_id, code=desk.code, on=is_on)
    )


@bp.post("/calls/<call_id>/hang-up")
@only_for(*AT_A_DESK)
def hang_up(call_id: str) -> ResponseReturnValue:
    """End the call on purpose."""
    return _with_own_call(
        call_id, lambda desk: commands.hang_up(desk.floor, insurer_id=desk.insurer_id, code=desk.code)
    )


@bp.post("/calls/<call_id>/transfer")
@only_for(*AT_A_DESK)
def transfer(call_id: str) -> ResponseReturnValue:
    """Cold transfer to a colleague, to a queue, to one of the insurer's numbers outside, or to one that was typed."""
    agent, queue, outside = (request.form.get(name, "")[:100] for name in ("agent", "queue", "outside"))
    typed = request.form.get("number", "")[:100]

    def pass_on(desk: Desk) -> None:
        own = {"insurer_id": desk.insurer_id, "code": desk.code}
        if outside or typed:
            number = own_insurer().destinations.get(outside) or parse_phone(typed)
            passing_outside.pass_outside(desk.floor, **own, number=number)
        elif queue:
            commands.transfer_to_queue(desk.floor, **own, queue=queue)
        else:
            commands.transfer(desk.floor, **own, to_code=agent)

    return _with_own_call(call_id, pass_on)


@bp.post("/calls/<call_id>/consult")
@only_for(*AT_A_DESK)
def consult(call_id: str) -> ResponseReturnValue:
    """Ask a colleague, the caller on hold."""
    return _with_own_call(
        call_id,
        lambda desk: joining.consult(
            desk.floor, insurer_id=desk.insurer_id, code=desk.code, to_code=request.form.get("agent", "")
        ),
    )


@bp.post("/calls/<call_id>/hand-over")
@only_for(*AT_A_DESK)
def hand_over(call_id: str) -> ResponseReturnValue:
    """Complete a warm transfer."""
    return _with_own_call(
        call_id, lambda desk: joining.hand_over(desk.floor, insurer_id=desk.insurer_id, code=desk.code)
    )


@bp.post("/calls/<call_id>/end-consult")
@only_for(*AT_A_DESK)
def end_consult(call_id: str) -> ResponseReturnValue:
    """Let the colleague go, and speak with the caller again."""
    return _with_own_call(
        call_id, lambda desk: joining.end_consult(desk.floor, insurer_id=desk.insurer_id, code=desk.code)
    )


@bp.post("/dial")
@only_for(*AT_A_DESK)
def dial() -> ResponseReturnValue:
    """Ask to dial the caller or the insured person of the card (`whose`), a colleague (`agent`), or what was typed: a
    number, or a colleague's extension; the dial's id.
    """
    desk, whose, call_id = own_desk(), request.form.get("whose", ""), request.form.get("call") or None
    own = {"insurer_id": desk.insurer_id, "code": desk.code}
    typed = request.form.get("number", "")[:100]
    extension = _EXTENSION.fullmatch(typed)
    to_code = request.form.get("agent", "")[:100]
    if whose and call_id:
        number = dials.number_on_card(desk.floor, **own, call_id=call_id, whose=whose)
    elif to_code:
        return _ring_colleague(desk, call_id, to_code=to_code)
    elif extension:
        return _ring_colleague(desk, call_id, extension=extension[1])
    else:
        number = parse_phone(typed)
    dial_id = dials.ask(desk.floor, **own, number=number, about_call_id=_own_call_id(desk, call_id))
    return jsonify({"dial": dial_id})


@bp.post("/dials/<dial_id>/over")
@only_for(*AT_A_DESK)
def dial_over(dial_id: str) -> ResponseReturnValue:
    """The call that the page made is over; in `why`, the reason if it reached nobody."""
    desk = own_desk()
    unreached = dialled_calls.hung_up(desk.floor, insurer_id=desk.insurer_id, code=desk.code, dial_id=dial_id)
    return jsonify({"why": "" if unreached is None else unreached_words(unreached)})


def _ring_colleague(desk: Desk, call_id: str | None, **wanted: str) -> ResponseReturnValue:
    try:
        dial_id = dials.ask_colleague(
            desk.floor,
            insurer_id=desk.insurer_id,
            code=desk.code,
            about_call_id=_own_call_id(desk, call_id),
            **wanted,
        )
    except UnknownAgent:
        return refused_text(gettext("No colleague has this extension."))
    return jsonify({"dial": dial_id})


def _own_call_id(desk: Desk, call_id: str | None) -> str | None:
    """The call that it is about, if that is the agent's."""
    with side().centre.database.reading("own_call") as tx:
        return call_id if call_id and tx.get_one(Agent, desk.agent_id).call_id == call_id else None


def _with_own_call(call_id: str, do: Callable[[Desk], object]) -> Response:
    """Do it with the call that the page shows: where the agent has another by now, nothing is done."""
    desk = own_desk()
    with side().centre.database.reading("own_call") as tx:
        if tx.get_one(Agent, desk.agent_id).call_id != call_id:
            raise NothingToDo(f"{desk.code} does not have this call")
    do(desk)
    return Response(status=204)
