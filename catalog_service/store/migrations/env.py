"""Alembic environment: works on the connection it is given, inside the transaction its owner began."""

from alembic import context

from catalog_service.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
