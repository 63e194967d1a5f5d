"""What a token of another system may be let to do; what it may see of a person by that is in `agents/sight.py`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """One permission of a token."""

    CALLS = "calls:read"
    REQUESTS = "requests:read"
    REQUESTS_WRITE = "requests:write"
    INSURED = "insured:read"
    PRESENCE = "presence:read"
    RECORDINGS = "recordings:read"
    HEALTH = "health:read"
    NOTES = "notes:read"


MEANINGS: Final[Mapping[Scope, str]] = {
    Scope.CALLS: "calls as facts: when, which line and queue, who answered, what came of it; of nobody in particular",
    Scope.REQUESTS: "requests that tell nothing of anybody's health (a duplicate of a policy, a complaint), with whose",
    Scope.REQUESTS_WRITE: "with requests:read: bring requests that the token may read on to their next steps",
    Scope.INSURED: "whether a person, named by policy number and birth date, is insured, and by what",
    Scope.PRESENCE: "which agents are at work and what they do now",
    Scope.RECORDINGS: "which recordings there are of which calls; never the sound",
    Scope.HEALTH: "with the others: whose calls they were, and requests of every kind. A medical secret",
    Scope.NOTES: "with calls:read and health:read: what agents wrote down. A medical secret",
}
