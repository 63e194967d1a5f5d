"""What may follow what in a recording's life: the one table."""

from collections.abc import Mapping
from typing import Final

from recordings.models import Recording, RecordingState

NEXT: Final[Mapping[RecordingState, frozenset[RecordingState]]] = {
    RecordingState.ANNOUNCED: frozenset({RecordingState.SEALED, RecordingState.FAILED}),
    RecordingState.SEALED: frozenset({RecordingState.DELETED_AT_CARRIER, RecordingState.DESTROYED}),
    RecordingState.DELETED_AT_CARRIER: frozenset({RecordingState.DESTROYED}),
    RecordingState.FAILED: frozenset(),
    RecordingState.DESTROYED: frozenset(),
}


def move(row: Recording, to: RecordingState) -> bool:
    """Bring a locked recording to `to`; False, and nothing changes, where a step comes late or twice."""
    if to not in NEXT[RecordingState(row.state)]:
        return False
    row.state = to
    return True
