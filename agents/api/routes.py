"""Every operation of the API: a new one is put here."""

from typing import Final

from agents.api import calls, insured, presence, recordings, requests
from agents.api.operations import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    *(calls.LIST, calls.SHOW),
    *(requests.LIST, requests.SHOW, requests.STEP),
    insured.LOOK_UP,
    presence.LIST,
    *(recordings.LIST, recordings.SHOW),
)
