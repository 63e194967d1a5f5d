"""The first page, one's own account, and for which insurer one acts."""

from typing import Final

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agents.accounts import sessions
from agents.accounts.errors import PasswordTooWeak, SignInRefused, TooManyTries
from agents.accounts.models import Role
from agents.accounts.passwords import SHORTEST
from agents.accounts.signing_in import change_own_password
from agents.staff.entrance import EVERYBODY
from agents.staff.formats import clock_time
from agents.staff.guarding import only_for
from agents.staff.side import side, staff
from config.audit import audit

bp: Final = Blueprint("home", __name__)


@bp.get("/")
@only_for(*EVERYBODY)
def home() -> ResponseReturnValue:
    """Agents go to their desk, supervisors who take no calls to the floor, others to their account."""
    if staff().agent_id:
        return redirect(url_for("desk.desk"))
    return redirect(url_for("floor.show" if Role.SUPERVISOR in staff().roles else "home.account"))


@bp.get("/account")
@only_for(*EVERYBODY)
def account() -> ResponseReturnValue:
    """Name, roles, password."""
    return render_template("account.html", shortest=SHORTEST)


@bp.post("/account/password")
@only_for(*EVERYBODY)
def change_password() -> ResponseReturnValue:
    """Change the password; every other session of the account ends."""
    old, new = request.form.get("old", "")[:1000], request.form.get("new", "")[:1000]
    if new != request.form.get("again", ""):
        return _account(gettext("The two new passwords differ. Type both again."))
    try:
        change_own_password(side().centre, staff(), old=old, new=new, address=request.remote_addr or "")
    except SignInRefused:
        return _account(gettext("The old password does not fit."))
    except PasswordTooWeak:
        return _account(gettext("The new password needs at least %(count)s characters.", count=SHORTEST))
    except TooManyTries as error:
        return _account(gettext("Too many tries. Try again after %(time)s.", time=clock_time(error.until)))
    return render_template("account.html", shortest=SHORTEST, done=gettext("The password is changed."))


@bp.post("/insurer")
@only_for(*EVERYBODY)
def act_for() -> ResponseReturnValue:
    """Act for another insurer at which one is something."""
    wanted = request.form.get("insurer", "")
    centre = side().centre
    with centre.database.transaction("act_for") as tx:
        if not sessions.act_for(tx, staff().session_id, wanted):
            abort(403)
        audit(
            tx,
            insurer_id=wanted,
            at=centre.clock.now(),
            actor=staff().name,
            action="acts_for",
            subject_kind="account",
            subject_id=staff().account_id,
            agent=sessions.agent_code_of(tx, staff().account_id, wanted),
        )
    return redirect(url_for("home.home"))


def _account(error: str) -> ResponseReturnValue:
    return make_response(render_template("account.html", shortest=SHORTEST, error=error), 400)
