"""The guard before every view: who may open it is said beside the view, and what says nothing is shut."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from agents.accounts import sessions
from agents.accounts.models import Role
from agents.staff import cookies, forms
from agents.staff.side import side

_View = TypeVar("_View", bound=Callable[..., ResponseReturnValue])
_PUBLIC: Final = "pult_is_public"
_ROLES: Final = "pult_roles"


def public(view: _View) -> _View:
    """Anybody may open this view, signed in or not."""
    setattr(view, _PUBLIC, True)
    return view


def only_for(*roles: Role) -> Callable[[_View], _View]:
    """Only who is one of `roles` at the insurer that the session acts for may open this view."""

    def mark(view: _View) -> _View:
        setattr(view, _ROLES, frozenset(roles))
        return view

    return mark


def roles_of(view: Callable[..., object]) -> frozenset[Role] | None:
    """Who may open the view; None for everybody, nobody where nothing is said."""
    return None if getattr(view, _PUBLIC, False) else getattr(view, _ROLES, frozenset())


def guard(app: Flask) -> None:
    """Put the guard before every view of `app`."""
    for endpoint, view in list(app.view_functions.items()):
        if is_static(endpoint):
            app.view_functions[endpoint] = _opened(view)
    app.before_request(_identify)
    app.before_request(_admit)
    app.before_request(forms.refuse_forged)


def _opened(view: Callable[..., object]) -> Callable[..., Any]:
    """A blueprint's own view of its folder is a method, which takes no mark."""
    opened = partial(view)
    setattr(opened, _PUBLIC, True)
    return opened


def is_static(endpoint: str | None) -> bool:
    """Whether it is a package's folder of styles and scripts, which hold nothing of anybody."""
    return endpoint is not None and (endpoint == "static" or endpoint.endswith(".static"))


def _identify() -> None:
    g.staff = None
    token = cookies.session_token()
    if is_static(request.endpoint) or not token:
        return
    centre = side().centre
    now = centre.clock.now()
    with centre.database.reading("who_asks") as tx:
        g.staff = sessions.find(tx, token, at=now)
        is_stale = g.staff is not None and sessions.needs_touch(tx, g.staff.session_id, at=now)
    if is_stale:
        with centre.database.transaction("touch_session") as tx:
            sessions.touch(tx, [g.staff.session_id], at=now)


def _admit() -> ResponseReturnValue | None:
    if request.endpoint is None:
        # No such page: Flask says so itself.
        return None
    needed = roles_of(current_app.view_functions[request.endpoint])
    if needed is None:
        return None
    if g.staff is None:
        return _to_the_entrance()
    if not needed & g.staff.roles:
        abort(403)
    return None


def _to_the_entrance() -> ResponseReturnValue:
    """A person who opens a page is asked to sign in; a script learns that it must."""
    if request.method != "GET" or "text/html" not in request.accept_mimetypes.values():
        abort(401)
    return redirect(url_for("entrance.sign_in", next=request.full_path.rstrip("?")))
