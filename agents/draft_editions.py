"""Which draft may be written over which: a page may send its next one before it has heard of the one on its way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agents.errors import ChangedMeanwhile

_MOST_SENT: Final = 20


@dataclass(frozen=True)
class Edition:
    """The version that the page shows, those of the drafts that it sent before this one, and this one's own.

    A page names the version that its draft will be, so that whichever of two comes first, the older one finds a
    version that it does not know, and so does whatever another window sends. Without `becomes` versions count on.
    """

    seen: int
    sent_before: tuple[int, ...] = ()
    becomes: int | None = None

    def over(self, version: int, *, is_same: bool) -> int:
        """The version that a draft at `version` has after this one: the same where nothing is to be written.

        Raises ChangedMeanwhile where the page does not know that version, unless the same stands in the draft.
        """
        is_known = version in (self.seen, *self.sent_before)
        # Also over the same words: an older draft that is still on its way would be written over them.
        if is_same and not (is_known and self.sent_before):
            return version
        if not is_known:
            raise ChangedMeanwhile(f"the draft is at version {version}, the page at {self.seen}")
        return version + 1 if self.becomes is None else self.becomes


def read_edition(form: Mapping[str, str]) -> Edition:
    """What the page put into the form of a draft; raises ValueError for what no page does."""
    becomes = form.get("becomes")
    sent_before = form.get("sent_before", "").split()[:_MOST_SENT]
    return Edition(
        seen=_number(form.get("version", "")),
        sent_before=tuple(map(_number, sent_before)),
        becomes=None if becomes is None else _number(becomes),
    )


def _number(written: str) -> int:
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        raise ValueError(f"no version: {written[:20]!r}")
    return int(written)
