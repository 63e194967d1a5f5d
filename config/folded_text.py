"""Text as it is compared in searches: without regard to case, and with е for ё."""

from typing import overload


@overload
def folded(text: str) -> str: ...
@overload
def folded(text: None) -> None: ...
def folded(text: str | None) -> str | None:
    """The text in one case; SQLite, which knows the case of Latin letters only, has this as a function of its own."""
    return None if text is None else text.casefold().replace("ё", "е")
