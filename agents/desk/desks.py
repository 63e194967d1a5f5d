"""What every page of the desk needs: whose desk it is, and the answer to what cannot be done."""

from dataclasses import dataclass
from typing import Final

from flask import Response, abort, make_response, request
from flask_babel.speaklater import LazyString

from agents.accounts.models import Role
from agents.floor import Floor
from agents.staff.guarding import is_static
from agents.staff.side import side, staff

AT_A_DESK: Final = (Role.AGENT, Role.SUPERVISOR)


@dataclass(frozen=True)
class Desk:
    """The agent at whose desk the request was made."""

    floor: Floor
    insurer_id: str
    agent_id: str
    code: str


def own_desk() -> Desk:
    """The desk of whoever is signed in; behind `needs_an_agent`."""
    who = staff()
    return Desk(side().floor, who.insurer_id, who.agent_id or "", who.agent_code or "")


def needs_an_agent() -> None:
    """Before every view of a desk: a supervisor may take calls too, if there is an agent's row for it."""
    if not is_static(request.endpoint) and staff().agent_id is None:
        abort(403, description="no agent")


def refused(why: LazyString | str) -> Response:
    """409 with a sentence for the person who asked."""
    return make_response(str(why), 409, {"Content-Type": "text/plain; charset=utf-8"})
