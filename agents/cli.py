"""The agents' part of the `pult` command line: `agent`, `shifts` and `queue`; for people who work from a terminal."""

import getpass
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import func, select

from agents import commands
from agents.accounts.cli import ASK_OPTION, chosen_password, show_password
from agents.accounts.looking_after import add_account, give_role
from agents.accounts.models import Role
from agents.errors import AgentError, RosterRefused
from agents.floor import Floor
from agents.models import Agent, AgentSkill, Presence, Wait, WaitState
from agents.roster_file import RosterRow
from agents.shifts import ImportReport, add_agent, import_shifts, known_skills
from agents.wrap_up import WrittenOutcome, record_call_outcome
from config.audit import audit
from config.errors import TableError
from ivr.carrier.errors import CarrierError
from ivr.errors import PhoneError

FloorMaker = Callable[[], Floor]
_INSURER = click.option("--insurer", required=True, help="Whose agent: vsk, soglasie, rgs, oms, maks.")


def commands_of(make_floor: FloorMaker) -> list[click.Command]:
    """The groups to hang under `pult`; `make_floor` composes the floor once a command really runs."""
    return [_agent_group(make_floor), _shifts_group(make_floor), _queue_group(make_floor)]


class _Addressed(click.Group):
    """A group whose commands end with one clear line, not with a stack trace, where the centre refuses."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (AgentError, PhoneError) as error:
            raise click.ClickException(str(error) or type(error).__name__) from error
        except CarrierError as error:
            raise click.ClickException(f"the carrier did not follow: {error}") from error


def _agent_group(make_floor: FloorMaker) -> click.Group:
    group = _Addressed("agent", help="Work as an agent, or look after agents.")
    for add in (_add_people, _add_presence, _add_call_commands, _add_outcome):
        add(group, make_floor)
    return group


def _add_people(group: click.Group, make_floor: FloorMaker) -> None:
    @group.command("list")
    @_INSURER
    def list_agents(insurer: str) -> None:
        """Show every agent of an insurer and what each does now."""
        floor = _checked(make_floor(), insurer)
        with floor.centre.database.reading("list_agents") as tx:
            agents = tx.scalars(select(Agent).where(Agent.insurer_id == insurer).order_by(Agent.code)).all()
        for agent in agents:
            reason = f" ({agent.presence_reason})" if agent.presence_reason else ""
            click.echo(f"{agent.code:<20} {agent.extension or '-':<8} {agent.presence}{reason:<14} {agent.title}")

    @group.command()
    @_INSURER
    @click.argument("code")
    @click.option("--title", required=True, help="The role, never a name.")
    @click.option("--extension", default=None)
    @click.option("--address", default=None, help="client:<code> (the default) or a number.")
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
        floor = _checked(make_floor(), insurer)
        row = RosterRow(
            row=0,
            code=code,
            title=title,
            extension=extension,
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
    @_INSURER
    @click.argument("code")
    def available(insurer: str, code: str) -> None:
        """Take calls from now."""
        commands.become_available(_checked(make_floor(), insurer), insurer_id=insurer, code=code)
        click.echo(f"{code} is available")

    @group.command()
    @_INSURER
    @click.argument("code")
    @click.option("--reason", default="break")
    def away(insurer: str, code: str, reason: str) -> None:
        """Take no calls for now; declines a ring."""
        commands.go_away(_checked(make_floor(), insurer), insurer_id=insurer, code=code, reason=reason)
        click.echo(f"{code} is away ({reason})")

    @group.command()
    @_INSURER
    @click.argument("code")
    def release(insurer: str, code: str) -> None:
        """As a supervisor, let an agent out of wrap-up without an outcome (audited)."""
        floor = _checked(make_floor(), insurer)
        commands.release(floor, insurer_id=insurer, code=code, by=getpass.getuser())
        click.echo(f"{code} is available")


def _add_call_commands(group: click.Group, make_floor: FloorMaker) -> None:
    @group.command()
    @_INSURER
    @click.argument("code")
    def answer(insurer: str, code: str) -> None:
        """Say which offer rings; the telephone itself answers it."""
        offer_id = commands.answer(_checked(make_floor(), insurer), insurer_id=insurer, code=code)
        click.echo(f"offer {offer_id} rings at {code}: answer it at the telephone or softphone")

    @group.command("hang-up")
    @_INSURER
    @click.argument("code")
    def hang_up(insurer: str, code: str) -> None:
        """End the call on purpose; the caller hears the survey or the goodbye."""
        commands.hang_up(_checked(make_floor(), insurer), insurer_id=insurer, code=code)
        click.echo(f"{code}: now record the outcome")

    @group.command()
    @_INSURER
    @click.argument("code")
    @click.option("--off", is_flag=True, help="Take the caller off hold.")
    def hold(insurer: str, code: str, off: bool) -> None:
        """Put the caller on hold, or take them off."""
        commands.set_hold(_checked(make_floor(), insurer), insurer_id=insurer, code=code, on=not off)
        click.echo("off hold" if off else "on hold")

    @group.command()
    @_INSURER
    @click.argument("code")
    @click.argument("to_code")
    def transfer(insurer: str, code: str, to_code: str) -> None:
        """Send the caller on to another agent (cold transfer)."""
        commands.transfer(_checked(make_floor(), insurer), insurer_id=insurer, code=code, to_code=to_code)
        click.echo(f"the caller goes to {to_code}; {code}: now record the outcome")


def _add_outcome(group: click.Group, make_floor: FloorMaker) -> None:
    @group.command()
    @_INSURER
    @click.argument("code")
    @click.argument("outcome")
    @click.option("--also", "secondary", multiple=True, help="A secondary outcome; may be repeated.")
    @click.option("--note", default=None)
    @click.option("--next-action", default=None)
    @click.option("--due", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%d"]), default=None)
    @click.option("--owner", default=None)
    def outcome(
        insurer: str,
        code: str,
        outcome: str,
        secondary: tuple[str, ...],
        note: str | None,
        next_action: str | None,
        due: datetime | None,
        owner: str | None,
    ) -> None:
        """Record what came of the call and be available again. Times are the insurer's."""
        floor = _checked(make_floor(), insurer)
        zone = floor.centre.insurers[insurer].time_zone
        due_at = None if due is None else due.replace(tzinfo=zone)
        written = WrittenOutcome(outcome, secondary, note, next_action, due_at, owner)
        call_id = record_call_outcome(floor, insurer_id=insurer, code=code, outcome=written)
        click.echo(f"call {call_id}: {outcome}")


