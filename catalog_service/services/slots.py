"""Places for work that costs much: as many as the platform bears at once, and a clear no to the rest.

Here: counting. Not here: what the work is (export_forms, querying).
"""

import threading
import weakref
from types import TracebackType
from typing import Self

from catalog_service.catalog.errors import BusyError, problem


class Slots:
    """A number of places in this process."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    def take(self) -> "Slot":
        """Return a place.

        Raises:
            BusyError: all are taken.
        """
        if not self._free.acquire(blocking=False):
            zh = "正在进行的导出和查询已达上限，请稍后重试（见 Retry-After 响应头）；Parquet 文件下载不受影响"
            en = "as many exports and queries as can be are running; try again shortly (see Retry-After); files are unaffected"
            raise BusyError(problem("too-many-exports", zh, en))
        return Slot(self._free)


class Slot:
    """A place that was taken; given back once, at the latest when nobody holds it any more."""

    def __init__(self, free: threading.BoundedSemaphore) -> None:
        self._give_back = weakref.finalize(self, free.release)

    def release(self) -> None:
        """Give the place back."""
        self._give_back()

    def __enter__(self) -> Self:
        """Return the place itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give it back."""
        self.release()
