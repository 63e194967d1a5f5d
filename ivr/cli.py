"""The phone side's commands: `pult line …` for a duty manager's notices, `pult calls …` for the call log."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from config.audit import audited_reading
from config.calendars import zone_named
from config.centre import Centre
from config.line_descriptions import Insurer
from config.settings import dial_prefixes
from config.terminal import operator
from ivr import diversions, line_notices
from ivr.calls.listing import CallFilter, ListedCall, list_calls
from ivr.calls.models import CallState, LineNotice
from ivr.calls.replay import Replay, replay_call
from ivr.errors import PhoneError, UnknownCall
from ivr.line_notices import NoticeKind, NoticeRefused, Place, current_notices, place_in, take_down
from ivr.terminal_tables import facts, record_table

_AGO: Final = re.compile(r"(\d{1,5})\s*(m|h|d)")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_DEFAULT_ZONE: Final = "Europe/Moscow"


class Composed(Protocol):
    """What the program that mounts these commands puts into click's `obj`."""

    @property
    def centre(self) -> Centre:
        """The composed centre."""
        ...


@click.group()
def line() -> None:
    """Announce something on a line or queue at once, divert it, and show what hangs."""


@line.command()
@click.argument("insurer")
@click.argument("name")
@click.option("--queue", "is_queue", is_flag=True, help="NAME is a queue, not a line.")
@click.option("--ru", required=True, help="What callers hear in Russian.")
@click.option("--en", default="", help="The same in English.")
@click.option("--until", help="HH:MM today, or 2026-11-24T18:00, in the insurer's zone.")
@click.pass_obj
def announce(
    house: Composed, insurer: str, name: str, is_queue: bool, ru: str, en: str, until: str | None
) -> None:
    """Put up an announcement on the line NAME of INSURER."""
    centre = house.centre
    place = _place(centre, insurer, name, is_queue)
    with _refusals_shown(), centre.database.transaction("announce") as tx:
        now = centre.clock.now()
        ends = _until(until, now, centre.insurers[insurer].time_zone)
        line_notices.announce(tx, place=place, text={"ru": ru, "en": en}, by=operator(), at=now, until=ends)
    click.echo(f"announced on {place}")


@line.command()
@click.argument("insurer")
@click.argument("name")
@click.option("--queue", "is_queue", is_flag=True, help="NAME is a queue, not a line.")
@click.option("--to", help="The telephone number to divert to.")
@click.option("--to-queue", help="The queue that serves instead; of a queue only.")
@click.option("--to-voicemail", is_flag=True, help="Take messages instead; of a queue only.")
@click.option("--until", help="HH:MM today, or 2026-11-24T18:00, in the insurer's zone.")
@click.pass_obj
def divert(
    house: Composed,
    insurer: str,
    name: str,
    is_queue: bool,
    to: str | None,
    to_queue: str | None,
    to_voicemail: bool,
    until: str | None,
) -> None:
    """Divert the line NAME of INSURER to a number, or a queue to a number, another queue or voicemail.

    It holds from the next caller on, and for who waits in the queue from their next round on; `pult line clear` ends
    it. Emergencies stay.
    """
    centre = house.centre
    place = _place(centre, insurer, name, is_queue)
    if sum((to is not None, to_queue is not None, to_voicemail)) != 1:
        raise click.UsageError("say where to: one of --to NUMBER, --to-queue QUEUE and --to-voicemail")
    with _refusals_shown(), centre.database.transaction("divert") as tx:
        now = centre.clock.now()
        ends = _until(until, now, centre.insurers[insurer].time_zone)
        if to is not None:
            wanted = diversions.to_number(to, begins=dial_prefixes(centre.settings))
        else:
            wanted = diversions.VOICEMAIL if to_voicemail else diversions.Diversion(queue=to_queue)
        diversions.divert(
            tx, insurer=centre.insurers[insurer], place=place, to=wanted, by=operator(), at=now, until=ends
        )
    click.echo(f"diverted {place} to {wanted}")


