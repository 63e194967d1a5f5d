"""Errors of the insured records.

InsuredError
└── RosterFileError     a roster cannot be read as a table at all
"""

from ivr.errors import PhoneError


class InsuredError(PhoneError):
    """Something about insured records cannot be done."""


class RosterFileError(InsuredError):
    """The roster is no table that can be read; the text says what to change and quotes no cell."""
