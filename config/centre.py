"""The centre: what every service is handed, composed once."""

from dataclasses import dataclass

from config.clock import Clock
from config.database import Database
from config.due_work import WorkPlan
from config.line_descriptions import Insurers
from config.lines import load_insurers
from config.settings import Settings


@dataclass(frozen=True)
class Centre:
    """Settings, clock, database, the plan of due work, and the insurers with their lines and queues."""

    settings: Settings
    clock: Clock
    database: Database
    plan: WorkPlan
    insurers: Insurers


def open_centre(settings: Settings, clock: Clock) -> Centre:
    """Open the database and read the lines; the plan is empty until handlers are bound. Raises ConfigError or
    StoreError.
    """
    database = Database(settings.database_url)
    return Centre(settings, clock, database, WorkPlan(database, clock), load_insurers(settings))