@line.command()
@click.argument("insurer")
@click.argument("name")
@click.option("--queue", "is_queue", is_flag=True, help="NAME is a queue, not a line.")
@click.option("--only", type=click.Choice([kind.value for kind in NoticeKind]), help="Leave the other kind.")
@click.pass_obj
def clear(house: Composed, insurer: str, name: str, is_queue: bool, only: str | None) -> None:
    """Take down what hangs on the line NAME of INSURER."""
    centre = house.centre
    place = _place(centre, insurer, name, is_queue)
    kind = NoticeKind(only) if only else None
    with centre.database.transaction("clear_line") as tx:
        taken = take_down(tx, place=place, by=operator(), at=centre.clock.now(), kind=kind)
    click.echo(f"{len(taken)} taken down from {place}")


@line.command()
@click.option("--insurer", help="Only this insurer's.")
@click.option("--json", "as_json", is_flag=True, help="One notice a line, for machines.")
@click.pass_obj
def show(house: Composed, insurer: str | None, as_json: bool) -> None:
    """Show what hangs now."""
    centre = house.centre
    wanted = [_insurer(centre, insurer)] if insurer else list(centre.insurers)
    with centre.database.reading("show_notices") as tx:
        now = centre.clock.now()
        notices = [(one, notice) for one in wanted for notice in current_notices(tx, one.id, now=now)]
    if as_json:
        for _, notice in notices:
            click.echo(json.dumps(_notice_json(notice), ensure_ascii=False))
        return
    table = record_table("Where", "Text or number", "Until and by")
    for one, notice in notices:
        where = str(Place(notice.insurer_id, notice.line, notice.queue))
        what = notice.divert_to or (notice.text or {}).get("ru", "")
        until = _local(notice.until, one.time_zone) if notice.until else "taken down"
        table.add_row(facts(where, notice.kind), facts(what), facts(until, notice.put_up_by))
    Console().print(table if notices else "nothing hangs")


@click.group()
def calls() -> None:
    """Find calls and replay them; every reading is on record."""


