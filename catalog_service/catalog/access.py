"""共享属性 and 开放属性 with their conditions and legal bases (Art. 15, 16, 19, 22).

Here: what the law demands of each class. Not here: requests, grants, agreements, the decision on a read (decision).
"""

from pydantic import Field as Attribute

from catalog_service.catalog.model import Line, Model
from catalog_service.catalog.vocabularies import OpeningClass, SharingClass, SharingMethod


class LegalBasis(Model):
    """A law or regulation and its article."""

    law: Line
    article: str = ""


class Consent(Model):
    """Article 16: consent of those from whom data outside statute are collected, and what they were told."""

    purpose: Line
    manner: Line
    scope: Line
    channel: Line
    """Where the data subject can query and correct."""


class CollectionBasis(Model):
    """Articles 15, 16 采集依据: statute or consent; one of them is required."""

    statute: LegalBasis | None = None
    consent: Consent | None = None


class SharingTerms(Model):
    """Article 19 共享属性."""

    class_: SharingClass = Attribute(alias="class")
    conditions: str = ""
    basis: LegalBasis | None = None
    method: SharingMethod | None = None
    """共享方式: how it is handed over."""


class OpeningTerms(Model):
    """Article 22 开放属性."""

    class_: OpeningClass = Attribute(alias="class")
    conditions: str = ""
    basis: LegalBasis | None = None
