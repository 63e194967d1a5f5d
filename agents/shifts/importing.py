"""Importing shift rosters: agents, their skills and their working time from today on, as the file says."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import delete, insert, select

from agents import presence
from agents.curators import LEAVE
from agents.errors import RosterRefused
from agents.models import Agent, AgentSkill, Presence, Shift
from agents.shifts.roster_file import RosterRow, RowError, read_roster, read_row
from config.audit import audit
from config.centre import Centre
from config.database import Transaction
from config.ids import new_id
from config.phone_numbers import PhoneNumberError, parse_phone

Progress = Callable[[int, int], None]
"""Told how many agents of how many are done."""


_BROWSER_NAME: Final = re.compile(r"client:[A-Za-z0-9_.@+-]{1,100}")
_BROWSERS: Final = select(Agent.insurer_id, Agent.code, Agent.address).where(Agent.address.like("client:%"))


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do."""

    agents_created: int
    agents_changed: int
    shifts: int
    errors: tuple[RowError, ...]
    is_dry_run: bool


def import_shifts(
    centre: Centre,
    *,
    insurer_id: str,
    path: Path,
    actor: str,
    is_dry_run: bool = False,
    all_or_nothing: bool = False,
    sheet: str | None = None,
    progress: Progress = lambda done, total: None,
) -> ImportReport:
    """Take over a roster. Repeated, it changes nothing more.

    For the agents that it names the file is the whole truth from today on: their later shifts that it does not hold go.
    Wrong rows are reported and leave their agent as it was, while the others load; with `all_or_nothing` nothing loads.
    Raises TableError for a file that is no roster, and with `all_or_nothing` RosterRefused for one with a wrong row.
    """
    rows, errors = _read(centre, insurer_id, path, sheet)
    by_code = _by_agent(rows)
    errors += _check_people(centre, insurer_id, by_code)
    wrong = {error.code for error in errors}
    good = {code: own for code, own in by_code.items() if code not in wrong}
    if errors and all_or_nothing:
        raise RosterRefused("\n".join(str(error) for error in sorted(errors, key=lambda one: one.row)))
    created = _create_missing(centre, insurer_id, good) if not is_dry_run else _count_missing(centre, insurer_id, good)
    if not is_dry_run:
        for done, (code, own) in enumerate(good.items(), start=1):
            _take_over(centre, insurer_id, code, own, actor)
            progress(done, len(good))
    shifts = sum(len(row.stretches) for own in good.values() for row in own)
    return ImportReport(
        created, len(good) - created, shifts, tuple(sorted(errors, key=lambda one: one.row)), is_dry_run
    )


def known_skills(centre: Centre, insurer_id: str) -> frozenset[str]:
    """Every skill that a queue, a region or a language of the insurer asks for."""
    insurer = centre.insurers[insurer_id]
    of_queues = {skill for queue in insurer.queues.values() for skill in (*queue.skills, *queue.first_skills)}
    of_regions = {region.skill for region in insurer.regions.values() if region.skill}
    return frozenset(of_queues | of_regions | set(insurer.language_skills.skills.values()))


def _read(centre: Centre, insurer_id: str, path: Path, sheet: str | None) -> tuple[list[RosterRow], list[RowError]]:
    zone = centre.insurers[insurer_id].time_zone
    today, skills = centre.clock.now().astimezone(zone).date(), known_skills(centre, insurer_id)
    read = [read_row(raw, zone=zone, today=today, skills=skills) for raw in read_roster(path, sheet=sheet)]
    return [one for one in read if isinstance(one, RosterRow)], [one for one in read if isinstance(one, RowError)]


