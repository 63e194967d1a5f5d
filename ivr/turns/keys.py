"""What the keys of a request mean: pressed, silence, or the `#` with which a caller ends what they keyed before."""

from datetime import timedelta
from typing import Final

from flows.turn import Heard, Pressed, Silence
from ivr.turns.replies import replied_at
from ivr.turns.turning import Turning

# Nobody can have judged a question three seconds after its document was asked for; and silence takes longer, as every
# question has words and waits at least as long after them (`flows.nodes.fragments.TIMEOUT`).
HASTE: Final = timedelta(seconds=3)


def pressed_or_silence(one: Turning, digits: str, *asked_in: str) -> Heard:
    """What a caller pressed who was asked in the replies of these numbers.

    The carrier keeps a `#` that comes after a full entry for the next question. There it comes alone, at once, and
    without digits where it ends an entry; so it is told from an answer, and from silence, by its haste.
    """
    if digits in ("", "#") and is_hasty(one, asked_in):
        return Pressed("#", is_hasty=True)
    return Pressed(digits) if digits else Silence()


def is_hasty(one: Turning, asked_in: tuple[str, ...]) -> bool:
    """Whether this comes so soon after the replies of these numbers that it cannot be an answer to them."""
    asked_at = replied_at(one.tx, one.call, *asked_in)
    return asked_at is not None and one.at - asked_at < HASTE
