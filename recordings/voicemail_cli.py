"""The recordings' part of the `pult` command line: `voicemail list` and `voicemail play`, the latter audited."""

from collections.abc import Callable
from pathlib import Path

import click

from config.centre import Centre
from config.terminal import operator, write_new
from recordings.errors import NotThere, RecordingError
from recordings.playing_messages import messages, play_message

_INSURER = click.option("--insurer", required=True, help="Whose messages: vsk, soglasie, rgs, oms, maks.")


def commands_of(make_centre: Callable[[], Centre]) -> list[click.Command]:
    """The groups to hang under `pult`; `make_centre` composes the centre once a command really runs."""
    group = click.Group("voicemail", help="Messages that callers left.")

    @group.command("list")
    @_INSURER
    def list_messages(insurer: str) -> None:
        """Show the messages, newest first."""
        for row in messages(make_centre(), insurer_id=insurer):
            seconds = "-" if row.duration_seconds is None else f"{row.duration_seconds} s"
            click.echo(
                f"{row.id}  {row.announced_at:%Y-%m-%d %H:%M} UTC  {seconds:>6}  {row.state}\n  call {row.call_id}"
            )

    @group.command("play")
    @_INSURER
    @click.argument("message_id")
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
    def play_one(insurer: str, message_id: str, file: Path) -> None:
        """Unseal a message into FILE (WAV). It leaves an audit entry; delete the file when you have heard it."""
        try:
            sound = play_message(make_centre(), insurer_id=insurer, recording_id=message_id, actor=operator())
        except NotThere as error:
            raise click.ClickException(f"no message {message_id} of {insurer} to play") from error
        except RecordingError as error:
            raise click.ClickException(f"message {message_id} cannot be unsealed: {error}") from error
        write_new(file, sound)
        click.echo(f"{len(sound)} bytes in {file}")

    return [group]
