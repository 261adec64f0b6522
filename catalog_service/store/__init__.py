"""Persistence of the catalog: SQLAlchemy tables, repositories, migrations."""
