"""Alembic's folder: how the schema came to be what it is, version by version."""
