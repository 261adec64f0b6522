"""资源分类 (政务信息资源目录编制指南): 类, 项, 目, 细目 and the resource codes made of them.

Here: the scheme as a model, looking things up in it, the rule that proposes a place for an entry. Not here: the scheme itself
(data, read by formats.classification), the numbers that are given out (store.resource_codes).

A resource code is `12010101/000200015`: 类 (1 digit), 项 (2), 目 (3), 细目 (2), then the provider's number (4 digits) and the
sequence number within this 细目 and provider (5 digits). An entry keeps its code for good.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, NamedTuple

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.dataset import Dataset, Golden, Union
from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.model import Line, Model

OTHER = "999"
"""目 of providers that no other 目 names."""


class Detail(Model):
    """细目."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    name: Line


class Group(Model):
    """目; `matches`: words in agency names, or division codes, by which entries belong here."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
    name: Line
    matches: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()
    """Its own 细目; without any, those of the class."""


class Section(Model):
    """项; `matches`: a base database, a theme."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    name: Line
    name_en: str = ""
    matches: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    """Its own 目; without any, those of the class."""


class Class(Model):
    """类: 1 基础信息资源, 2 主题信息资源, 3 部门信息资源."""

    code: Annotated[str, StringConstraints(pattern=r"^[1-3]$")]
    name: Line
    sections: tuple[Section, ...] = Attribute(min_length=1)
    groups: tuple[Group, ...] = ()
    details: tuple[Detail, ...] = ()


class Place(NamedTuple):
    """One 细目 with the names on the way to it."""

    code: str
    class_name: str
    section_name: str
    group_name: str
    detail_name: str

    @property
    def names(self) -> tuple[str, str, str, str]:
        """类, 项, 目, 细目."""
        return self.class_name, self.section_name, self.group_name, self.detail_name


class Classification(Model):
    """A classification scheme."""

    title: Line
    classes: tuple[Class, ...] = Attribute(min_length=1)

    @cached_property
    def places(self) -> dict[str, Place]:
        """Every 细目 by its code of eight digits, in order."""
        return {one.code: one for one in self._walk()}

    @cached_property
    def by_names(self) -> dict[tuple[str, ...], Place]:
        """Every 细目 by the names of 类, 项, 目 and 细目."""
        return {one.names: one for one in self.places.values()}

    @cached_property
    def themes(self) -> dict[str, str]:
        """English names of the themes (项 of class 2), by Chinese name; those that have one."""
        return {one.name: one.name_en for top in self.classes if top.code == "2" for one in top.sections if one.name_en}

    def proposed(self, dataset: Dataset, agency: Agency | None) -> str:
        """Return the 细目 to which an entry belongs by rule; empty where no rule tells.

        What belongs to a base database is class 1, what is united out of several is class 2 by its theme, everything else is
        class 3 by its provider; the 细目 there is the theme.
        """
        if dataset.base_database is not None:
            group = "主数据" if isinstance(dataset.derivation, Golden) else "来源数据"
            return self._first("1", dataset.base_database.value, group, "")
        if isinstance(dataset.derivation, Union):
            return self._first("2", dataset.theme, "", "")
        return "" if agency is None else self._of_provider(dataset, agency)

    def _of_provider(self, dataset: Dataset, agency: Agency) -> str:
        class_ = next((one for one in self.classes if one.code == "3"), None)
        if class_ is None:
            return ""
        found = [
            (len(word), section, group)
            for section in class_.sections
            for group in section.groups or class_.groups
            for word in group.matches
            if word in agency.name or word == agency.jurisdiction
        ]
        if found:
            _, section, group = max(found, key=lambda one: one[0])
        else:
            section = class_.sections[0]
            group = next(
                (one for one in section.groups or class_.groups if one.code == OTHER), (section.groups or class_.groups)[0]
            )
        details = group.details or class_.details
        detail = next((one for one in details if one.name == dataset.theme), details[-1])
        return class_.code + section.code + group.code + detail.code

    def _first(self, class_: str, matched: str, group: str, detail: str) -> str:
        sections = [one for top in self.classes if top.code == class_ for one in top.sections]
        section = next((one for one in sections if matched in one.matches or matched == one.name), None)
        if section is None:
            return ""
        places = [one for one in self.places.values() if one.code.startswith(class_ + section.code)]
        fitting = (one for one in places if one.group_name.endswith(group) and one.detail_name.endswith(detail))
        return next((one.code for one in fitting), "")

    def _walk(self) -> Iterator[Place]:
        for top in self.classes:
            for section in top.sections:
                for group in section.groups or top.groups:
                    for detail in group.details or top.details:
                        code = top.code + section.code + group.code + detail.code
                        yield Place(code, top.name, section.name, group.name, detail.name)


def code_problems(dataset: Dataset, scheme: Classification) -> Iterator[Problem]:
    """Yield what is wrong with classification and resource code of an entry by themselves."""
    if dataset.classification and dataset.classification not in scheme.places:
        yield problem(
            "unknown-classification",
            f"资源分类中没有细目 {dataset.classification}，请从“资源分类”表中选择",
            f"the classification has no place {dataset.classification}; choose one of the sheet 资源分类",
            field="classification",
        )
    if dataset.code and dataset.code.partition("/")[0] != dataset.classification:
        yield problem(
            "code-mismatch",
            f"资源代码 {dataset.code} 的前段应为资源分类代码 {dataset.classification or '（未填写）'}；可留空，由平台生成",
            f"the resource code {dataset.code} must begin with the classification; leave it empty, the platform makes it",
            field="code",
        )
