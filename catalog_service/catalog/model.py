"""The common base of catalog models: immutable, strict about unknown keys, trimmed strings, shared name patterns."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A lower_snake name used in asset keys, table paths and DuckDB names."""

DatasetId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}/[a-z][a-z0-9_]{0,62}$")]
"""`agency/dataset`, both slugs."""

ClassificationCode = Annotated[str, StringConstraints(pattern=r"^([1-3][0-9]{7})?$")]
"""类 (1 digit), 项 (2), 目 (3), 细目 (2); empty where an entry has no place yet."""

ResourceCode = Annotated[str, StringConstraints(pattern=r"^[1-3][0-9]{7}/[0-9]{9}$")]
"""Classification, number of the provider (4 digits), sequence number (5)."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=400)]
"""One line of text for people."""


class Model(BaseModel):
    """Base of all catalog models."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, populate_by_name=True)
