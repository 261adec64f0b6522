"""目录元数据评分: how well an entry can be found, had, processed, re-used and understood, after the method of data.europa.eu.

Here: the checks, a pure function of the entry and what is published of it, and what each fault is worth. Not here: points and
remedies (indicators, data), the compilation requirements (requirements), which are one of the checks.
"""

from collections.abc import Callable
from typing import NamedTuple

from catalog_service.catalog.access import LegalBasis
from catalog_service.catalog.agency import Agency
from catalog_service.catalog.data_standing import QualityLevel
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Text
from catalog_service.catalog.identifiers import is_valid
from catalog_service.catalog.indicators import Check, IndicatorSet, MetadataDimension
from catalog_service.catalog.model import Model
from catalog_service.catalog.scoring import part
from catalog_service.catalog.vocabularies import FieldType, FileFormat, IdentifierScheme

Share = tuple[int, int]
"""How much is met of how much is asked."""


class Described(NamedTuple):
    """An entry and what is published of it."""

    dataset: Dataset
    agency: Agency | None
    completeness: int
    """0 to 100: how far the compilation requirements are met."""
    has_data: bool
    has_product: bool
    """Whether its open product can be downloaded."""


class MetadataPoint(Model):
    """One check: what it was worth here, what was reached."""

    check: Check
    dimension: MetadataDimension
    possible: int
    earned: float


class MetadataFix(Model):
    """What to mend, and how many points it brings."""

    check: Check
    gain: float
    remedy: Text


class MetadataScore(Model):
    """Points of the metadata of one entry; checks that do not apply to it are left out."""

    points: float
    """Per cent of what was possible, rounded down."""
    earned: float
    possible: int
    grade: QualityLevel
    checks: tuple[MetadataPoint, ...]

    def fixes(self, indicators: IndicatorSet) -> tuple[MetadataFix, ...]:
        """Return what to mend, what brings most first."""
        remedies = {one.check: one.remedy for one in indicators.metadata}
        lacking = sorted((one for one in self.checks if one.earned < one.possible), key=lambda one: one.earned - one.possible)
        return tuple(
            MetadataFix(check=one.check, gain=round(one.possible - one.earned, 2), remedy=remedies[one.check])
            for one in lacking
        )

    def of(self, dimension: MetadataDimension) -> tuple[float, int]:
        """Return points reached and possible in a dimension."""
        own = [one for one in self.checks if one.dimension is dimension]
        return round(sum(one.earned for one in own), 2), sum(one.possible for one in own)


def metadata_score(described: Described, indicators: IndicatorSet) -> MetadataScore:
    """Score the metadata of an entry."""
    checks = tuple(
        MetadataPoint(check=one.check, dimension=one.dimension, possible=one.points, earned=_earned(one.points, *share))
        for one in indicators.metadata
        if (share := _CHECKS[one.check](described)) is not None
    )
    possible, earned = sum(one.possible for one in checks), sum(round(one.earned * 100) for one in checks)
    points = part(earned, possible * 100)
    return MetadataScore(
        points=points,
        earned=earned / 100,
        possible=possible,
        grade=indicators.grade(points, 100.0),
        checks=checks,
    )


def _earned(points: int, met: int, asked: int) -> float:
    return points * 100 * met // asked / 100


def _yes(fact: object) -> Share:
    return int(bool(fact)), 1


def _spatial(one: Described) -> Share:
    """A whole city's agency always has its division; finer places are fields with division codes or geometry."""
    return _yes(one.agency is not None and is_valid(IdentifierScheme.ADCODE, one.agency.jurisdiction))


def _temporal(one: Described) -> Share:
    return _yes(any(field.type in {FieldType.DATE, FieldType.DATETIME} for field in one.dataset.schema_.fields))


def _download(one: Described) -> Share | None:
    return _yes(one.has_product) if one.dataset.open_fields else None


def _open_format(one: Described) -> Share:
    """What the platform derives is Parquet."""
    return _yes(one.dataset.delivery is None or one.dataset.delivery.format is not FileFormat.XLSX)


def _data_elements(one: Described) -> Share:
    fields = one.dataset.schema_.fields
    return sum(bool(field.data_element) for field in fields), len(fields)


def _terms(one: Described) -> Share:
    """Unconditional classes need no more; conditions need their wording, both others a legal basis (Art. 19, 22)."""
    sharing, opening = one.dataset.sharing, one.dataset.opening
    given = (
        (sharing.class_.strictness, sharing.conditions, sharing.basis),
        (opening.class_.strictness, opening.conditions, opening.basis),
    )
    return sum(_term(*one) for one in given), 2 * len(given)


def _term(strictness: int, conditions: str, basis: LegalBasis | None) -> int:
    """Return how many halves are there."""
    has_basis = int(basis is not None)
    return {0: 2, 1: has_basis + bool(conditions), 2: 2 * has_basis}[strictness]


def _contact(one: Described) -> Share:
    agency = one.agency
    return (0, 1) if agency is None else (bool(agency.responsible_unit) + bool(agency.responsible_person), 2)


def _rights(one: Described) -> Share:
    """A statute is cited with its article; a consent says all by its form."""
    basis = one.dataset.basis
    return _yes(basis.consent is not None or (basis.statute is not None and basis.statute.article))


_CHECKS: dict[Check, Callable[[Described], Share | None]] = {
    Check.KEYWORDS: lambda one: _yes(one.dataset.keywords),
    Check.CATEGORY: lambda one: _yes(one.dataset.classification),
    Check.SPATIAL: _spatial,
    Check.TEMPORAL: _temporal,
    Check.REACHABLE: lambda one: _yes(one.has_data),
    Check.DOWNLOAD: _download,
    Check.FORMAT: lambda one: _yes(one.dataset.resource_format),
    Check.OPEN_FORMAT: _open_format,
    Check.MACHINE_READABLE: lambda one: _yes(one.has_data),
    Check.DATA_ELEMENTS: _data_elements,
    Check.KEY: lambda one: _yes(one.dataset.schema_.key),
    Check.COMPLETENESS: lambda one: (one.completeness, 100),
    Check.TERMS: _terms,
    Check.CONTACT: _contact,
    Check.PUBLISHER: lambda one: _yes(one.agency is not None),
    Check.RIGHTS: _rights,
    Check.SIZE: lambda one: _yes(one.has_data),
    Check.ISSUED: lambda one: _yes(one.dataset.issued),
    Check.MODIFIED: lambda one: _yes(one.has_data),
}
"""What each check asks: how much is met of how much; None where it does not apply."""
