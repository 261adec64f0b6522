"""What the catalog database derives from itself, made anew after every migration: data standings and the search index.

Here: the order of the work. Not here: the index (search_index), the migrations.
"""

import sqlalchemy as sa

from catalog_service.store.entries import Entries
from catalog_service.store.publications import Publications


def rebuild(connection: sa.Connection) -> None:
    """Derive everything from what is stored; what is right already stays as it is."""
    catalog = Entries(connection)
    for publication in Publications(connection).all_current().values():
        catalog.note_published(publication)
    catalog.reindex()
