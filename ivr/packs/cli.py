"""The commands `pult prompts …`: what a pack of recordings has and lacks, and how it is filled."""

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from click._termui_impl import ProgressBar

from flows import FlowSet, FlowsRefusedError
from ivr.packs import checks, rendering
from ivr.packs.checks import Entry, State
from ivr.packs.errors import PackError
from ivr.packs.pack import SHIPPED, Pack, find_pack
from ivr.packs.wanted import Wanted, wanted

EngineFor = Callable[[str], rendering.Engine | None]
"""The engine of this machine that speaks a language; None where there is none."""

_NO_ENGINE: Final = "No speech engine for this language is on this machine: the carrier's voice speaks them."
_WHERE_FROM: Final = {"ru": " Debian has one: apt install festival festvox-ru."}
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_PACK = click.option("--pack", "name", default=SHIPPED, show_default=True, help="A pack's name, or its folder.")
_FLOWS = click.option("--flows", "folder", type=_FOLDER, help="The folder of the flows; as the settings say.")
_LANGUAGES = click.option("--language", "languages", multiple=True, help="ru, en …; those that the pack has.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@dataclass(frozen=True)
class Places:
    """Where the installation keeps its packs and flows, by its settings."""

    packs: Path | None
    flows: Path


def prompts_command(places: Callable[[], Places], engine_for: EngineFor) -> click.Group:
    """The group, for `pult` to mount; `places` reads the settings once a command really runs."""

    @click.group()
    def prompts() -> None:
        """Prompt packs: recordings of everything that the lines say."""

    for add in (_add_list, _add_check):
        add(prompts, places)
    _add_render(prompts, places, engine_for)
    _add_take(prompts, places)
    return prompts


@dataclass(frozen=True)
class _Pack:
    """A pack, and what each of its languages needs."""

    pack: Pack
    needed: dict[str, tuple[Wanted, ...]]

    def entries(self, language: str, label: str) -> tuple[Entry, ...]:
        needed = self.needed[language]
        with _progress(len(needed), label) as bar:
            return checks.entries(self.pack, language, needed, lambda: bar.update(1))


def _opened(places: Places, name: str, folder: Path | None, languages: Sequence[str], *, is_new: bool = False) -> _Pack:
    """The pack and what it needs. Raises PackError where there is no such pack, unless it may be a new one."""
    pack = _pack_of(places, name, is_new=is_new)
    try:
        flows = FlowSet.from_folder(folder or places.flows)
    except (FlowsRefusedError, OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"these flows cannot be used:\n{error}") from error
    chosen = tuple(languages) or pack.languages() or ("ru",)
    return _Pack(pack, {language: wanted(flows, language) for language in chosen})


def _pack_of(places: Places, name: str, *, is_new: bool) -> Pack:
    if Path(name).name != name:
        if not is_new and not Path(name).is_dir():
            raise PackError(f"no prompt pack in {name}")
        return Pack(name, Path(name))
    try:
        return find_pack(places.packs, name)
    except PackError:
        if not is_new or places.packs is None:
            raise
        return Pack(name, places.packs / name)


def _add_list(group: click.Group, places: Callable[[], Places]) -> None:
    @group.command("list")
    @_PACK
    @_FLOWS
    @_LANGUAGES
    @_JSON
    def list_(name: str, folder: Path | None, languages: tuple[str, ...], as_json: bool) -> None:
        """Show every recording that the flows need: whether it is there, how long and how loud it is, and its words."""
        opened = _opened(places(), name, folder, languages)
        for language in opened.needed:
            found = opened.entries(language, f"{name}, {language}")
            for entry in found:
                click.echo(json.dumps(_as_json(entry), ensure_ascii=False) if as_json else _as_line(entry))
            if not as_json:
                click.echo(f"{language}: {_counted(found)}")


def _add_check(group: click.Group, places: Callable[[], Places]) -> None:
    @group.command()
    @_PACK
    @_FLOWS
    @_LANGUAGES
    @_JSON
    @click.pass_context
    def check(
        context: click.Context, name: str, folder: Path | None, languages: tuple[str, ...], as_json: bool
    ) -> None:
        """Find what is missing, stale, too long, too quiet, clipped, of a wrong format, or needed by no prompt."""
        opened = _opened(places(), name, folder, languages)
        count = 0
        for language, needed in opened.needed.items():
            found = opened.entries(language, f"{name}, {language}")
            unknown = checks.unknown_files(opened.pack, language, needed)
            for finding in checks.findings(found, unknown, language):
                count += 1
                file, _, what = finding.partition(": ")
                click.echo(json.dumps({"file": file, "fault": what}, ensure_ascii=False) if as_json else finding)
        if count:
            click.echo(f"{count} findings: what is missing or stale is spoken by the carrier's voice.", err=True)
            context.exit(1)
        if not as_json:
            click.echo(f"{name}: every recording is there and fit.")


def _add_render(group: click.Group, places: Callable[[], Places], engine_for: EngineFor) -> None:
    @group.command()
    @_PACK
    @_FLOWS
    @_LANGUAGES
    @click.option("--all", "is_all", is_flag=True, help="Everything again, a studio's recordings too.")
    @click.option("--remove-unknown", is_flag=True, help="Remove the files that no prompt needs.")
    @click.pass_context
    def render(
        context: click.Context,
        name: str,
        folder: Path | None,
        languages: tuple[str, ...],
        is_all: bool,
        remove_unknown: bool,
    ) -> None:
        """Speak what is missing or stale with the speech engine of this machine."""
        opened = _opened(places(), name, folder, languages, is_new=True)
        refused: list[str] = []
        for language, needed in opened.needed.items():
            if remove_unknown:
                for _, path in checks.unknown_files(opened.pack, language, needed):
                    path.unlink()
            refused += _rendered(opened, language, engine_for(language), is_all=is_all)
        for what in refused:
            click.echo(what, err=True)
        if refused:
            context.exit(1)


def _rendered(opened: _Pack, language: str, engine: rendering.Engine | None, *, is_all: bool) -> Sequence[str]:
    """Render one language; what was not done, in words."""
    found = checks.entries(opened.pack, language, opened.needed[language])
    chosen = rendering.to_render(found, is_all=is_all)
    kept = [
        f"{language}/{entry.wanted.file}: {entry.faults[0]}; somebody's recording is left as it is (--all replaces it)"
        for entry in found
        if entry.state is not State.READY and entry not in chosen
    ]
    if not chosen:
        click.echo(f"{language}: nothing to speak; {_counted(found)}")
        return kept
    if engine is None:
        lacking = f"{language}: {len(chosen)} recordings are missing or stale."
        return [*kept, f"{lacking} {_NO_ENGINE}{_WHERE_FROM.get(language, '')}"]
    with _progress(len(chosen), f"{language}, {engine.name}") as bar:
        done = rendering.render(opened.pack, engine, chosen, lambda: bar.update(1))
    click.echo(f"{language}: {len(done.made)} spoken by {engine.name} into {opened.pack.folder / language}")
    return [*kept, *done.refused]


def _add_take(group: click.Group, places: Callable[[], Places]) -> None:
    @group.command()
    @click.argument("recordings", type=_FOLDER)
    @click.option("--pack", "name", required=True, help="The pack that they go into: its name, or its folder.")
    @_FLOWS
    @click.option("--language", default="ru", show_default=True)
    @click.pass_context
    def take(context: click.Context, recordings: Path, name: str, folder: Path | None, language: str) -> None:
        """Take a studio's RECORDINGS into a pack: WAV files of any rate under the places that `list` shows.

        Each is converted for telephones and marked with the text that its prompt has now: take in only what was
        recorded from these texts.
        """
        opened = _opened(places(), name, folder, (language,), is_new=True)
        count = sum(path.is_file() for path in recordings.rglob("*"))
        with _progress(count, name) as bar:
            done = rendering.take(opened.pack, language, opened.needed[language], recordings, lambda: bar.update(1))
        click.echo(f"{len(done.made)} recordings taken into {opened.pack.folder / language}")
        for what in done.refused:
            click.echo(what, err=True)
        if done.refused:
            context.exit(1)


def _progress(length: int, label: str) -> "AbstractContextManager[ProgressBar[int]]":
    # Machines read what is printed: the bar goes beside it.
    bar: ProgressBar[int] = click.progressbar(range(length), label=label, file=sys.stderr)
    return bar


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "language": entry.language,
        "file": entry.wanted.file,
        "prompt": entry.wanted.prompt,
        "text": entry.wanted.words,
        "state": entry.state,
        "says": entry.says or None,
        "seconds": round(entry.seconds, 2),
        "level_dbfs": round(entry.level, 1) if entry.seconds else None,
        "format": entry.format or None,
        "rendered": entry.is_rendered,
        "faults": entry.faults,
    }


def _as_line(entry: Entry) -> str:
    sound = f"{entry.seconds:6.2f} s {entry.level:6.1f} dBFS" if entry.seconds else " " * 20
    return f"{entry.state:<10} {sound}  {entry.language}/{entry.wanted.file:<40} {entry.wanted.words}"


def _counted(found: Sequence[Entry]) -> str:
    counts = {state: sum(entry.state is state for entry in found) for state in State}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return f"{told or 'nothing is needed'}, {sum(entry.seconds for entry in found):.0f} s"
