"""What a supervisor's page may be refused.

SupervisorError
├── SearchTooWide   a policy's number of too few signs, or its last ones without days
├── SearchNameTaken a search is kept by this name already
├── TooManySearches as many are kept as one may
├── ExportRefused   several exports of one account are under way
├── ExportBroken    a file that was made cannot be opened
└── JournalTooLong  a journal of so many contacts that a part would be missing
"""


class SupervisorError(Exception):
    """The root."""


class SearchTooWide(SupervisorError):
    """A search for a policy by so few signs that it would bring up anybody; days narrow down the last four."""


class SearchNameTaken(SupervisorError):
    """The account keeps another search by this name, which must not go without a word."""


class TooManySearches(SupervisorError):
    """The account keeps as many searches as one may."""


class JournalTooLong(SupervisorError):
    """The period has more contacts than one file of the journal holds: it is asked for in parts."""


class ExportRefused(SupervisorError):
    """The account has as many exports under way as one may have."""


class ExportBroken(SupervisorError):
    """The file was made and cannot be opened any more: it is asked for again."""
