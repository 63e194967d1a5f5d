"""Alembic's entry: runs migrations on the connection, and against the metadata, that `config.migrate` hands in."""

from alembic import context

from config.migrations.rendering import drop_empty, render

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    # SQLite cannot alter most things of a table: batch mode copies it.
    render_as_batch=True,
    # SQLite's changes of schema are transactional too, once BEGIN is ours (config/database.py).
    transactional_ddl=True,
    compare_type=True,
    render_item=render,
    process_revision_directives=drop_empty,
)

with context.begin_transaction():
    context.run_migrations()
