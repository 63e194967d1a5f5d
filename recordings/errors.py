"""Errors of recordings.

RecordingError
├── SealBroken          the sealed bytes, or their key, were changed or belong to another installation
├── NotThere            no such recording of this insurer, or its sound is not here (yet, or any more)
├── ShelfUnavailable    the store of sealed recordings does not answer, or refuses
├── BrokenSound         what the carrier gave us is no recording that can be played
├── NothingRecorded     the call is not being recorded now
├── HeldBack            a legal hold forbids to destroy it
├── NotAtRest           it is still on its way: neither destroyed nor fetched anew before it has come to rest
└── KeysInUse           recordings are still sealed under the keys that were to be forgotten
"""


class RecordingError(Exception):
    """A recording cannot be handled as asked."""


class SealBroken(RecordingError):
    """The sealed bytes, or their key, were changed or belong to another installation."""


class NotThere(RecordingError):
    """No such recording of this insurer, or its sound is not here (yet, or any more)."""


class ShelfUnavailable(RecordingError):
    """The store of sealed recordings does not answer, or refuses; what was to be kept is tried again."""


class BrokenSound(RecordingError):
    """What the carrier gave us is no recording that can be played; the text says why."""


class NothingRecorded(RecordingError):
    """The call is not being recorded now: there is nothing to pause."""


class HeldBack(RecordingError):
    """A legal hold forbids to destroy it; the text names its reason."""


class NotAtRest(RecordingError):
    """It is still on its way: neither destroyed nor fetched anew before it has come to rest."""


class KeysInUse(RecordingError):
    """Recordings are still sealed under the keys that were to be forgotten."""
