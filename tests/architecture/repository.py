"""What the repository holds: tracked files and package modules, for tests of the whole."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("catalog_service", "expectations", "lake", "pipelines")


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return the files under version control; skip the test where there is none to ask."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: tracked files cannot be listed")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return tuple(path for path in paths if path.is_file())


def modules() -> list[Path]:
    """Return the modules of all packages."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
