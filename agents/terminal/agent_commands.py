"""The agents' part of the `pult` command line: `agent`, `shifts` and `queue`; for people who work from a terminal."""

from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from agents.accounts.cli import ASK_OPTION, chosen_password, show_password
from agents.accounts.looking_after import add_account, give_role
from agents.accounts.models import Role
from agents.at_work import commands, wrap_up
from agents.errors import RosterRefused
from agents.floor import Floor
from agents.models import Agent, AgentSkill, Wait, WaitState
from agents.shifts.importing import ImportReport, add_agent, import_shifts, known_skills, unusable_address
from agents.shifts.roster_file import RosterRow
from agents.terminal.addressed import INSURER, Addressed, FloorMaker, checked
from agents.terminal.call_commands import add_call_commands, add_joining, add_outcome
from agents.terminal.matter_commands import add_matter_commands
from agents.waiting.estimates import agents_at_work
from config.audit import audit
from config.database import Transaction
from config.errors import TableError
from config.terminal import operator
from ivr.diversions import diversion_of_queue


def commands_of(make_floor: FloorMaker) -> list[click.Command]:
    """The groups to hang under `pult`; `make_floor` composes the floor once a command really runs."""
    return [_agent_group(make_floor), _shifts_group(make_floor), _queue_group(make_floor)]


def _agent_group(make_floor: FloorMaker) -> click.Group:
    group = Addressed("agent", help="Work as an agent, or look after agents.")
    own = (_add_list, _add_add, _add_presence)
    for add in (*own, add_call_commands, add_joining, add_matter_commands, add_outcome):
        add(group, make_floor)
    return group


def _add_list(group: click.Group, make_floor: FloorMaker) -> None:
    @group.command("list")
    @INSURER
    def list_agents(insurer: str) -> None:
        """Show every agent of an insurer and what each does now."""
        floor = checked(make_floor(), insurer)
        with floor.centre.database.reading("list_agents") as tx:
            agents = tx.scalars(select(Agent).where(Agent.insurer_id == insurer).order_by(Agent.code)).all()
        for agent in agents:
            presence = agent.presence + (f" ({agent.presence_reason})" if agent.presence_reason else "")
            click.echo(f"{agent.code:<20} {agent.extension or '-':<8} {presence:<24} {agent.title}")


def _add_add(group: click.Group, make_floor: FloorMaker) -> None:
    @group.command()
    @INSURER
    @click.argument("code")
    @click.option("--title", required=True, help="The role, never a name.")
    @click.option("--extension", default=None)
    @click.option("--address", default=None, help="client:<name> or a number; left out: a browser of their own.")
    @click.option("--skill", "skills", multiple=True, help="desk or desk:2; may be repeated.")
    @click.option("--supervisor", is_flag=True)
    @click.option("--automatic", is_flag=True, help="Worked by the autopilot: a training or echo desk.")
    @click.option("--account", "name", default=None, help="The name to sign in by; the code if left out.")
    @click.option("--no-account", is_flag=True, help="Give no account: a telephone only.")
    @ASK_OPTION
    def add(
        insurer: str,
        code: str,
        title: str,
        extension: str | None,
        address: str | None,
        skills: tuple[str, ...],
        supervisor: bool,
        automatic: bool,
        name: str | None,
        no_account: bool,
        ask_password: bool,
    ) -> None:
        """Add one agent by hand, with an account for the desk; rosters add many, without accounts."""
        floor = checked(make_floor(), insurer)
        if (wrong := unusable_address(address or f"client:{code}")) is not None:
            raise click.BadParameter(wrong, param_hint="--address")
        row = RosterRow(
            row=0,
            code=code,
            title=title,
            extension="".join(sign for sign in extension or "" if sign.isdigit()) or None,
            address=address or f"client:{code}",
            skills=_skills(floor, insurer, skills),
            is_supervisor=supervisor,
            is_automatic=automatic,
            kind="work",
            stretches=(),
            substitute=None,
        )
        password = None if no_account or automatic else chosen_password(ask=ask_password)
        _add_one(floor, insurer, row)
        click.echo(f"{code} added, away")
        if password is not None:
            _add_account(floor, insurer, row, name or code, password)
            show_password(name or code, password, was_asked=ask_password)


def _add_presence(group: click.Group, make_floor: FloorMaker) -> None:
    @group.command()
    @INSURER
    @click.argument("code")
    def available(insurer: str, code: str) -> None:
        """Take calls from now."""
        commands.become_available(checked(make_floor(), insurer), insurer_id=insurer, code=code)
        click.echo(f"{code} is available")

    @group.command()
    @INSURER
    @click.argument("code")
    @click.option("--reason", default="break")
    def away(insurer: str, code: str, reason: str) -> None:
        """Take no calls for now; declines a ring."""
        commands.go_away(checked(make_floor(), insurer), insurer_id=insurer, code=code, reason=reason)
        click.echo(f"{code} is away ({reason})")

    @group.command()
    @INSURER
    @click.argument("code")
    def release(insurer: str, code: str) -> None:
        """As a supervisor, let an agent out of wrap-up without an outcome (audited)."""
        floor = checked(make_floor(), insurer)
        wrap_up.release(floor, insurer_id=insurer, code=code, by=operator())
        click.echo(f"{code} is available")


