"""The softphone's scripts, which both the desk's pages and the exchange's phone page serve from their own origin."""

from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
"""The folder of the scripts: telephone.js is the interface, one file beside it for each carrier."""
