"""Words in the notes of outcomes, as both databases find them: whatever their case and ending, and with е for ё."""

import re
from typing import Final

from sqlalchemy import ColumnElement, and_, false, func, literal, literal_column, select

from config.database import Transaction
from config.folded_text import folded
from ivr.calls.models import NOTE_WORDS, Outcome

_WORDS: Final = re.compile(r"\w+")
# The vowels in which a word of more than four letters ends are those with which it is declined.
_ENDING: Final = re.compile(r"(?<=\w{4})[аеиоуыэюяйь]{1,3}$")
_RUSSIAN: Final[ColumnElement[str]] = literal_column("'russian'")


class WordsSought:
    """What was typed, as a search: `in_a_note` holds for an outcome in whose note each of the words begins one of its
    own, in any form. Where it `is_indexed` PostgreSQL finds them all at once.
    """

    def __init__(self, tx: Transaction, text: str) -> None:
        words = [_ENDING.sub("", word) for word in _WORDS.findall(folded(text))]
        self.is_indexed, self.in_a_note = False, _as_parts(tx, words)
        if words and tx.own_connection.dialect.name == "postgresql":
            sought = func.to_tsquery(_RUSSIAN, " & ".join(f"{word}:*" for word in words))
            # Of words that stand everywhere, such as prepositions, the index knows nothing.
            if tx.scalar(select(func.numnode(sought))):
                self.is_indexed = True
                self.in_a_note = literal_column(NOTE_WORDS).op("@@", is_comparison=True)(sought)


def _as_parts(tx: Transaction, words: list[str]) -> ColumnElement[bool]:
    """Each of them somewhere in the note."""
    if not words:
        return false()
    if tx.own_connection.dialect.name == "sqlite":
        return and_(*(func.instr(func.folded(Outcome.note), literal(word)) > 0 for word in words))
    note = func.translate(func.lower(Outcome.note), "ё", "е")
    return and_(*(func.strpos(note, literal(word)) > 0 for word in words))
