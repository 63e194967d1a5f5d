"""The demo's accounts: one for each of its agents, and an administrator; their password is made here and kept here."""

from typing import Final

from sqlalchemy import select

from agents.accounts.looking_after import add_account, give_role, set_password
from agents.accounts.models import Account, Role
from agents.accounts.passwords import fresh_password
from agents.models import Agent
from config.centre import Centre

_FILE: Final = "demo-password"
_ADMINISTRATOR: Final = "admin"
_BY: Final = "demo"


def add_demo_accounts(centre: Centre) -> str:
    """Give every agent who has none an account named by the agent's code; the password of them all.

    It is drawn at the first start and kept in the data folder, for its owner only; delete the file for another.
    """
    file = centre.settings.data_dir / _FILE
    is_new = not file.exists()
    if is_new:
        file.touch(mode=0o600)
        file.write_text(fresh_password() + "\n", encoding="ascii")
    password = file.read_text(encoding="ascii").strip()
    with centre.database.reading("demo_accounts") as tx:
        agents = tx.scalars(select(Agent).order_by(Agent.id)).all()
        known = set(tx.scalars(select(Account.name)))
    for agent in agents:
        if agent.code not in known:
            _add(centre, agent, password)
    if _ADMINISTRATOR not in known:
        _add_administrator(centre, password)
    if is_new:
        for name in known & {*(agent.code for agent in agents), _ADMINISTRATOR}:
            set_password(centre, name=name, password=password, by=_BY)
    return password


def _add(centre: Centre, agent: Agent, password: str) -> None:
    given = {"insurer_id": agent.insurer_id, "name": agent.code, "by": _BY, "agent_code": agent.code}
    add_account(centre, role=Role.AGENT, password=password, **given)
    if agent.is_supervisor:
        give_role(centre, role=Role.SUPERVISOR, **given)


def _add_administrator(centre: Centre, password: str) -> None:
    first, *others = centre.insurers.ids
    add_account(centre, insurer_id=first, name=_ADMINISTRATOR, role=Role.ADMINISTRATOR, password=password, by=_BY)
    for insurer_id in others:
        give_role(centre, insurer_id=insurer_id, name=_ADMINISTRATOR, role=Role.ADMINISTRATOR, by=_BY)
