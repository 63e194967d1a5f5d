"""Signing in through the company's provider: out with an errand, back with an answer."""

import logging
from typing import Final

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agents.accounts.errors import ProviderUnavailable, SignInRefused, SingleSignOnRefused
from agents.accounts.single_sign_on import SingleSignOn, sign_in_person
from agents.staff import cookies
from agents.staff.entrance import local_page, next_page, signed_in
from agents.staff.guarding import public
from agents.staff.side import side

log = logging.getLogger("pult.accounts")

bp: Final = Blueprint("single_sign_on", __name__, url_prefix="/sign-in/company")


@bp.get("")
@public
def begin() -> ResponseReturnValue:
    """Send the browser to the provider."""
    try:
        url, errand = _provider().begin()
    except (ProviderUnavailable, SingleSignOnRefused) as error:
        return _refused(error)
    response = make_response(redirect(url))
    cookies.keep_errand(response, {**errand, "next": next_page()})
    return response


@bp.get("/return")
@public
def come_back() -> ResponseReturnValue:
    """Read the provider's answer, once, and open a session."""
    errand = cookies.errand()
    try:
        if errand is None:
            raise SingleSignOnRefused("this browser was sent on no errand, or stayed away too long")
        person = _provider().finish(errand, request.args.to_dict())
        token, name = sign_in_person(side().centre, person, address=request.remote_addr or "")
    except (ProviderUnavailable, SingleSignOnRefused, SignInRefused) as error:
        return _refused(error)
    response = signed_in(token, name, local_page(errand["next"]))
    cookies.take_errand(response)
    return response


def _provider() -> SingleSignOn:
    provider = side().single_sign_on
    if provider is None:
        abort(404)
    return provider


def _refused(error: Exception) -> ResponseReturnValue:
    log.warning("single sign-on refused: %s", error)
    if isinstance(error, ProviderUnavailable):
        why, code = gettext("The company's sign-in does not answer. Try again, or sign in with a password."), 503
    else:
        why, code = gettext("The company's sign-in did not let you in here. Ask your administrator."), 403
    page = render_template("sign_in.html", next=local_page(""), name="", error=why)
    response = make_response(page, code)
    cookies.take_errand(response)
    return response
