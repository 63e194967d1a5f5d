"""`pult request …`: what calls have opened and somebody must bring to its end; every look and step is audited."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from config.audit import audited_reading
from config.line_descriptions import Insurer
from config.terminal import operator
from ivr.calls.listing import list_requests
from ivr.calls.models import Request
from ivr.calls.requests import APPROVAL, advance_request
from ivr.cli import Composed
from ivr.errors import PhoneError
from ivr.terminal_tables import facts, record_table

_INSURER = click.option("--insurer", required=True, help="Whose requests: vsk, soglasie, rgs, oms, maks.")


@click.group()
def request() -> None:
    """Find requests that calls opened, and bring them on."""


@request.command("list")
@_INSURER
@click.option("--kind", help="Only of this kind: appointment, guarantee_letter, ambulance, ...")
@click.option("--overdue", is_flag=True, help="Only those whose promise has run out.")
@click.pass_obj
def list_(house: Composed, insurer: str, kind: str | None, overdue: bool) -> None:
    """List open requests, the most pressing first."""
    centre, now = house.centre, house.centre.clock.now()
    described = _described(house, insurer)
    with audited_reading(centre.database, "list_requests") as tx:
        found = list_requests(
            tx, insurer_id=insurer, kind=kind, is_overdue=overdue, by=operator(), at=now
        )
        table = _table(found, now, described.time_zone)
    Console().print(table if found else "nothing is open")


@request.command()
@_INSURER
@click.argument("request_id")
@click.argument("step")
@click.option("--approval", default=None, help="The number of the approval.")
@click.pass_obj
def step(house: Composed, insurer: str, request_id: str, step: str, approval: str | None) -> None:
    """Bring REQUEST_ID to STEP; `withdrawn` and `declined` end it and give its entitlement back."""
    centre, described = house.centre, _described(house, insurer)
    with _refusals_shown(), centre.database.transaction("step_request") as tx:
        moved = advance_request(
            tx,
            insurer=described,
            request_id=request_id,
            step=step,
            by=operator(),
            at=centre.clock.now(),
            approval=approval,
        )
        click.echo(f"{moved.kind}: {moved.step}{'' if moved.closed_at is None else ', closed'}")


def _table(found: list[Request], now: datetime, zone: ZoneInfo) -> Table:
    table = record_table("Request and when it was opened", "Kind and step", "Due, owner, approval")
    for one in found:
        due = None if one.due_at is None else f"{_local(one.due_at, zone)}{' OVERDUE' if one.due_at < now else ''}"
        approval = one.details.get(APPROVAL)
        table.add_row(
            facts(one.id, _local(one.opened_at, zone)),
            facts(one.kind, one.step),
            facts(due, one.owner, approval and f"approval {approval}"),
        )
    return table


def _described(house: Composed, insurer: str) -> Insurer:
    if insurer not in house.centre.insurers:
        raise click.UsageError(f"no insurer '{insurer}': one of {', '.join(house.centre.insurers.ids)}")
    return house.centre.insurers[insurer]


@contextmanager
def _refusals_shown() -> Iterator[None]:
    try:
        yield
    except PhoneError as error:
        raise click.ClickException(str(error)) from error


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%d.%m.%Y %H:%M")
