"""What an administrator tells the carrier about each published number: which of our URLs it is to call."""

from collections.abc import Iterator
from dataclasses import dataclass

from config.line_descriptions import Insurers, Line
from config.settings import Settings


@dataclass(frozen=True)
class PublishedNumber:
    """A line's number (E.164) and name in Russian, and the URLs of its voice webhook, fallback and status callback."""

    number: str
    title: str
    voice_url: str
    fallback_url: str
    status_url: str


def published_numbers(settings: Settings, insurers: Insurers) -> Iterator[PublishedNumber]:
    """Every number of every line."""
    for line in insurers.lines():
        for number in line.numbers:
            yield PublishedNumber(
                number,
                title=_title(insurers, line),
                voice_url=f"{settings.public_url}/voice/incoming",
                fallback_url=f"{settings.fallback_url}/fallback/{line.insurer_id}/{line.name}",
                status_url=f"{settings.public_url}/voice/status",
            )


def _title(insurers: Insurers, line: Line) -> str:
    insurer, own = insurers[line.insurer_id].title, line.title
    return own["ru"] if insurer["ru"] in own["ru"] else f"{insurer['ru']}: {own['ru']}"
