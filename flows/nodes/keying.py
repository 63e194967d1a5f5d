"""What a string of pressed keys means: corrections by `*`, the finishing `#`, keys pressed in fright."""


def key_of(digits: str) -> str:
    """The one key meant in a menu; a string that no menu knows where it is not one key.

    `9#` and `*9#` mean 9 here too, and so does 9 pressed many times: a frightened caller does that.
    """
    if digits in ("*", "#"):
        return digits
    keyed = entry_of(digits)
    return "9" if keyed and not keyed.strip("9") else keyed


def entry_of(digits: str) -> str:
    """The digits meant in an entry: what follows the last `*`, without the finishing `#`."""
    return digits.rpartition("*")[2].removesuffix("#")
