"""The centre: what every service is handed, composed once."""

from dataclasses import dataclass

from config.clock import Clock
from config.database import Database
from config.due_work import WorkPlan
from config.lines import Insurers
from config.settings import Settings


@dataclass(frozen=True)
class Centre:
    """Settings, clock, database, the plan of due work, and the insurers with their lines and queues."""

    settings: Settings
    clock: Clock
    database: Database
    plan: WorkPlan
    insurers: Insurers
