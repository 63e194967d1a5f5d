"""The commands `pult flows …`; wsgi.py mounts them, and `python -m flows.cli` runs them alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import click

from flows.checks import check as check_sources
from flows.drawing import draw as draw_mermaid
from flows.drawing import draw_svg
from flows.errors import FlowsRefusedError
from flows.flow import Flow, PromptText
from flows.library import SHIPPED, FlowSet, sources_in
from flows.loading.schema import schema_text
from flows.transcripts import FOLDER as TRANSCRIPTS
from flows.transcripts import compare, files_in, read_transcripts, refreshed
from flows.vocabulary import Vocabularies, Vocabulary


class Painter(Protocol):
    """Draws one flow as text of some format."""

    def __call__(self, flow: Flow, prompts: Mapping[str, PromptText] | None = None, *, language: str = "ru") -> str: ...


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def flows() -> None:
    """Flows: what callers hear and where their keys lead."""


@flows.command()
@click.argument("folder", type=FOLDER, default=SHIPPED)
@click.pass_context
def check(context: click.Context, folder: Path) -> None:
    """Prove the flows of FOLDER (with definitions/ and prompts/): those of the package by default."""
    sources = _sources(folder)
    findings = check_sources(sources, _vocabulary(context))
    for finding in findings:
        click.echo(str(finding))
    if findings:
        click.echo(f"{len(findings)} findings: these flows must not go live.", err=True)
        context.exit(1)
    click.echo(f"{len(sources)} files proven: every call comes to a person or a useful end.")


@flows.command()
@click.argument("flow", required=False)
@click.option("--flows", "folder", type=FOLDER, default=SHIPPED, help="The folder of the flows.")
@click.option("--format", "format_", type=click.Choice(["svg", "mermaid"]), default="svg", show_default=True)
@click.option("--language", default="ru", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="A file, or a folder where no FLOW is named.")
def draw(flow: str | None, folder: Path, format_: str, language: str, output: Path | None) -> None:
    """Draw FLOW, to the terminal or a file; all flows where none is named, into the folder OUTPUT."""
    loaded = _load(folder)
    painter = draw_svg if format_ == "svg" else draw_mermaid
    if flow is None:
        _draw_all(loaded, painter, language, output or Path("drawings"), {"svg": "svg", "mermaid": "mmd"}[format_])
        return
    if flow not in loaded.flows:
        raise click.UsageError(f"no flow '{flow}'; there are {', '.join(sorted(loaded.flows))}")
    picture = painter(loaded.flows[flow], loaded.prompts, language=language)
    if output is None:
        click.echo(picture, nl=False)
    else:
        output.write_text(picture, "utf-8")


def _draw_all(flows: FlowSet, painter: Painter, language: str, folder: Path, ending: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, flow in flows.flows.items():
        (folder / f"{name}.{ending}").write_text(painter(flow, flows.prompts, language=language), "utf-8")
    click.echo(f"{len(flows.flows)} flows drawn in {folder}.")


@flows.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--flows", "folder", type=FOLDER, default=SHIPPED, help="The folder of the flows that are called.")
@click.option("--update", is_flag=True, help="Write the files as calls go now, to be reviewed as prose.")
@click.pass_context
def test(context: click.Context, files: tuple[Path, ...], folder: Path, update: bool) -> None:
    """Replay the transcripts in FILES, those of the package by default, and show which calls go otherwise."""
    loaded = _load(folder)
    count = 0
    for path in files or files_in(TRANSCRIPTS):
        text = path.read_text("utf-8")
        try:
            differences = compare(loaded, read_transcripts(path.name, text))
        except FlowsRefusedError as refused:
            raise click.ClickException(str(refused)) from refused
        if update and differences:
            path.write_text(refreshed(text, differences), "utf-8")
        for difference in differences:
            count += 1
            click.echo(f"{difference}\n")
    if count:
        click.echo(f"{count} calls {'rewritten: read them' if update else 'go otherwise than written'}.", err=True)
        context.exit(0 if update else 1)
    click.echo("Every call goes as it is written.")


@flows.command()
def schema() -> None:
    """Print the JSON Schema of flow files, for editors."""
    click.echo(schema_text(), nl=False)


def _sources(folder: Path) -> dict[str, str]:
    try:
        sources = sources_in(folder)
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"cannot read the flows in {folder}: {error}") from error
    if not sources:
        raise click.ClickException(f"no flows in {folder}: it needs definitions/*.yaml and prompts/*.yaml")
    return sources


def _load(folder: Path) -> FlowSet:
    try:
        return FlowSet.from_sources(_sources(folder))
    except FlowsRefusedError as refused:
        raise click.ClickException(f"these flows cannot be used:\n{refused}") from refused


def _vocabulary(context: click.Context) -> Vocabulary | Vocabularies | None:
    """The words of the centre's lines, which only the program that mounts these commands knows."""
    found = getattr(context.find_root().obj, "vocabulary", None)
    vocabulary = found() if callable(found) else found
    return vocabulary if isinstance(vocabulary, Vocabulary | Vocabularies) else None


if __name__ == "__main__":
    flows(prog_name="pult flows")
