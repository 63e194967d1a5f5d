"""What commands find in click's `obj`: the centre, composed when the first of them asks for it."""

from collections.abc import Callable
from functools import cached_property

from config.centre import Centre
from config.line_descriptions import Insurers
from flows import Vocabularies
from ivr.flow_library import vocabularies_of


class LateHouse:
    """Stands for the house until a command asks for its centre: `pult flows check` needs no database."""

    def __init__(self, compose: Callable[[], Centre], insurers: Callable[[], Insurers]) -> None:
        self._compose = compose
        self._insurers = insurers

    @cached_property
    def centre(self) -> Centre:
        """The composed centre."""
        return self._compose()

    def vocabulary(self) -> Vocabularies:
        """The queues and destinations that flows may name."""
        return vocabularies_of(self._insurers())
