"""Names that pages show in place of ids: agencies, data sets and their fields, divisions, themes.

Here: looking them up, at most once a page and only where a page asks. Not here: what pages show (templates).
"""

from functools import cached_property

from catalog_service.catalog.errors import Language, NotFoundError, Text
from catalog_service.catalog.register import DIVISIONS, DIVISIONS_EN
from catalog_service.services import browsing, exchanging
from catalog_service.services.platform import Platform
from catalog_service.web.actions import said_action


class Names:
    """The names that one page asks for, in its language; what has no name is shown by its id."""

    def __init__(self, platform: Platform, language: Language) -> None:
        self._platform = platform
        self._language = language
        self._datasets: dict[str, Text | None] = {}
        self._fields: dict[str, dict[str, Text]] = {}

    def agency(self, slug: str) -> str:
        """Return the name of an agency."""
        return self._said(self.agencies.get(slug), slug)

    def dataset(self, dataset_id: str) -> str:
        """Return the title of a data set that is in the public catalog."""
        if dataset_id not in self._datasets:
            self._datasets[dataset_id] = browsing.titles(self._platform, [dataset_id]).get(dataset_id)
        return self._said(self._datasets[dataset_id], dataset_id)

    def field(self, dataset_id: str, name: str) -> str:
        """Return the title of a field of a data set that is in the public catalog."""
        if dataset_id not in self._fields:
            self._fields[dataset_id] = self._titles(dataset_id)
        return self._said(self._fields[dataset_id].get(name), name)

    def region(self, division: str) -> str:
        """Return the name of a division of the city."""
        return self._said(regions().get(division), division)

    def action(self, code: str) -> str:
        """Return what the ledger calls an action, in words."""
        return said_action(code).to(self._language)

    def theme(self, name: str) -> str:
        """Return a theme's name; English where the classification knows one."""
        return self._said(themes().get(name), name)

    @cached_property
    def agencies(self) -> dict[str, Text]:
        """The name of every agency, by slug."""
        return browsing.agency_names(self._platform)

    def _titles(self, dataset_id: str) -> dict[str, Text]:
        try:
            schema = browsing.schema(self._platform, dataset_id)
        except NotFoundError:  # no entry that is published now
            return {}
        return {one.name: Text(zh=one.title, en=one.title_en) for one in schema.fields}

    def _said(self, name: Text | None, otherwise: str) -> str:
        return otherwise if name is None else name.to(self._language)


def regions() -> dict[str, Text]:
    """Return the names of the city's divisions, by code."""
    return {code: Text(zh=name, en=DIVISIONS_EN[code]) for code, name in DIVISIONS.items()}


def themes() -> dict[str, Text]:
    """Return the names of the themes (项 of the thematic resources), by Chinese name."""
    return {name: Text(zh=name, en=name_en) for name, name_en in exchanging.classification().themes.items()}
