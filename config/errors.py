"""Errors of the foundation.

ConfigError
├── SettingMissing      a required setting is absent
└── LinesError          a line description is wrong; every finding is addressed
TableError              a file of rows (a roster) cannot be read as a table at all
NotYet                  what some due work waits for is not there yet: it comes due again
StoreError
├── IoInsideTransaction somebody tried to talk to the outside while holding a transaction
└── StoreUnavailable    the database cannot be reached or written
"""


class ConfigError(Exception):
    """Something an administrator wrote, or did not write, stops Pult from starting."""


class SettingMissing(ConfigError):
    """A required setting is absent; the text names it and says what it is for."""


class LinesError(ConfigError):
    """One or more findings in config/lines, one per line, each `file: path: what is wrong`."""


class TableError(Exception):
    """The file is no table that can be read; the text names the file, says what to change, and quotes no cell."""


class NotYet(Exception):
    """Raised by a handler of due work: nothing went wrong, but what it waits for is not there. The text says what."""


class StoreError(Exception):
    """The database refuses."""


class IoInsideTransaction(StoreError):
    """A programming error: input or output was tried inside a database transaction (DESIGN, "Truth")."""


class StoreUnavailable(StoreError):
    """The database cannot be opened; the text says what to do."""
