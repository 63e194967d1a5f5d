"""What an administrator tells the carrier about each published number: which of our URLs it is to call."""

from collections.abc import Iterator
from dataclasses import dataclass

from config.line_descriptions import Insurers
from config.settings import Settings


@dataclass(frozen=True)
class PublishedNumber:
    """A line's number (E.164) and the URLs of its voice webhook, the fallback and the status callback."""

    number: str
    voice_url: str
    fallback_url: str
    status_url: str


def published_numbers(settings: Settings, insurers: Insurers) -> Iterator[PublishedNumber]:
    """Every number of every line."""
    for line in insurers.lines():
        for number in line.numbers:
            yield PublishedNumber(
                number,
                voice_url=f"{settings.public_url}/voice/incoming",
                fallback_url=f"{settings.fallback_url}/fallback/{line.insurer_id}/{line.name}",
                status_url=f"{settings.public_url}/voice/status",
            )
