"""Files that people send: kept under their own name until they are read.

Here: the file on disk. Not here: how large it may be (api.bodies), what it holds.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.datastructures import UploadFile

from catalog_service.services.platform import Platform


@contextmanager
def received(platform: Platform, sent: UploadFile) -> Iterator[Path]:
    """Yield the path of a file that was sent; its name is the sender's, without what leads elsewhere."""
    name = "".join(char for char in sent.filename or "" if char.isprintable() and char not in "/\\")[-60:].strip(". ")
    with tempfile.TemporaryDirectory(dir=platform.settings.home_path / "tmp") as folder:
        path = Path(folder) / (name or "catalog")
        with path.open("wb") as target:
            shutil.copyfileobj(sent.file, target)
        yield path
