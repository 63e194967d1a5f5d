"""Words that several pages use for what rows hold as codes."""

from collections.abc import Iterable, Mapping
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from agents.accounts.models import Role

_ROLES: Final[Mapping[Role, LazyString]] = {
    Role.AGENT: lazy_gettext("agent"),
    Role.SUPERVISOR: lazy_gettext("supervisor"),
    Role.ADMINISTRATOR: lazy_gettext("administrator"),
}


def role_words(roles: Iterable[Role]) -> list[str]:
    """The roles in words, always in the same order."""
    held = set(roles)
    return [str(words) for role, words in _ROLES.items() if role in held]
