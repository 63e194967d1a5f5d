"""Placeholder entry; the composition is being laid."""


def main() -> None:
    """The `pult` command."""
