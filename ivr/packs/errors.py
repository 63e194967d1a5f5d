"""What can be wrong with a prompt pack.

PhoneError
└── PackError         a pack that cannot be used: no such folder, a setting that is wrong
ValueError
└── NotWav            a file that is no WAV file, or of a kind that cannot be played
"""

from ivr.errors import PhoneError


class PackError(PhoneError):
    """A pack cannot be used; the text is for an administrator."""


class NotWav(ValueError):
    """The file cannot be read; the text says why."""