@calls.command("list")
@click.option("--insurer", help="Only this insurer's.")
@click.option("--line", "line_name", help="Only calls to this line.")
@click.option("--queue", help="Only calls that waited in this queue.")
@click.option("--outcome", help="Only calls with this outcome, primary or secondary.")
@click.option("--since", help="30m, 2h, 3d ago, or 2026-11-24[T09:00].")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--json", "as_json", is_flag=True, help="One call a line, for machines.")
@click.pass_obj
def list_(
    house: Composed,
    insurer: str | None,
    line_name: str | None,
    queue: str | None,
    outcome: str | None,
    since: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List calls, newest first."""
    centre = house.centre
    now = centre.clock.now()
    zone = _insurer(centre, insurer).time_zone if insurer else zone_named(_DEFAULT_ZONE)
    wanted = CallFilter(insurer, line_name, queue, outcome, _since(since, now, zone), limit)
    with audited_reading(centre.database, "list_calls") as tx:
        found = list_calls(tx, wanted=wanted, by=operator(), at=now)
    if as_json:
        for call in found:
            click.echo(json.dumps(asdict(call), ensure_ascii=False, default=_iso))
    else:
        Console().print(_calls_table(found, zone))


@calls.command("show")
@click.argument("call_id")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for machines.")
@click.pass_obj
def show_call(house: Composed, call_id: str, as_json: bool) -> None:
    """Replay the call CALL_ID step by step."""
    centre = house.centre
    try:
        with audited_reading(centre.database, "replay_call") as tx:
            replay = replay_call(
                tx, insurers=centre.insurers, call_id=call_id, by=operator(), at=centre.clock.now()
            )
    except UnknownCall:
        raise click.ClickException(f"no call {call_id}: `pult calls list` shows their ids") from None
    if as_json:
        click.echo(json.dumps(replay.as_json(), ensure_ascii=False))
        return
    for text in _replay_lines(replay, centre.insurers[replay.insurer_id].time_zone):
        click.echo(text)


def _calls_table(found: list[ListedCall], zone: ZoneInfo) -> Table:
    table = record_table("Call and when it began", "Line and caller", "What came of it")
    for call in found:
        due = " ".join(filter(None, (call.owner, _local(call.due_at, zone) if call.due_at else None)))
        state = None if call.outcome and call.state == CallState.ENDED else call.state
        table.add_row(
            facts(call.id, _local(call.started_at, zone)),
            facts(f"{call.insurer_id} {call.line}", f"{call.caller or 'withheld'}, {call.level}"),
            facts("emergency" if call.is_emergency else None, state, call.outcome, due and f"to do: {due}"),
        )
    return table


def _replay_lines(replay: Replay, zone: ZoneInfo) -> Iterator[str]:
    yield f"call {replay.call_id}: {replay.insurer_id} {replay.line}, {replay.direction}"
    yield f"from {replay.caller or 'a withheld number'}, {_local(replay.started_at, zone)}, {replay.level}"
    for step in replay.steps:
        sign = {"said": "<", "key_pressed": ">"}.get(step.kind, "•")
        prompt = f"  [{step.data['prompt']}]" if step.kind == "said" else ""
        yield f"{step.second // 60:3d}:{step.second % 60:02d} {sign} {step.text}{prompt}"
    for outcome in replay.outcomes:
        yield f"outcome {outcome.code}{'' if outcome.is_primary else ' (secondary)'} by {outcome.by}"
        if outcome.next_action or outcome.due_at or outcome.owner:
            due = _local(outcome.due_at, zone) if outcome.due_at else "no date"
            yield f"  next: {outcome.next_action or '—'}, {due}, {outcome.owner or 'nobody yet'}"
    for request in replay.requests:
        reached = ", ".join(f"{step} {_local(at, zone)}" for step, at in request.steps)
        due = f", due {_local(request.due_at, zone)}" if request.due_at else ""
        yield f"request {request.kind}: {reached}{due}{'' if request.is_open else ', closed'} ({request.id})"
        for name, value in request.details.items():
            yield f"  {name.replace('_', ' ')}: {value}"
    for message in replay.messages:
        why = f" ({message.error})" if message.error else ""
        yield f"message {message.template} to {message.to}: {message.state}{why}"
    yield f"ended {_local(replay.ended_at, zone)}: {replay.hangup_cause}" if replay.ended_at else f"now {replay.state}"


def _notice_json(notice: LineNotice) -> dict[str, object]:
    return {
        "insurer": notice.insurer_id,
        "line": notice.line,
        "queue": notice.queue,
        "kind": notice.kind,
        "text": notice.text,
        "divert_to": notice.divert_to,
        "put_up_by": notice.put_up_by,
        "put_up_at": notice.put_up_at.isoformat(),
        "until": notice.until.isoformat() if notice.until else None,
    }


def _place(centre: Centre, insurer: str, name: str, is_queue: bool) -> Place:
    with _refusals_shown():
        return place_in(_insurer(centre, insurer), name, is_queue=is_queue)


def _insurer(centre: Centre, insurer_id: str) -> Insurer:
    if insurer_id not in centre.insurers:
        raise click.UsageError(f"no insurer '{insurer_id}': one of {', '.join(centre.insurers.ids)}")
    return centre.insurers[insurer_id]


@contextmanager
def _refusals_shown() -> Iterator[None]:
    try:
        yield
    except NoticeRefused as refusal:
        raise click.UsageError(str(refusal)) from refusal
    except PhoneError as error:
        raise click.ClickException(str(error)) from error



def _until(text: str | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    today = now.astimezone(zone).date().isoformat()
    return _instant(text if "T" in text or " " in text else f"{today}T{text}", zone)


def _since(text: str | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    ago = _AGO.fullmatch(text.strip())
    return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}) if ago else _instant(text, zone)


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"'{text}' is no time such as 2026-11-24T18:00") from None
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%d.%m.%Y %H:%M")


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