def _shifts_group(make_floor: FloorMaker) -> click.Group:
    group = _Addressed("shifts", help="Shift rosters.")

    @group.command("import")
    @_INSURER
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @click.option("--sheet", help="The workbook's sheet; else the first that has the columns.")
    @click.option("--dry-run", is_flag=True, help="Check and count, change nothing.")
    @click.option("--strict", is_flag=True, help="Load nothing if any row is wrong.")
    def import_file(insurer: str, file: Path, sheet: str | None, dry_run: bool, strict: bool) -> None:
        """Take over a roster (CSV or XLSX): who works when, from today on. Exit status 1 if a row was wrong."""
        floor = _checked(make_floor(), insurer)
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
    group = _Addressed("queue", help="Those who wait.")

    @group.command()
    @_INSURER
    def show(insurer: str) -> None:
        """Show each queue: who waits, the longest wait, and who is there for it."""
        floor = _checked(make_floor(), insurer)
        now = floor.centre.clock.now()
        with floor.centre.database.reading("show_queues") as tx:
            rows = tx.execute(
                select(Wait.queue, func.count(), func.min(Wait.since))
                .where(Wait.insurer_id == insurer, Wait.state.in_((WaitState.WAITING, WaitState.OFFERED)))
                .group_by(Wait.queue)
            ).all()
            free = tx.scalar(
                select(func.count())
                .select_from(Agent)
                .where(Agent.insurer_id == insurer, Agent.presence == Presence.AVAILABLE)
            )
        waiting = {queue: (count, since) for queue, count, since in rows}
        for queue in floor.centre.insurers[insurer].queues:
            count, since = waiting.get(queue, (0, None))
            longest = f", longest {int((now - since).total_seconds())} s" if since else ""
            click.echo(f"{queue:<20} {count} waiting{longest}")
        click.echo(f"{free} agents available")

    return group


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
                actor=getpass.getuser(),
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
        agent = add_agent(tx, insurer, row, now)
        for name, level in row.skills.items():
            tx.add(AgentSkill(agent_id=agent.id, skill=name, insurer_id=insurer, level=level))
        audit(
            tx,
            insurer_id=insurer,
            at=now,
            actor=getpass.getuser(),
            action="added_agent",
            subject_kind="agent",
            subject_id=agent.id,
        )


def _add_account(floor: Floor, insurer: str, row: RosterRow, name: str, password: str) -> None:
    by = getpass.getuser()
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


def _checked(floor: Floor, insurer: str) -> Floor:
    if insurer not in floor.centre.insurers:
        raise click.BadParameter(f"no insurer '{insurer}'; one of {', '.join(floor.centre.insurers.ids)}")
    return floor
