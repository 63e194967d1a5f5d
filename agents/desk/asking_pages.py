"""The routes of the card: who is calling, policy and birth date, questions that verify, where help is needed."""

from typing import Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agents.at_work import asking
from agents.at_work.asking import Answers
from agents.desk.desks import needs_an_agent, own_desk
from agents.errors import NothingToDo, TriesUsedUp
from agents.staff.entrance import AT_A_DESK
from agents.staff.guarding import only_for
from agents.staff.parts import refused_text
from agents.staff.side import own_insurer, side
from ivr.insured.identification import Finding, read_birth_date

bp: Final = Blueprint("desk_asking", __name__, url_prefix="/desk/calls/<call_id>")
bp.before_request(needs_an_agent)

_LONGEST: Final = 300


@bp.errorhandler(NothingToDo)
def no_such_call(_error: NothingToDo) -> ResponseReturnValue:
    """The call is over, or never was this agent's."""
    return refused_text(gettext("You do not have this call any more. Nothing was changed."))


@bp.post("/caller")
@only_for(*AT_A_DESK)
def caller(call_id: str) -> ResponseReturnValue:
    """Who the caller is to the insured person."""
    desk = own_desk()
    try:
        asking.set_caller_role(
            desk.floor, insurer_id=desk.insurer_id, code=desk.code, call_id=call_id, role=_field("role")
        )
    except ValueError:
        return refused_text(gettext("There is no such caller. Choose one of the list."))
    return _done()


@bp.post("/identify")
@only_for(*AT_A_DESK)
def identify(call_id: str) -> ResponseReturnValue:
    """By policy number and birth date, as the caller says them."""
    desk = own_desk()
    today = side().centre.clock.now().astimezone(own_insurer().time_zone).date()
    found = asking.identify_by_policy(
        desk.floor,
        insurer_id=desk.insurer_id,
        code=desk.code,
        call_id=call_id,
        policy=_field("policy"),
        born_on=read_birth_date("".join(filter(str.isdecimal, _field("born"))), today=today),
    )
    match found:
        case Finding.IDENTIFIED:
            return _done()
        case Finding.WRONG:
            return refused_text(gettext("This policy and birth date do not belong together. Ask for both again."))
        case Finding.SEVERAL:
            return refused_text(gettext("Several people fit. Find the right one in the search."))
        case Finding.LOCKED:
            return refused_text(gettext("Too many tries. Find the person in the search, or go on without."))


@bp.post("/verify")
@only_for(*AT_A_DESK)
def verify(call_id: str) -> ResponseReturnValue:
    """Compare what the caller answered with the record."""
    desk = own_desk()
    answers = Answers(_field("name"), _field("phone"), _field("city"), _field("employer"))
    try:
        is_right = asking.verify_by_answers(
            desk.floor, insurer_id=desk.insurer_id, code=desk.code, call_id=call_id, answers=answers
        )
    except TriesUsedUp:
        return refused_text(gettext("Too many answers did not fit. Say nothing of the record, and offer to call back."))
    if not is_right:
        why = gettext("The answers do not fit: the full name and one more must. Leave empty what was unsaid.")
        return refused_text(why)
    return _done()


@bp.post("/address")
@only_for(*AT_A_DESK)
def address(call_id: str) -> ResponseReturnValue:
    """Where help is needed."""
    desk = own_desk()
    asking.note_address(
        desk.floor, insurer_id=desk.insurer_id, code=desk.code, call_id=call_id, address=_field("address")
    )
    return _done()


def _done() -> Response:
    return Response(status=204)


def _field(name: str) -> str:
    return request.form.get(name, "")[:_LONGEST].replace("\0", "")
