"""What the API can be asked: one definition an operation, from which requests are checked, answers shaped, and the
OpenAPI description made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from agents.api.errors import Why
from agents.api.tokens import System
from agents.api.written import Cursor, Given, Limit
from agents.scopes import Scope
from config.centre import Centre
from config.line_descriptions import Insurer

_Item = TypeVar("_Item", bound="Shape")
_Given = TypeVar("_Given", bound=Given)


class Shape(BaseModel):
    """What an answer is made of: every field is always there, null where there is nothing; times are RFC 3339, UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


class Page(Shape, Generic[_Item]):
    """A page of items, the newest first. `next_cursor` leads to the next one and is null at the end; a page may have
    fewer items than asked for, or none, and still not be the last.
    """

    items: list[_Item]
    next_cursor: str | None


class Paged(Given):
    """How a list is paged."""

    limit: Limit = 50
    cursor: Cursor | None = None


@dataclass(frozen=True)
class Asked:
    """One request, checked: who asks, the ids in the address, query and body, and when."""

    centre: Centre
    system: System
    ids: Mapping[str, str]
    query: Given | None
    body: Given | None
    at: datetime

    @property
    def insurer(self) -> Insurer:
        """The one insurer of the token."""
        return self.centre.insurers[self.system.insurer_id]

    def query_as(self, kind: type[_Given]) -> _Given:
        """The query, as its operation describes it."""
        return cast(_Given, self.query)

    def body_as(self, kind: type[_Given]) -> _Given:
        """The body, as its operation describes it."""
        return cast(_Given, self.body)


Answerer = Callable[[Asked], BaseModel]
"""Answers a request in the operation's shape. Raises Refused."""


@dataclass(frozen=True)
class Operation:
    """One thing to ask. `path` has its ids in braces; a token needs all of `scopes`; `refusals` are what it may answer
    besides what all may.
    """

    name: str
    method: str
    path: str
    scopes: tuple[Scope, ...]
    summary: str
    answer: type[BaseModel]
    answerer: Answerer
    query: type[Given] | None = None
    body: type[Given] | None = None
    refusals: tuple[Why, ...] = ()

    @property
    def tag(self) -> str:
        """What it is about: the first word of its address."""
        return self.path.split("/")[1]

