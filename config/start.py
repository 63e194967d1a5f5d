"""The `pult` command's first step: a missing library, and Ctrl-C while loading, end in one line."""

import sys
from importlib import import_module
from typing import Final, NoReturn

_OURS: Final = ("agents", "config", "flows", "ivr", "recordings", "wsgi")
_INTERRUPTED: Final = 130


def main() -> None:
    """Load the program and run what the command line asks for."""
    try:
        # By its name: the composer stands above this package, and is what is to be started.
        import_module("wsgi").main()
    except ImportError as error:
        if (error.name or "").partition(".")[0] in _OURS:
            raise
        _end(f"the library {error.name or ''} cannot be loaded ({error}): run `make setup`.", 1)
    except KeyboardInterrupt:
        _end("stopped.", _INTERRUPTED)


def _end(line: str, status: int) -> NoReturn:
    print(f"pult: {line}", file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
