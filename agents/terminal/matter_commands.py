"""The commands by which an agent does something for the caller on the line: `identify`, `book`, `request`."""

from datetime import datetime

import click

from agents.at_work import caller_matters
from agents.terminal.addressed import INSURER, FloorMaker, checked
from ivr.calls.booking import Appointment


def add_matter_commands(group: click.Group, make_floor: FloorMaker) -> None:
    """`identify`, `book` and `request`."""
    _add_identify(group, make_floor)
    _add_book(group, make_floor)
    _add_request(group, make_floor)


def _add_identify(group: click.Group, make_floor: FloorMaker) -> None:
    @group.command()
    @INSURER
    @click.argument("code")
    @click.argument("insured_id")
    def identify(insurer: str, code: str, insured_id: str) -> None:
        """Say, after your questions, whose policy the call is about (`pult insured show` tells ids)."""
        floor = checked(make_floor(), insurer)
        call_id = caller_matters.identify_caller(floor, insurer_id=insurer, code=code, insured_id=insured_id)
        click.echo(f"call {call_id}: the insured is verified")


def _add_book(group: click.Group, make_floor: FloorMaker) -> None:
    @group.command()
    @INSURER
    @click.argument("code")
    @click.option("--at", required=True, type=click.DateTime(["%Y-%m-%d %H:%M"]), help="In the insurer's zone.")
    @click.option("--place", required=True, help="The facility, as it is said to the insured.")
    @click.option("--service", default="outpatient", show_default=True)
    @click.option("--approval", default=None, help="The number of the approval.")
    @click.option("--told", is_flag=True, help="The insured has heard it from you.")
    @click.option("--decided", is_flag=True, help="You answer for a cover that is in doubt on that day.")
    def book(
        insurer: str,
        code: str,
        at: datetime,
        place: str,
        service: str,
        approval: str | None,
        told: bool,
        decided: bool,
    ) -> None:
        """Book an appointment for the insured of the call; they get a text message without the place."""
        floor = checked(make_floor(), insurer)
        at = at.replace(tzinfo=floor.centre.insurers[insurer].time_zone)
        wanted = Appointment(at, place, service, approval, is_told=told, is_decided=decided)
        booked = caller_matters.book(floor, insurer_id=insurer, code=code, appointment=wanted)
        sent = "a text message goes out" if booked.message else "no telephone of theirs is known: tell them yourself"
        click.echo(f"request {booked.request.id}: booked; {sent}")


def _add_request(group: click.Group, make_floor: FloorMaker) -> None:
    @group.command()
    @INSURER
    @click.argument("code")
    @click.argument("kind")
    @click.argument("step")
    @click.option("--approval", default=None, help="The number of the approval.")
    def request(insurer: str, code: str, kind: str, step: str, approval: str | None) -> None:
        """Bring the caller's request of KIND (guarantee_letter, ambulance, ...) to STEP; opens it if need be."""
        floor = checked(make_floor(), insurer)
        moved = caller_matters.move_request(
            floor, insurer_id=insurer, code=code, kind=kind, step=step, approval=approval
        )
        click.echo(f"request {moved.id}: {moved.step}{'' if moved.closed_at is None else ', closed'}")
