"""The phone side: what every service of this package is handed, composed once."""

from dataclasses import dataclass, field

from config.centre import Centre
from ivr.calls.models import Call
from ivr.carrier.port import Carrier
from ivr.flow_library import FlowLibrary
from ivr.packs.deliveries import Deliveries
from ivr.ports import Ports
from ivr.urls import Urls


@dataclass(frozen=True)
class PhoneSide:
    """The centre, the carrier, the flows, what is asked of the packages above, and how the lines sound."""

    centre: Centre
    carrier: Carrier
    flow_library: FlowLibrary
    ports: Ports
    deliveries: Deliveries = field(default_factory=Deliveries)

    def urls(self, call: Call) -> Urls:
        """The urls of the call's documents."""
        return Urls(self.centre.settings.public_url, call.id)
