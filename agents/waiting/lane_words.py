"""A lane as one word in a wait's row: whom the contact needs, who is asked first, and which language they speak."""

from dataclasses import dataclass, replace
from typing import Final, Self

# No skill holds one of these (`config/line_checks.py`).
_AND: Final = "+"
_FIRST: Final = "|"
_MUST_SPEAK: Final = "="
_SPEAKS_FIRST: Final = "~"


@dataclass(frozen=True)
class Lane:
    """Who can serve: all of `skills`. Those with the earliest of `first` come first, and who has `speaks` before them.

    While `is_strict` nobody without `speaks` is asked at all.
    """

    skills: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    speaks: str | None = None
    is_strict: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """The skills without which nobody is asked now."""
        return (*self.skills, self.speaks) if self.speaks is not None and self.is_strict else self.skills

    @property
    def word(self) -> str:
        """The lane as a word: the same wishes in any order are one lane."""
        language = "" if self.speaks is None else (_MUST_SPEAK if self.is_strict else _SPEAKS_FIRST) + self.speaks
        return _AND.join(sorted(set(self.skills))) + "".join(_FIRST + skill for skill in self.first) + language

    def widened(self) -> Self:
        """The same lane when the time for people of the caller's own language alone is over."""
        return replace(self, is_strict=False)

    @classmethod
    def read(cls, word: str) -> Self:
        """The lane that `word` says."""
        for sign in (_MUST_SPEAK, _SPEAKS_FIRST):
            if sign in word:
                rest, _, speaks = word.partition(sign)
                return replace(cls.read(rest), speaks=speaks, is_strict=sign == _MUST_SPEAK)
        needed, *first = word.split(_FIRST)
        return cls(tuple(skill for skill in needed.split(_AND) if skill), tuple(first))


STRICT_WORDS: Final = f"%{_MUST_SPEAK}%"
"""The pattern (SQL `like`) of every strict lane's word."""
