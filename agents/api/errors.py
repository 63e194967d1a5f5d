"""Errors of the API for other systems.

AgentError
├── TokenError     a token cannot be made or found; the text is for an administrator
└── Refused        a request is not answered; says why, for the system that asked
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from agents.errors import AgentError


class TokenError(AgentError):
    """A token cannot be made or found."""


class Why(Enum):
    """Why a request is not answered: its HTTP status, the name in the problem's `type`, and its title."""

    UNREADABLE = (400, "unreadable", "The body is not JSON")
    NO_TOKEN = (401, "no-token", "No valid token came with the request")
    SCOPE_MISSING = (403, "scope-missing", "The token does not have the scope for this")
    UNKNOWN_NAME = (404, "unknown-name", "Something that the query names is not there")
    NOT_FOUND = (404, "not-found", "There is nothing at this address")
    METHOD_NOT_ALLOWED = (405, "method-not-allowed", "This address does not take this method")
    CONFLICT = (409, "conflict", "It does not follow from how things stand now")
    TOO_LARGE = (413, "too-large", "The body is too large")
    NOT_JSON = (415, "not-json", "The body must be application/json")
    NOT_VALID = (422, "not-valid", "Something in the request is not as described")
    TOO_MANY = (429, "too-many-requests", "Too many requests")
    BROKEN = (500, "broken", "Something broke on our side")
    UNAVAILABLE = (503, "unavailable", "The records cannot be reached now")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[0]

    @property
    def slug(self) -> str:
        """The last part of the problem's type."""
        return self.value[1]

    @property
    def title(self) -> str:
        """One sentence, always the same for the type."""
        return self.value[2]


@dataclass(frozen=True)
class Mistake:
    """What is wrong and where: a parameter of the query, or a JSON pointer into the body."""

    where: str
    detail: str


class Refused(AgentError):
    """A request is not answered. `headers` go with the answer; nothing of what was sent is quoted."""

    def __init__(
        self,
        why: Why,
        detail: str | None = None,
        *,
        mistakes: Sequence[Mistake] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or why.title)
        self.why = why
        self.detail = detail
        self.mistakes = tuple(mistakes)
        self.headers = dict(headers or {})
