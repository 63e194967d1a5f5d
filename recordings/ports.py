"""What recordings must ask of the packages above: that a message left is answered by a call."""

from typing import Protocol

from config.database import Transaction
from ivr.calls.models import Call


class OwesCallback(Protocol):
    """Owes the caller of a message a call; called inside the transaction in which the message came to rest."""

    def __call__(self, tx: Transaction, call: Call, *, reason: str) -> object:
        """Promise a callback (once for a person and a reason); a `CallbackRefusal` where there is nobody to call."""
        ...
