"""One model out of one YAML or JSON file, as the authority's staff write them: every fault with file, line and field.

Here: text → model. Not here: catalog files with many entries (formats.documents).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from catalog_service.catalog.errors import InvalidError, NotFoundError, TooLargeError, Where, problem
from catalog_service.catalog.model import Model
from catalog_service.formats import tabular, yaml_text
from catalog_service.formats.faults import Location, translate

One = TypeVar("One", bound=Model)
MAX_BYTES = 1024 * 1024


def read_model(model: type[One], text: str, file: str) -> One:
    """Return the model in a YAML text (JSON is YAML too).

    Raises:
        InvalidError: it is no YAML, or breaks the model; all its faults, each with file, line and field.
    """
    try:
        root = yaml_text.parse(text)
        return model.model_validate(root.value)
    except ValidationError as error:
        raise InvalidError(one.at(file=file) for one in translate(error, root.value, _locate(root))) from error
    except InvalidError as error:
        raise InvalidError(one.at(file=file) for one in error.problems) from error


def as_model(model: type[One], data: Mapping[str, object]) -> One:
    """Return the model of what somebody entered in a form.

    Raises:
        InvalidError: it breaks the model; all its faults, each with its field.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidError(translate(error, data, lambda _: Where())) from error


def read_model_file(model: type[One], path: Path) -> One:
    """Return the model in a file.

    Raises:
        NotFoundError: there is no such file.
        TooLargeError: it is larger than any such model.
        InvalidError: its faults.
    """
    if not path.is_file():
        zh, en = "文件不存在，请检查路径", "there is no such file; check the path"
        raise NotFoundError(problem("no-file", zh, en, file=str(path)))
    if path.stat().st_size > MAX_BYTES:
        zh, en = "文件超过 1 MiB，请检查是否选错文件", "the file is over 1 MiB; check whether it is the right one"
        raise TooLargeError(problem("too-large", zh, en, file=path.name))
    return read_model(model, tabular.decode(path), path.name)


def _locate(root: yaml_text.Node) -> Callable[[Location], Where]:
    return lambda loc: Where(row=root.find(loc).line)
