"""共享属性 and 开放属性 with their conditions and legal bases (Art. 15, 16, 19, 22), and the decision on a read.

Here: what the law demands of each class. Not here: requests, grants and agreements.
"""

from pydantic import Field as Attribute

from catalog_service.catalog.errors import ForbiddenError, UnauthenticatedError, problem
from catalog_service.catalog.model import Line, Model
from catalog_service.catalog.vocabularies import OpeningClass, SharingClass


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


class OpeningTerms(Model):
    """Article 22 开放属性."""

    class_: OpeningClass = Attribute(alias="class")
    conditions: str = ""
    basis: LegalBasis | None = None


def require_anonymous_read(opening: OpeningClass) -> None:
    """Allow a read without identity, or raise.

    Articles 22, 24: only what is opened unconditionally is free to all.

    Raises:
        UnauthenticatedError: the data are open under conditions; an application is the way (Art. 24).
        ForbiddenError: the data are not open (Art. 22).
    """
    match opening:
        case OpeningClass.UNCONDITIONAL:
            return
        case OpeningClass.CONDITIONAL:
            raise UnauthenticatedError(
                problem(
                    "application-required",
                    "该数据属于有条件开放类，请先登录并提交开放申请，说明利用目的和数据格式，10 个工作日内答复",
                    "these data are open under conditions: sign in and file an application stating purpose and format; "
                    "it is answered within 10 working days",
                    article=24,
                )
            )
        case OpeningClass.NONE:
            raise ForbiddenError(
                problem("not-open", "该数据属于不予开放类，不向社会提供", "these data are not open to the public", article=22)
            )