def _shifts_group(make_floor: FloorMaker) -> click.Group:
    group = Addressed("shifts", help="Shift rosters.")

    @group.command("import")
    @INSURER
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @click.option("--sheet", help="The workbook's sheet; else the first that has the columns.")
    @click.option("--dry-run", is_flag=True, help="Check and count, change nothing.")
    @click.option("--strict", is_flag=True, help="Load nothing if any row is wrong.")
    def import_file(insurer: str, file: Path, sheet: str | None, dry_run: bool, strict: bool) -> None:
        """Take over a roster (CSV or XLSX): who works when, from today on. Exit status 1 if a row was wrong."""
        floor = checked(make_floor(), insurer)
        report = _import_with_bar(floor, insurer, file, sheet=sheet, dry_run=dry_run, strict=strict)
        for error in report.errors:
            click.echo(f"{file.name}: {error}", err=True)
        would = "would be " if report.is_dry_run else ""
        click.echo(
            f"agents: {report.agents_created} {would}created, {report.agents_changed} {would}changed; "
            f"shifts: {report.shifts}; wrong rows: {len(report.errors)}"
        )
        if report.errors:
            raise click.exceptions.Exit(1)

    return group


def _queue_group(make_floor: FloorMaker) -> click.Group:
    group = Addressed("queue", help="Those who wait.")

    @group.command()
    @INSURER
    def show(insurer: str) -> None:
        """Show each queue: who waits, the longest wait, who is there for it, and where it is diverted to."""
        floor = checked(make_floor(), insurer)
        with floor.centre.database.reading("show_queues") as tx:
            for line in _queues_in_words(tx, floor, insurer):
                click.echo(line)

    return group


def _queues_in_words(tx: Transaction, floor: Floor, insurer: str) -> Iterator[str]:
    now = floor.centre.clock.now()
    rows = tx.execute(
        select(Wait.queue, func.count(), func.min(Wait.joined_at))
        .where(Wait.insurer_id == insurer, Wait.state.in_((WaitState.WAITING, WaitState.OFFERED)))
        .group_by(Wait.queue)
    ).all()
    waiting = {queue: (count, since) for queue, count, since in rows}
    for name, queue in floor.centre.insurers[insurer].queues.items():
        count, since = waiting.get(name, (0, None))
        longest = f", longest {int((now - since).total_seconds())} s" if since else ""
        staff = agents_at_work(tx, insurer, queue.skills)
        people = f"{staff.at_work} at work, {staff.free} free"
        diversion = diversion_of_queue(tx, insurer, name, now)
        to = f", diverted to {diversion}" if diversion else ""
        closed = "" if queue.hours.is_open(now) or queue.is_by_region else ", closed"
        yield f"{name:<20} {count} waiting{longest}; {people}{closed}{to}"


def _import_with_bar(
    floor: Floor, insurer: str, file: Path, *, sheet: str | None, dry_run: bool, strict: bool
) -> ImportReport:
    with click.progressbar(length=1, label=file.name) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        try:
            return import_shifts(
                floor.centre,
                insurer_id=insurer,
                path=file,
                actor=operator(),
                is_dry_run=dry_run,
                all_or_nothing=strict,
                sheet=sheet,
                progress=progress,
            )
        except (RosterRefused, TableError) as error:
            raise click.ClickException(str(error)) from error


def _add_one(floor: Floor, insurer: str, row: RosterRow) -> None:
    now = floor.centre.clock.now()
    with floor.centre.database.transaction("add_agent") as tx:
        if tx.scalar(select(Agent.id).where(Agent.insurer_id == insurer, Agent.code == row.code)):
            raise click.ClickException(f"{insurer} has an agent {row.code} already")
        try:
            agent = add_agent(tx, insurer, row, now)
        except IntegrityError as error:
            raise click.ClickException("another agent has that extension or address already") from error
        for name, level in row.skills.items():
            tx.add(AgentSkill(agent_id=agent.id, skill=name, insurer_id=insurer, level=level))
        audit(
            tx,
            insurer_id=insurer,
            at=now,
            actor=operator(),
            action="added_agent",
            subject_kind="agent",
            subject_id=agent.id,
        )


def _add_account(floor: Floor, insurer: str, row: RosterRow, name: str, password: str) -> None:
    by = operator()
    add_account(
        floor.centre,
        insurer_id=insurer,
        name=name,
        role=Role.AGENT,
        password=password,
        by=by,
        agent_code=row.code,
    )
    if row.is_supervisor:
        give_role(floor.centre, insurer_id=insurer, name=name, role=Role.SUPERVISOR, by=by, agent_code=row.code)


def _skills(floor: Floor, insurer: str, given: tuple[str, ...]) -> dict[str, int]:
    known, skills = known_skills(floor.centre, insurer), dict[str, int]()
    for one in given:
        name, _, level = one.partition(":")
        if name not in known or level not in ("", "1", "2", "3"):
            raise click.BadParameter(f"'{one}': one of {', '.join(sorted(known))}, with a level of 1 to 3")
        skills[name] = int(level or 1)
    return skills
