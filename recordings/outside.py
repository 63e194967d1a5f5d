"""Recordings of callers who are connected with a number outside: expected from the document on that connects them."""

from dataclasses import dataclass

from sqlalchemy import select

from config.centre import Centre
from config.database import Transaction
from ivr.calls.models import Call
from recordings.addresses import recording_url
from recordings.conversations import NEWS_WITHIN, end_absent, expect
from recordings.keeping import CHECK, appoint
from recordings.models import UNDER_WAY, Recording, RecordingKind


@dataclass(frozen=True)
class ConnectedOutside:
    """Answers `ivr.ports.OutsideRecordings`."""

    centre: Centre

    def expect(self, tx: Transaction, call: Call, *, conversation: str) -> str:
        """The locked call is about to be connected, and to be recorded: where the carrier tells of the recording."""
        expect(tx, call, conversation=conversation, kind=RecordingKind.OUTSIDE, at=self.centre.clock.now())
        return self._url(call, conversation)

    def url_if_expected(self, tx: Transaction, call: Call, *, conversation: str) -> str | None:
        """Where the carrier tells of the recording of this conversation; None where none is expected any more."""
        return None if _under_way(tx, conversation) is None else self._url(call, conversation)

    def number_left(self, tx: Transaction, call: Call, *, conversation: str, is_answered: bool) -> None:
        """The number is done with the caller of the locked call, or nobody answered there.

        Where somebody did, and the carrier has not told of a recording yet, it is asked in a minute.
        """
        row, now = _under_way(tx, conversation), self.centre.clock.now()
        if row is None:
            return
        if is_answered:
            row.answered_at = row.answered_at or now
            appoint(tx, row, CHECK, now + NEWS_WITHIN)
        elif row.carrier_sid is None:
            end_absent(tx, call, row, at=now, why="nobody answered")

    def _url(self, call: Call, conversation: str) -> str:
        return recording_url(
            self.centre.settings, call_id=call.id, conversation=conversation, kind=RecordingKind.OUTSIDE
        )


def _under_way(tx: Transaction, conversation: str) -> Recording | None:
    statement = select(Recording).where(Recording.conversation == conversation, Recording.state.in_(UNDER_WAY))
    return tx.scalar(statement.order_by(Recording.id).limit(1))
