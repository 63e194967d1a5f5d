"""The commands of an agent with a call: `pult agent answer`, `hold`, `transfer`, `consult`, `outcome` and more."""

from collections.abc import Iterator
from datetime import datetime

import click

from agents import listening_in
from agents.at_work import commands, joining
from agents.at_work.briefing import Briefing, briefing
from agents.at_work.caller_matters import verify_caller
from agents.at_work.wrap_up import WrittenOutcome, record_call_outcome
from agents.errors import NothingToDo
from agents.floor import Floor
from agents.models import Ear, Presence
from agents.terminal.addressed import INSURER, FloorMaker, checked
from ivr.calls.errors import OutcomeUnknown
from ivr.calls.outcomes import GENERIC

_LANGUAGES = {"ru": "Russian", "en": "English", "uz": "Uzbek", "tg": "Tajik", "ky": "Kyrgyz"}


def add_call_commands(group: click.Group, make_floor: FloorMaker) -> None:
    """Commands of who has a call, or is about to."""
    _add_knowing(group, make_floor)
    _add_talking(group, make_floor)


def _add_knowing(group: click.Group, make_floor: FloorMaker) -> None:
    """What rings, what it is about, and who calls."""

    @group.command()
    @INSURER
    @click.argument("code")
    def answer(insurer: str, code: str) -> None:
        """Say what rings, and why; the telephone itself answers it."""
        floor = checked(make_floor(), insurer)
        commands.answer(floor, insurer_id=insurer, code=code)
        _tell(briefing(floor, insurer_id=insurer, code=code))
        click.echo(f"it rings at {code}: answer it at the telephone or softphone")

    @group.command()
    @INSURER
    @click.argument("code")
    def show(insurer: str, code: str) -> None:
        """Show the call that rings or is on: why it came, what the caller wants, in which language."""
        _tell(briefing(checked(make_floor(), insurer), insurer_id=insurer, code=code))

    @group.command()
    @INSURER
    @click.argument("code")
    def verify(insurer: str, code: str) -> None:
        """Say that your questions confirmed who is calling (audited)."""
        verify_caller(checked(make_floor(), insurer), insurer_id=insurer, code=code)
        click.echo("the caller is verified")


def _add_talking(group: click.Group, make_floor: FloorMaker) -> None:
    """What is done with the call itself."""

    @group.command("hang-up")
    @INSURER
    @click.argument("code")
    def hang_up(insurer: str, code: str) -> None:
        """End the call on purpose; the caller hears the survey or the goodbye."""
        floor = checked(make_floor(), insurer)
        commands.hang_up(floor, insurer_id=insurer, code=code)
        click.echo(_what_now(floor, insurer, code))

    @group.command()
    @INSURER
    @click.argument("code")
    @click.option("--off", is_flag=True, help="Take the caller off hold.")
    def hold(insurer: str, code: str, off: bool) -> None:
        """Put the caller on hold, or take them off."""
        commands.set_hold(checked(make_floor(), insurer), insurer_id=insurer, code=code, on=not off)
        click.echo("off hold" if off else "on hold")

    @group.command()
    @INSURER
    @click.argument("code")
    @click.argument("to_code")
    def transfer(insurer: str, code: str, to_code: str) -> None:
        """Send the caller on to another agent (cold transfer)."""
        floor = checked(make_floor(), insurer)
        commands.transfer(floor, insurer_id=insurer, code=code, to_code=to_code)
        click.echo(f"the caller goes to {to_code}; {_what_now(floor, insurer, code)}")


def add_joining(group: click.Group, make_floor: FloorMaker) -> None:
    """Commands of who joins another agent's conversation."""

    @group.command()
    @INSURER
    @click.argument("code")
    @click.argument("to_code", required=False)
    @click.option("--end", is_flag=True, help="Let the colleague go, and take the caller off hold.")
    def consult(insurer: str, code: str, to_code: str | None, end: bool) -> None:
        """Put the caller on hold and ring the colleague TO_CODE into the call."""
        floor = checked(make_floor(), insurer)
        if end == (to_code is not None):
            raise click.UsageError("name the colleague to ring, or say --end")
        if to_code is None:
            joining.end_consult(floor, insurer_id=insurer, code=code)
            click.echo(f"{code} has the caller again")
        else:
            joining.consult(floor, insurer_id=insurer, code=code, to_code=to_code)
            click.echo(f"the caller is on hold, it rings at {to_code}; then `hand-over`, or `consult --end`")

    @group.command("hand-over")
    @INSURER
    @click.argument("code")
    def hand_over(insurer: str, code: str) -> None:
        """Leave the caller to the colleague who was consulted (warm transfer)."""
        floor = checked(make_floor(), insurer)
        to_code = joining.hand_over(floor, insurer_id=insurer, code=code)
        click.echo(f"{to_code} has the caller; {_what_now(floor, insurer, code)}")

    @group.command()
    @INSURER
    @click.argument("code")
    @click.argument("to_code")
    def listen(insurer: str, code: str, to_code: str) -> None:
        """As the supervisor CODE, listen in on TO_CODE's call, heard by nobody (audited)."""
        listening_in.listen(checked(make_floor(), insurer), insurer_id=insurer, code=code, to_code=to_code)
        click.echo(f"it rings at {code}; then `ear`, or `hang-up`")

    @group.command()
    @INSURER
    @click.argument("code")
    @click.argument("how", type=click.Choice([ear.value for ear in Ear]))
    def ear(insurer: str, code: str, how: str) -> None:
        """As the supervisor CODE, listen only, whisper to the agent, or barge in and speak to both (audited)."""
        listening_in.lend_ear(checked(make_floor(), insurer), insurer_id=insurer, code=code, ear=Ear(how))
        click.echo(f"{code}: {how}")


def _tell(about: Briefing) -> None:
    for name, value in _lines(about):
        click.echo(f"{name:<10} {value}")


def _lines(about: Briefing) -> Iterator[tuple[str, str]]:
    urgent = ", EMERGENCY: ask address, telephone, what happened" if about.is_emergency else ""
    yield "call", f"{about.purpose}, {about.state}{urgent}"
    yield "line", about.line
    yield "queue", f"{about.queue}, waited {about.waited_seconds} s"
    yield "language", _LANGUAGES.get(about.language, about.language)
    for name, value in (
        ("wants", about.reason),
        ("region", about.region),
        ("caller", about.caller_role),
        ("promised", about.callback_reason),
        ("message", " ".join(about.messages)),
    ):
        if value:
            yield name, value
    yield "known", about.level


def _what_now(floor: Floor, insurer: str, code: str) -> str:
    """What the agent does after a call, in words."""
    now = commands.presence_of(floor, insurer_id=insurer, code=code)
    return f"{code}: now record the outcome" if now is Presence.WRAP_UP else f"{code} is {now}"


def add_outcome(group: click.Group, make_floor: FloorMaker) -> None:
    """The command that ends a call's wrap-up."""

    @group.command()
    @INSURER
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
        floor = checked(make_floor(), insurer)
        zone = floor.centre.insurers[insurer].time_zone
        due_at = None if due is None else due.replace(tzinfo=zone)
        written = WrittenOutcome(outcome, secondary, note, next_action, due_at, owner)
        try:
            call_id = record_call_outcome(floor, insurer_id=insurer, code=code, outcome=written)
        except OutcomeUnknown as error:
            known = sorted(GENERIC | set(floor.centre.insurers[insurer].outcomes))
            raise NothingToDo(f"no outcome '{error}': one of {', '.join(known)}") from error
        click.echo(f"call {call_id}: {outcome}")
