"""The routes of listening in: the supervisor's bar, and what they do in it: listen, whisper, barge in, leave."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from agents import listening_in
from agents.accounts.models import Role
from agents.desk.desks import own_desk
from agents.errors import AgentError
from agents.listening_in import NotListenedTo, Why
from agents.models import Ear
from agents.staff.guarding import only_for
from agents.staff.languages import language
from agents.staff.parts import refused_text
from agents.staff.side import own_insurer, side, staff
from agents.supervisor.live_floor.listening_now import bar_of
from agents.supervisor.words import title_words
from ivr.carrier.errors import CarrierError

bp: Final = Blueprint("listening", __name__, url_prefix="/listening")

_WHY: Final[Mapping[Why, LazyString]] = {
    Why.NO_CALL: lazy_gettext("This conversation is over, or is none that can be listened to."),
    Why.ANONYMOUS: lazy_gettext("The caller is anonymous: nobody listens in."),
    Why.CONFIDENTIAL: lazy_gettext("Conversations of this queue are confidential: nobody listens in."),
    Why.LINE: lazy_gettext("Calls of this line are not listened to: its description says so."),
    Why.OWN: lazy_gettext("This is your own call."),
    Why.BUSY: lazy_gettext("You have a call, or write one down. Finish that first."),
    Why.NO_SUPERVISOR: lazy_gettext("Only supervisors listen in."),
}


@bp.before_request
def needs_a_telephone() -> ResponseReturnValue | None:
    """Whose account is no agent's has nothing to listen by."""
    if request.method == "POST" and staff().agent_id is None:
        return refused_text(gettext("Your account has no telephone: to listen in, it needs an agent's code."))
    return None


@bp.errorhandler(AgentError)
def impossible(error: AgentError) -> ResponseReturnValue:
    """The call went on meanwhile, or must not be heard."""
    return refused_text(_WHY[error.why if isinstance(error, NotListenedTo) else Why.NO_CALL])


@bp.errorhandler(CarrierError)
def unreachable(_error: CarrierError) -> ResponseReturnValue:
    """The carrier did not do it."""
    return refused_text(gettext("The telephone exchange did not do it. Try again; the call goes on."))


@bp.get("")
@only_for(Role.SUPERVISOR)
def show() -> ResponseReturnValue:
    """The bar, anew; `call` is the call of whose page it is part."""
    return bar(request.args.get("call"))


@bp.post("/<call_id>")
@only_for(Role.SUPERVISOR)
def listen(call_id: str) -> ResponseReturnValue:
    """Have one's own telephone rung into the call's conversation; nobody there hears anything."""
    desk = own_desk()
    listening_in.listen_to_call(desk.floor, insurer_id=desk.insurer_id, code=desk.code, call_id=call_id)
    return Response(status=204)


@bp.post("/<call_id>/ear")
@only_for(Role.SUPERVISOR)
def lend_ear(call_id: str) -> ResponseReturnValue:
    """Be in it another way: `ear` is `listen`, `whisper` or `barge`."""
    desk, ear = own_desk(), request.form.get("ear", "")
    if ear not in list(Ear):
        abort(400)
    listening_in.lend_ear(desk.floor, insurer_id=desk.insurer_id, code=desk.code, ear=Ear(ear), call_id=call_id)
    return Response(status=204)


@bp.post("/<call_id>/leave")
@only_for(Role.SUPERVISOR)
def leave(call_id: str) -> ResponseReturnValue:
    """Leave the others alone."""
    desk = own_desk()
    listening_in.leave(desk.floor, insurer_id=desk.insurer_id, code=desk.code, call_id=call_id)
    return Response(status=204)


def bar(call_id: str | None = None) -> str:
    """The reader's bar, for a page of the call or of none."""
    who, centre = staff(), side().centre
    with centre.database.reading("listening_bar") as tx:
        found = bar_of(tx, centre, insurer_id=who.insurer_id, agent_id=who.agent_id, call_id=call_id)
    return render_template(
        "supervisor/listening.html", bar=found, bar_call=call_id, title_words=title_words(own_insurer(), language())
    )
