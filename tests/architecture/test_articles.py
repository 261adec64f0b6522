"""Every article of the Measures that is in scope is proved by a module of acceptance tests."""

import ast
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT

ACCEPTANCE = ROOT / "tests" / "acceptance"
IN_SCOPE = (9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 31, 32, 34, 36, 37)


def module_of(article: int) -> Path:
    return ACCEPTANCE / f"test_article_{article:02d}.py"


@pytest.mark.parametrize("article", IN_SCOPE)
def test_each_article_in_scope_has_its_tests(article: int) -> None:
    tree = ast.parse(module_of(article).read_text(encoding="utf-8"))
    assert (ast.get_docstring(tree) or "").startswith((f"Article {article}:", f"Articles {article}"))
    tests = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")]
    quick = [one for one in tests if "slow" not in {ast.unparse(mark).rpartition(".")[2] for mark in one.decorator_list}]
    assert quick, "at least one test must run with every change"
    assert all(any(isinstance(node, ast.Assert | ast.With) for node in ast.walk(one)) for one in tests)


def test_every_article_with_tests_is_listed_here() -> None:
    found = {int(path.stem.rpartition("_")[2]) for path in ACCEPTANCE.glob("test_article_[0-9][0-9].py")}
    assert found == set(IN_SCOPE)
