"""The `pult` command's first step: a missing library, and Ctrl-C while loading, end in one line at most."""

import gc
import signal
import sys
from importlib import import_module
from types import ModuleType

_OURS = ("agents", "config", "flows", "ivr", "recordings", "wsgi")


def main() -> None:
    """Load the program and run what the command line asks for."""
    try:
        _loaded().main()
    except ImportError as error:
        if (error.name or "").partition(".")[0] in _OURS:
            raise
        print(f"pult: the library {error.name or ''} cannot be loaded ({error}): run `make setup`.", file=sys.stderr)
        sys.exit(1)


def _loaded() -> ModuleType:
    """The composer, by its name: it stands above this package, and is what is to be started."""
    is_heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heard:
        # While loading, nothing is open yet that would need to be closed: Ctrl-C may end the process as it is.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Nothing of what is loaded is ever garbage: looking for some takes a seventh of the time, and later, after each
    # fork, would copy the memory that the processes share.
    gc.disable()
    try:
        return import_module("wsgi")
    finally:
        gc.freeze()
        gc.enable()
        if is_heard:
            signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    main()
