"""The staff site with calls on record."""

from tests.agents.supervisor.conftest import live, logged, site

__all__ = ["live", "logged", "site"]
