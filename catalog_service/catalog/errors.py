"""Problems and errors: one shape for every fault a person meets, in Chinese and English.

Here: what went wrong, where, under which article, and what to do. Not here: HTTP statuses or exit codes (the faces map them).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict


class Language(StrEnum):
    """A language of the faces: Simplified Chinese first, English to switch to."""

    ZH = "zh-CN"
    EN = "en"


class Text(BaseModel):
    """A sentence for people, in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str = ""

    def to(self, language: Language) -> str:
        """Return the sentence in `language`, or in Chinese where no English was given."""
        return self.en if language is Language.EN and self.en else self.zh


class Where(BaseModel):
    """The place of a fault: file, sheet, row (1-based, as the file's editor shows it), column or field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    field: str | None = None

    def to(self, language: Language) -> str:
        """Return the place as a short phrase, empty where nothing is known."""
        zh = language is Language.ZH
        parts = [
            (self.file, "文件 {}" if zh else "file {}"),
            (self.sheet, "工作表 {}" if zh else "sheet {}"),
            (self.row, "第 {} 行" if zh else "row {}"),
            (self.field, "字段 {}" if zh else "field {}"),
        ]
        return ("，" if zh else ", ").join(form.format(value) for value, form in parts if value is not None)


class Problem(BaseModel):
    """One fault: a stable code, what is wrong and what to do, where, and the article that asks for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    message: Text
    where: Where = Where()
    article: int | None = None

    def at(self, **where: object) -> Self:
        """Return the same problem with its place made more precise."""
        return self.model_copy(update={"where": self.where.model_copy(update=where)})

    def to(self, language: Language) -> str:
        """Return place, sentence and article on one line."""
        zh = language is Language.ZH
        place = self.where.to(language)
        sentence = self.message.to(language)
        line = f"{place}{'：' if zh else ': '}{sentence}" if place else sentence
        if self.article is None:
            return line
        return line + (f"（《办法》第{self.article}条）" if zh else f" (Measures, Art. {self.article})")


def problem(code: str, zh: str, en: str, *, article: int | None = None, **where: object) -> Problem:
    """Return a `Problem` from its parts; `where` takes file, sheet, row, field."""
    return Problem(code=code, message=Text(zh=zh, en=en), where=Where.model_validate(where), article=article)


class WuxiError(Exception):
    """A refusal with its reasons; subclasses say of which kind it is."""

    is_noted = False
    """The refusal is in the ledger already."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(one.to(Language.EN) for one in self.problems))

    def to(self, language: Language) -> str:
        """Return all reasons, a line each."""
        return "\n".join(one.to(language) for one in self.problems)


class InvalidError(WuxiError):
    """The input breaks a rule of form or of law."""


class NotFoundError(WuxiError):
    """There is no such thing, or the asker may not know of it."""


class UnauthenticatedError(WuxiError):
    """The law allows this to identified users only, and none was given."""


class ForbiddenError(WuxiError):
    """The law does not allow this to this user."""


class ConflictError(WuxiError):
    """Somebody else changed it first, or another run holds it."""


class GoneError(WuxiError):
    """It existed, and its bytes are no longer kept."""


class TooLargeError(WuxiError):
    """It is over a limit; the limit and the remedy are named."""


class ThrottledError(WuxiError):
    """Too often in too short a time; later it will do."""


class BusyError(WuxiError):
    """As much is going on as the platform bears; a little later it will do."""


class UnsignedError(WuxiError):
    """The ledger cannot be signed, so nothing is changed and nothing protected is read until it can."""


class CorruptError(WuxiError):
    """Stored bytes differ from their manifest."""
