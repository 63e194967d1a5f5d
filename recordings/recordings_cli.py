"""The commands `pult recordings …`: what there is, legal holds, destruction and its acts, and the keys; all audited."""

from collections.abc import Callable
from typing import TypeVar

import click
from sqlalchemy import select

from config.centre import Centre
from config.terminal import operator
from recordings import rotating
from recordings.acts import find_acts
from recordings.errors import HeldBack, NotAtRest, NotThere, RecordingError
from recordings.models import Recording, RecordingState
from recordings.retention import Retention

T = TypeVar("T")

_INSURER = click.option("--insurer", required=True, help="Whose recordings: vsk, soglasie, rgs, oms, maks.")


def recordings_command(make_centre: Callable[[], Centre]) -> click.Command:
    """The group to hang under `pult`; `make_centre` composes the centre once a command really runs."""
    group = click.Group("recordings", help="Recordings of conversations and messages: holds, destruction, keys.")
    _add_looking(group, make_centre)
    _add_holding(group, make_centre)
    _add_keys(group, make_centre)
    return group


def _add_looking(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command("list")
    @_INSURER
    @click.option("--call", "call_id", help="Of this call only.")
    @click.option("--state", type=click.Choice([str(one) for one in RecordingState]))
    @click.option("--limit", default=100, show_default=True)
    def list_recordings(insurer: str, call_id: str | None, state: str | None, limit: int) -> None:
        """Show recordings, newest first."""
        for row in _recordings(make_centre(), insurer, call_id, state, limit):
            seconds = "-" if row.duration_seconds is None else f"{row.duration_seconds} s"
            began = row.began_at or row.announced_at
            why = f"  ({row.error})" if row.error else ""
            click.echo(f"{row.id}  {began:%Y-%m-%d %H:%M} UTC  {seconds:>7}  {row.kind}")
            click.echo(f"  call {row.call_id}  {row.state}{why}")

    @group.command("acts")
    @_INSURER
    @click.option("--limit", default=100, show_default=True)
    def acts(insurer: str, limit: int) -> None:
        """Show the acts of destruction, newest first: when, what, by whom, on what ground."""
        with make_centre().database.reading("destruction_acts") as tx:
            found = find_acts(tx, insurer_id=insurer, limit=limit).acts
        for act in found:
            click.echo(f"{act.destroyed_at:%Y-%m-%d %H:%M} UTC  recording {act.recording_id}")
            click.echo(f"  of {act.recorded_at:%Y-%m-%d %H:%M}  call {act.call_id}")
            click.echo(f"  by {act.destroyed_by}  ground: {act.ground}")
            click.echo(f"  sha256 {act.sha256 or '-'}")


def _add_holding(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command("hold")
    @_INSURER
    @click.argument("call_id")
    @click.option("--reason", required=True, help="Such as the number of a complaint; no names.")
    def hold(insurer: str, call_id: str, reason: str) -> None:
        """Keep the recordings of CALL_ID, whatever their age."""
        with_reason = {"call_id": call_id, "by": operator(), "reason": reason}
        is_new = _told(lambda: Retention(make_centre()).hold(insurer_id=insurer, **with_reason))
        click.echo("held" if is_new else "held already")

    @group.command("release")
    @_INSURER
    @click.argument("call_id")
    def release(insurer: str, call_id: str) -> None:
        """Let the recordings of CALL_ID end when their time is over."""
        was_held = _told(
            lambda: Retention(make_centre()).release(insurer_id=insurer, call_id=call_id, by=operator())
        )
        click.echo("released" if was_held else "was not held")

    @group.command("destroy")
    @_INSURER
    @click.argument("recording_id")
    @click.option("--ground", required=True, help="Why, for the act: such as the number of a person's request.")
    @click.confirmation_option(prompt="It cannot be brought back. Destroy it?")
    def destroy(insurer: str, recording_id: str, ground: str) -> None:
        """Destroy RECORDING_ID before its time, and write the act."""
        what = {"recording_id": recording_id, "by": operator(), "ground": ground}
        _told(lambda: Retention(make_centre()).destroy(insurer_id=insurer, **what))
        click.echo("destroyed; the act is written")

    @group.command("retry")
    @_INSURER
    @click.argument("recording_id")
    def retry(insurer: str, recording_id: str) -> None:
        """Fetch RECORDING_ID, which has failed, from the carrier again."""
        what = {"recording_id": recording_id, "by": operator()}
        _told(lambda: Retention(make_centre()).retry(insurer_id=insurer, **what))
        click.echo("it is fetched again")

    @group.command("review")
    @_INSURER
    def review(insurer: str) -> None:
        """Reckon anew until when each recording is kept, after `recordings:` in the lines was changed."""
        click.echo(f"{Retention(make_centre()).review(insurer_id=insurer)} recordings reviewed")


def _add_keys(group: click.Group, make_centre: Callable[[], Centre]) -> None:
    @group.command("rotate-key")
    @click.option("--rewrap", is_flag=True, help="Make no new key: only wrap with the first one of PULT_SEAL_KEY.")
    def rotate_key(rewrap: bool) -> None:
        """Make a new seal key, and wrap every recording's own key with it; broken off, say it again."""
        centre = make_centre()
        if rewrap:
            done = _told(lambda: rotating.rewrap(centre, progress=_progress))
        else:
            done = _told(lambda: rotating.rotate(centre, by=operator(), progress=_progress))
        click.echo(f"{done} recordings are wrapped with the current key; older keys are kept for older backups")

    @group.command("forget-old-keys")
    @click.confirmation_option(prompt="Backups from before the rotation could not be read any more. Forget the keys?")
    def forget_old_keys() -> None:
        """Keep the current seal key alone."""
        done = _told(lambda: rotating.forget_old_keys(make_centre(), by=operator()))
        click.echo(f"{done} older keys are forgotten")


def _progress(done: int, total: int) -> None:
    click.echo(f"\r{done} of {total}", nl=done >= total, err=True)


def _recordings(
    centre: Centre, insurer_id: str, call_id: str | None, state: str | None, limit: int
) -> list[Recording]:
    statement = select(Recording).where(Recording.insurer_id == insurer_id)
    if call_id is not None:
        statement = statement.where(Recording.call_id == call_id)
    if state is not None:
        statement = statement.where(Recording.state == state)
    with centre.database.reading("list_recordings") as tx:
        return list(tx.scalars(statement.order_by(Recording.id.desc()).limit(limit)))


def _told(do: Callable[[], T]) -> T:
    """Do it; what cannot be done is one line for whoever asked."""
    try:
        return do()
    except NotThere as error:
        raise click.ClickException(f"there is no {error} of this insurer") from error
    except HeldBack as error:
        raise click.ClickException(f"a legal hold forbids it: {error}") from error
    except NotAtRest as error:
        raise click.ClickException(f"{error}: it cannot be done with it now") from error
    except RecordingError as error:
        raise click.ClickException(str(error)) from error
