"""The way in and out: signing in, signing out, the language switch, and whether the site is up."""

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import text

from agents.accounts.errors import SignInRefused, TooManyTries
from agents.accounts.looking_after import account_named
from agents.accounts.models import Account, Role
from agents.accounts.signing_in import sign_in as open_session
from agents.accounts.signing_in import sign_out as end_session
from agents.staff import cookies, languages
from agents.staff.formats import clock_time
from agents.staff.guarding import only_for, public
from agents.staff.side import side, staff

bp: Final = Blueprint("entrance", __name__)

EVERYBODY: Final = tuple(Role)
"""Whoever is anything at the insurer."""
AT_A_DESK: Final = (Role.AGENT, Role.SUPERVISOR)
"""Who may have callers, and see who they are."""


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The form; who is signed in already goes on."""
    if g.staff is not None:
        return redirect(next_page())
    return render_template("sign_in.html", next=next_page(), name="")


@bp.post("/sign-in")
@public
def try_to_sign_in() -> ResponseReturnValue:
    """Open a session, or say why not, in words that tell a stranger nothing."""
    name = request.form.get("name", "")[:200]
    try:
        token = open_session(
            side().centre,
            name=name,
            password=request.form.get("password", "")[:1000],
            address=request.remote_addr or "",
            browser=cookies.known_browser(name),
        )
    except SignInRefused:
        return _refused(name, gettext("Name and password do not fit. Check both and try again."), 401)
    except TooManyTries as error:
        again = clock_time(error.until)
        return _refused(name, gettext("Too many tries. Sign in again after %(time)s.", time=again), 429)
    return signed_in(token, name, next_page())


@bp.post("/sign-out")
@only_for(*EVERYBODY)
def sign_out() -> ResponseReturnValue:
    """End the session, here and in its other tabs."""
    end_session(side().centre, staff())
    response = make_response(redirect(url_for("entrance.sign_in")))
    cookies.forget_session(response)
    return response


@bp.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    """Remember the language in this browser and, where somebody is signed in, with the account."""
    chosen = request.form.get("language", "")
    response = make_response(redirect(next_page()))
    if chosen in languages.LANGUAGES:
        cookies.keep_language(response, chosen)
        if g.staff is not None:
            with side().centre.database.transaction("choose_language") as tx:
                tx.get_one(Account, g.staff.account_id).language = chosen
    return response


@bp.get("/health")
@public
def health() -> ResponseReturnValue:
    """200 while pages can be served: the database answers. Says nothing of anybody."""
    with side().centre.database.reading("health") as tx:
        tx.execute(text("select 1"))
    return Response("ok\n", mimetype="text/plain")


def signed_in(token: str, name: str, page: str) -> Response:
    """On to `page`, with the session's cookie; the browser is known from now on."""
    response = make_response(redirect(page))
    cookies.keep_session(response, token)
    cookies.remember_browser(response, name)
    with side().centre.database.reading("language_of") as tx:
        if own := account_named(tx, name).language:
            cookies.keep_language(response, own)
    return response


def next_page() -> str:
    """Where to go on: a page of this site only, whatever was asked for."""
    return local_page(request.values.get("next", ""))


def local_page(wanted: str) -> str:
    """`wanted` if it is a path of this site, else the first page."""
    parts = urlsplit(wanted)
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc
    return wanted if is_local and wanted.isprintable() else url_for("home.home")


def _refused(name: str, why: str, code: int) -> ResponseReturnValue:
    return make_response(render_template("sign_in.html", next=next_page(), name=name, error=why), code)
