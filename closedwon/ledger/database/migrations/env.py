"""Alembic's entry point; the connection comes from :mod:`closedwon.ledger.database.engine`."""

from __future__ import annotations

from alembic import context

from closedwon.ledger.schema import metadata

_connection = context.config.attributes["connection"]

context.configure(
    connection=_connection,
    target_metadata=metadata,
    # SQLite changes a table by copying it.
    render_as_batch=_connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
