"""What may follow what in a recording's life: the one table."""

from collections.abc import Mapping
from typing import Final

from recordings.models import Recording, RecordingState

_MADE: Final = frozenset({RecordingState.ANNOUNCED, RecordingState.ABSENT, RecordingState.FAILED})

NEXT: Final[Mapping[RecordingState, frozenset[RecordingState]]] = {
    RecordingState.EXPECTED: _MADE | {RecordingState.RECORDING},
    RecordingState.RECORDING: _MADE,
    RecordingState.ANNOUNCED: frozenset({RecordingState.SEALED, RecordingState.FAILED}),
    # Not destroyed before it is gone at the carrier, too: nothing would be left that says where the other copy lies.
    RecordingState.SEALED: frozenset({RecordingState.DELETED_AT_CARRIER}),
    RecordingState.DELETED_AT_CARRIER: frozenset({RecordingState.DESTROYED}),
    # News of a recording may come after we had given it up, and a person may have it fetched again.
    RecordingState.ABSENT: frozenset({RecordingState.ANNOUNCED}),
    RecordingState.FAILED: frozenset({RecordingState.ANNOUNCED, RecordingState.DESTROYED}),
    RecordingState.DESTROYED: frozenset(),
}


def move(row: Recording, to: RecordingState) -> bool:
    """Bring a locked recording to `to`; False, and nothing changes, where a step comes late or twice."""
    if to not in NEXT[RecordingState(row.state)]:
        return False
    row.state = to
    return True
