"""The commands `pult score-cards …`."""

from collections.abc import Callable
from pathlib import Path

import click

from agents.quality.card_library import findings_of_lines, read_cards
from agents.quality.card_schema import schema_text
from config.line_descriptions import Insurers
from config.written import Findings


def score_cards_command(insurers: Callable[[], Insurers], shipped: Callable[[], Path]) -> click.Group:
    """The group; `insurers` gives the lines of the centre here, `shipped` the folder of its score cards."""

    @click.group("score-cards")
    def score_cards() -> None:
        """Score cards: what conversations are evaluated by."""

    @score_cards.command()
    @click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
    @click.pass_context
    def check(context: click.Context, folder: Path | None) -> None:
        """Read the score cards of FOLDER, by default those of the centre here, and what its lines name."""
        findings, folder = Findings(), folder or shipped()
        read_cards(folder, findings)
        names = frozenset(path.stem for path in folder.glob("*.yaml"))
        findings_of_lines(insurers(), names, findings)
        for line in findings.lines:
            click.echo(line)
        if findings:
            click.echo(f"{len(findings.lines)} findings: these score cards are not taken up.", err=True)
            context.exit(1)
        click.echo(f"{len(names)} score cards read.")

    @score_cards.command()
    def schema() -> None:
        """Print the JSON Schema of score cards, for editors."""
        click.echo(schema_text(), nl=False)

    return score_cards