def _by_agent(rows: Iterable[RosterRow]) -> dict[str, list[RosterRow]]:
    by_code: dict[str, list[RosterRow]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    return by_code


def _check_people(centre: Centre, insurer_id: str, by_code: dict[str, list[RosterRow]]) -> list[RowError]:
    """Extensions and telephones that two agents claim, and substitutes who do not exist or are no substitutes."""
    with centre.database.reading("agents_known") as tx:
        known = dict(tx.execute(select(Agent.code, Agent.extension).where(Agent.insurer_id == insurer_id)).all())
        rung = {address: (insurer, code) for insurer, code, address in tx.execute(_BROWSERS)}
    owners = {extension: code for code, extension in known.items() if extension and code not in by_code}
    browsers = {address: who for address, who in rung.items() if who[0] != insurer_id or who[1] not in by_code}
    errors: list[RowError] = []
    for code, own in by_code.items():
        extension = own[0].extension
        if extension and owners.setdefault(extension, code) != code:
            errors.append(RowError(own[0].row, "extension", f"{owners[extension]} has {extension} already", code))
        if (unusable := unusable_address(own[0].address)) is not None:
            errors.append(RowError(own[0].row, "address", unusable, code))
            continue
        address = address_of(insurer_id, own[0])
        if address.startswith("client:") and browsers.setdefault(address, (insurer_id, code)) != (insurer_id, code):
            errors.append(RowError(own[0].row, "address", f"{address} rings somebody else already", code))
        errors += [
            RowError(row.row, "substitute", why, code)
            for row in own
            if row.substitute and (why := _no_substitute(row, {*known, *by_code}))
        ]
    return errors


def _no_substitute(row: RosterRow, known: Collection[str]) -> str | None:
    if row.substitute not in known:
        return f"no agent {row.substitute}"
    if row.kind != LEAVE:
        return "only leave has a substitute"
    return "nobody stands in for themselves" if row.substitute == row.code else None


def address_of(insurer_id: str, row: RosterRow) -> str:
    """Where the carrier rings the row's agent. The browser of an agent without a telephone is named by insurer and
    code: the carrier knows nothing of insurers, and two of them may have agents of the same code.
    """
    if row.address.startswith("client:"):
        return f"client:{insurer_id}-{row.code}" if row.address == f"client:{row.code}" else row.address
    return parse_phone(row.address).e164


def unusable_address(address: str) -> str | None:
    """Why the carrier could not ring there; None where it can."""
    if address.startswith("client:"):
        return None if _BROWSER_NAME.fullmatch(address) else "a browser's name is letters, digits and .@+_-"
    try:
        number = parse_phone(address)
    except PhoneNumberError as error:
        return f"client:<name> or a telephone number: {error}"
    return "a number without an extension" if number.extension is not None else None


def _count_missing(centre: Centre, insurer_id: str, good: dict[str, list[RosterRow]]) -> int:
    with centre.database.reading("agents_known") as tx:
        known = set(tx.scalars(select(Agent.code).where(Agent.insurer_id == insurer_id)))
    return len(set(good) - known)


def _create_missing(centre: Centre, insurer_id: str, good: dict[str, list[RosterRow]]) -> int:
    """Everybody exists before anybody's shifts are written: a substitute may stand further down.

    And nobody keeps an extension that the roster takes from them: another may be given it before.
    """
    now = centre.clock.now()
    with centre.database.transaction("create_agents") as tx:
        for agent in tx.scalars(select(Agent).where(Agent.insurer_id == insurer_id, Agent.code.in_(good))):
            if agent.extension != good[agent.code][0].extension:
                agent.extension = None
        tx.flush()
        known = set(tx.scalars(select(Agent.code).where(Agent.insurer_id == insurer_id)))
        missing = [own[0] for code, own in good.items() if code not in known]
        for row in missing:
            add_agent(tx, insurer_id, row, now)
    return len(missing)


def add_agent(tx: Transaction, insurer_id: str, row: RosterRow, now: datetime) -> Agent:
    """A new agent, away until they say otherwise; an automatic one comes by itself."""
    agent = Agent(
        id=new_id(now),
        insurer_id=insurer_id,
        code=row.code,
        title=row.title,
        extension=row.extension,
        address=address_of(insurer_id, row),
        is_supervisor=row.is_supervisor,
        is_automatic=row.is_automatic,
        presence=Presence.AWAY,
        presence_since=now,
    )
    tx.add(agent)
    tx.flush()
    presence.begin(tx, agent, Presence.AWAY, at=now, reason="new")
    return agent


def _take_over(centre: Centre, insurer_id: str, code: str, own: list[RosterRow], actor: str) -> None:
    now, first = centre.clock.now(), own[0]
    with centre.database.transaction("import_shifts") as tx:
        agent = tx.scalars(select(Agent).where(Agent.insurer_id == insurer_id, Agent.code == code)).one()
        agent.title, agent.extension, agent.address = first.title, first.extension, address_of(insurer_id, first)
        agent.is_supervisor = first.is_supervisor
        if first.is_automatic and not agent.is_automatic and agent.presence == Presence.AWAY:
            agent.is_automatic = True
            presence.begin(tx, agent, Presence.AWAY, at=now, reason="automatic")
        agent.is_automatic = first.is_automatic
        _write_skills(tx, agent, own)
        _write_shifts(tx, agent, own, now)
        presence.look_at_shifts(tx, agent, at=now)
        audit(
            tx,
            insurer_id=insurer_id,
            at=now,
            actor=actor,
            action="imported_shifts",
            subject_kind="agent",
            subject_id=agent.id,
        )


def _write_skills(tx: Transaction, agent: Agent, own: list[RosterRow]) -> None:
    tx.execute(delete(AgentSkill).where(AgentSkill.agent_id == agent.id))
    skills = {name: level for row in own for name, level in row.skills.items()}
    for name, level in skills.items():
        tx.add(AgentSkill(agent_id=agent.id, skill=name, insurer_id=agent.insurer_id, level=level))


def _write_shifts(tx: Transaction, agent: Agent, own: list[RosterRow], now: datetime) -> None:
    """What is over stays as it was; what is under way or to come is as the file has it."""
    tx.execute(delete(Shift).where(Shift.agent_id == agent.id, Shift.ends_at > now))
    # Work that a row names twice, or that began before and is on record with its end past, is one row.
    known = tx.execute(select(Shift.kind, Shift.starts_at).where(Shift.agent_id == agent.id))
    written = {(kind, starts_at) for kind, starts_at in known}
    rows = []
    for row in own:
        substitute = _agent_id(tx, agent.insurer_id, row.substitute)
        for starts_at, ends_at in row.stretches:
            if ends_at > now and (row.kind, starts_at) not in written:
                written.add((row.kind, starts_at))
                rows.append(_shift(agent, row.kind, starts_at, ends_at, substitute, now))
    if rows:
        tx.execute(insert(Shift), rows)


def _shift(
    agent: Agent, kind: str, starts_at: datetime, ends_at: datetime, substitute: str | None, now: datetime
) -> dict[str, object]:
    return {
        "id": new_id(now),
        "insurer_id": agent.insurer_id,
        "agent_id": agent.id,
        "kind": kind,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "substitute_id": substitute,
    }


def _agent_id(tx: Transaction, insurer_id: str, code: str | None) -> str | None:
    if code is None:
        return None
    return tx.scalar(select(Agent.id).where(Agent.insurer_id == insurer_id, Agent.code == code))
