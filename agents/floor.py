"""The floor: what every service of the agents' side is handed, composed once."""

from dataclasses import dataclass

from config.centre import Centre
from ivr.carrier.port import Carrier


@dataclass(frozen=True)
class Floor:
    """The centre and the carrier that rings its agents."""

    centre: Centre
    carrier: Carrier
