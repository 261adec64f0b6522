"""Modules: layers hold, and each says what it is for."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.architecture.repository import PACKAGES, ROOT, modules

TEST_FOLDERS = sorted({path.parent for path in (ROOT / "tests").rglob("*.py")})


def test_import_contracts_hold() -> None:
    command = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([command], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_an_import_against_the_layers_would_be_found(tmp_path: Path) -> None:
    """The contracts can fail: a lake that imports the catalog breaks two of them."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            target = tmp_path / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "lake" / "gossip.py").write_text('"""Knows somebody."""\nimport catalog_service.store\n', encoding="utf-8")
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "lake.gossip -> catalog_service.store" in done.stdout


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path.relative_to(ROOT)) for path in modules() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []
    assert len(modules()) > 100


def test_every_test_folder_is_a_package() -> None:
    assert [folder for folder in TEST_FOLDERS if not (folder / "__init__.py").is_file()] == []
