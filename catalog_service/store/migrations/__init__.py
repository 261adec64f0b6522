"""Alembic environment and migrations of the catalog database, run by `catalog_service.store.migrating`."""
