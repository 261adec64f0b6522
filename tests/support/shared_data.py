"""Where the real data sets are: read in place, never copied into the repository."""

import os
from pathlib import Path

import pytest

_FOLDER = os.environ.get("WUXI_SHARED") or Path(__file__).resolve().parents[2].parent / "shared"
SHARED = Path(_FOLDER).resolve() / "data"


def needs(name: str) -> pytest.MarkDecorator:
    """Return a mark that skips a test where the data set `name` is not there."""
    folder = SHARED / name
    return pytest.mark.skipif(not folder.is_dir(), reason=f"the shared data set {name} is not here (set WUXI_SHARED)")
