"""What can be wrong with a prompt pack.

PhoneError
└── PackError         a pack that cannot be used: no such folder, a setting that is wrong
"""

from ivr.errors import PhoneError


class PackError(PhoneError):
    """A pack cannot be used; the text is for an administrator."""
