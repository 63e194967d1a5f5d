"""The commands `pult flows …`; wsgi.py mounts them, and `python -m flows.cli` runs them alone."""

from __future__ import annotations

from pathlib import Path

import click

from flows.checks import check as check_sources
from flows.library import SHIPPED, sources_in
from flows.loading.schema import schema_text
from flows.vocabulary import Vocabularies, Vocabulary

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


def _vocabulary(context: click.Context) -> Vocabulary | Vocabularies | None:
    """The words of the centre's lines, which only the program that mounts these commands knows."""
    found = (context.find_root().obj or {}).get("vocabulary")
    vocabulary = found() if callable(found) else found
    return vocabulary if isinstance(vocabulary, Vocabulary | Vocabularies) else None


if __name__ == "__main__":
    flows(prog_name="pult flows")
