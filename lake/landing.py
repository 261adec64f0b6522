"""The landing zone: files exactly as agencies delivered them, immutable, named after their sha256.

Here: bytes in, bytes kept. Not here: what the bytes mean (pipelines.connectors).
"""

import uuid
from pathlib import Path

from lake.durable import copy_hashed, fsync_directory, make_directory, place


class FileTooLargeError(Exception):
    """The delivered file is over the limit."""


class Landing:
    """Delivered files under `<root>/landing/<agency>/<dataset>/<sha256>`."""

    def __init__(self, root: Path) -> None:
        self._root = root / "landing"

    def path(self, dataset: str, sha256: str) -> Path:
        """Return where a delivered file is kept."""
        return self._root / dataset / sha256

    def store(self, dataset: str, source: Path, *, max_bytes: int) -> tuple[str, int]:
        """Keep a copy of `source` for the data set `agency/name`; return its sha256 and its size in bytes.

        The delivered name is not used: it is data, not a path. Storing the same bytes again changes nothing.

        Raises:
            FileTooLargeError: the file has more than `max_bytes` bytes.
        """
        size = source.stat().st_size
        if size > max_bytes:
            raise FileTooLargeError(f"{size} bytes, allowed are {max_bytes}")
        folder = self._root / dataset
        make_directory(folder)
        temporary = folder / f".{uuid.uuid4().hex}.part"
        try:
            sha256 = copy_hashed(source, temporary)
            target = self.path(dataset, sha256)
            if target.exists():
                # A receiver may have been killed between placing it and flushing its name.
                fsync_directory(folder)
                return sha256, size
            temporary.chmod(0o440)
            place(temporary, target)
            return sha256, size
        finally:
            temporary.unlink(missing_ok=True)
