"""What every page of the desk needs: whose desk it is, and the answer to what cannot be done."""

from dataclasses import dataclass

from flask import abort, request

from agents.floor import Floor
from agents.staff.guarding import is_static
from agents.staff.side import side, staff


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
