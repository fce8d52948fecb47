"""Alembic's entry point; the connection comes from :mod:`closedwon.ledger.engine`."""

from __future__ import annotations

from alembic import context

from closedwon.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
