"""How long the recordings of a call are kept, from its page: a hold, and its release."""

from typing import Final

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agents.accounts.models import Role
from agents.staff.guarding import only_for
from agents.staff.parts import refused_page
from agents.staff.side import actor, side, staff
from recordings.errors import NotThere
from recordings.retention import Retention

bp: Final = Blueprint("keeping", __name__, url_prefix="/calls")

_LONGEST_REASON: Final = 200


@bp.post("/<call_id>/hold-recordings")
@only_for(Role.SUPERVISOR)
def hold(call_id: str) -> ResponseReturnValue:
    """Keep the recordings of a call whatever their age; the reason is written down. Audited."""
    reason = request.form.get("reason", "").strip()[:_LONGEST_REASON]
    if not reason:
        return refused_page(gettext("Write why, such as the number of the complaint."))
    try:
        Retention(side().centre).hold(insurer_id=staff().insurer_id, call_id=call_id, by=actor(), reason=reason)
    except NotThere:
        abort(404)
    return redirect(url_for("call.show", call_id=call_id), 303)


@bp.post("/<call_id>/release-recordings")
@only_for(Role.SUPERVISOR)
def release(call_id: str) -> ResponseReturnValue:
    """Let the recordings of a call end when their time is over. Audited."""
    try:
        Retention(side().centre).release(insurer_id=staff().insurer_id, call_id=call_id, by=actor())
    except NotThere:
        abort(404)
    return redirect(url_for("call.show", call_id=call_id), 303)
