"""Errors of recordings.

RecordingError
├── SealBroken          the sealed bytes, or their key, were changed or belong to another installation
├── NotThere            no such recording of this insurer, or its sound is not here (yet, or any more)
"""


class RecordingError(Exception):
    """A recording cannot be handled as asked."""


class SealBroken(RecordingError):
    """The sealed bytes, or their key, were changed or belong to another installation."""


class NotThere(RecordingError):
    """No such recording of this insurer, or its sound is not here (yet, or any more)."""
