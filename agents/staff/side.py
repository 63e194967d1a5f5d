"""What every view of the staff site is handed: the floor, and the streams of news of this process."""

from dataclasses import dataclass
from typing import Final, cast

from flask import current_app, g

from agents.accounts.sessions import Staff
from agents.accounts.single_sign_on import SingleSignOn
from agents.floor import Floor
from agents.staff.pushing import Parts
from agents.staff.streams import Streams
from config.centre import Centre
from config.line_descriptions import Insurer

EXTENSION: Final = "pult_staff"


@dataclass(frozen=True)
class StaffSide:
    """The floor, the address at which browsers find the site, the streams of news that are open here and the parts of
    pages that are pushed down them, and whom to ask for single sign-on, if anybody.
    """

    floor: Floor
    url: str
    streams: Streams
    pushed: Parts
    single_sign_on: SingleSignOn | None

    @property
    def centre(self) -> Centre:
        """Settings, clock, database, insurers."""
        return self.floor.centre

    @property
    def is_https(self) -> bool:
        """Whether cookies may be for https alone."""
        return self.url.startswith("https:")


def side() -> StaffSide:
    """The site's own, in a request."""
    return cast(StaffSide, current_app.extensions[EXTENSION])


def staff() -> Staff:
    """Whoever is signed in; only behind a guard that has seen to it."""
    return cast(Staff, g.staff)


def own_insurer() -> Insurer:
    """The insurer for which the session acts."""
    return side().centre.insurers[staff().insurer_id]


def actor() -> str:
    """Whoever asks, as the audit has them: an agent's code, else the account's name."""
    return staff().agent_code or staff().name
