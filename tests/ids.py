"""What a text says besides its ids and form tokens, in which any few digits may stand by chance."""

import re

_BY_CHANCE = re.compile(r"""[0-9a-f]{32}|(?<=["'])[\w-]{43}(?=["'])""")


def without_ids(text: str) -> str:
    """The text without them."""
    return _BY_CHANCE.sub("", text)
