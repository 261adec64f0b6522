"""What must not be in the repository: places of one machine, addresses of package registries, bytes of the shared data."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT, tracked_files
from tests.support.shared_data import SHARED

# Written in parts, so that this file does not find itself.
_HOMES = ("home", "root", "Users", "work", "mnt")
MACHINE_PATH = re.compile(
    rf"(?<![\w.:/{{}}])/(?:{'|'.join(_HOMES)})/[A-Za-z0-9_.]|(?<![A-Za-z])[A-Z]:\\\\?(?:{'|'.join(_HOMES)})"
)
REGISTRY = re.compile(
    "|".join(
        (
            r"https?://[^\s\"'<>]*\.(?:whl|tar\.gz|tgz|zip|jar|gem|crate)\b",
            r"https?://[^\s\"'<>]*" + "/sim" + "ple",
            "(?:pypi|pythonhosted|npmjs|rubygems|crates|conda|anaconda)" + r"\.(?:org|io|com)",
            "--(?:extra-)?ind" + "ex-url",
            "--find" + "-links",
        )
    )
)


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked_files():
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["places of a machine", "registries"])
def test_no_tracked_file_knows_a_machine_or_a_registry(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE_PATH, 'path = "/' + 'home/somebody/data"'),
        (MACHINE_PATH, "cd /" + "work/main"),
        (REGISTRY, "url = https://files.python" + "hosted.org/packages/x"),
        (REGISTRY, "http://10.0.0.1:8081/repository/py/" + "simple/"),
        (REGISTRY, "https://host/download/name-1.0.tar" + ".gz"),
    ],
    ids=["home", "work", "package host", "mirror", "archive"],
)
def test_the_search_finds_what_it_is_for(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here (set WUXI_SHARED)")
def test_no_tracked_file_is_a_copy_of_shared_data() -> None:
    shared = {_sha256(path): path for path in SHARED.rglob("*") if path.is_file() and path.stat().st_size}
    assert len(shared) > 100
    copies = [f"{path.relative_to(ROOT)} = {shared[digest]}" for path in tracked_files() if (digest := _sha256(path)) in shared]
    assert copies == []


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
