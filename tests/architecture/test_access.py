"""Nobody reads data around the access decision: the lake has one door for people, and everybody goes through it."""

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT

NO_DATA = ("lake.durable", "lake.expressions", "lake.manifest", "lake.row_expressions")
"""Modules of the lake that read no rows."""
SERVICES = ROOT / "catalog_service" / "services"
FACES = ("api", "web", "cli")
READERS = {
    "access": "the door itself",
    "downloading": "formats of what the door hands out: every function that reads takes a Readable",
    "export_forms": "bytes of exports: every function that reads takes a Readable",
    "querying": "pages of rows of a Readable",
    "delta_sharing": "protocol of what the door hands out; of the lake itself it takes the names of columns only",
    "pair_review": "two records side by side, after `open_read`, no more of them than was compared",
    "entities": "one golden record of a Readable, fields beyond its view masked",
    "value_tracing": "the origin of one value of a Readable",
    "conflicts": "disagreements of sources after `require_read`, those of other agencies left out",
    "measuring": "outcomes of checks, which are metadata, values only of open fields; failing rows after `require_read`",
}
"""Services that read rows for people."""
WRITERS = {
    "platform": "opens the lake",
    "publishing": "knows versions, never rows",
    "delivering": "puts delivered files away",
    "products": "makes products out of views of the decision",
    "facts": "counts of checks, which are metadata: no value of any row",
    "overriding": "makes a withheld version visible: versions, never rows",
    "entity_decisions": "asks whether anybody has the keys that a decision names",
    "browsing": "asks whether the lake is there",
    "housekeeping": "compares bytes with their hashes and deletes files, never reads rows",
}
"""Services that touch the lake without showing rows to anybody."""


def _parsed(text: str) -> ast.Module:
    """Parse; Python 3.11 sometimes takes another thread's parsing for its own depth, and says SystemError once."""
    try:
        return ast.parse(text)
    except SystemError:
        return ast.parse(text)


@cache
def modules(folder: Path) -> tuple[tuple[Path, ast.Module], ...]:
    return tuple((path, _parsed(path.read_text(encoding="utf-8"))) for path in sorted(folder.rglob("*.py")))


def touches_lake(tree: ast.AST) -> bool:
    """Whether code imports the lake's data side, or takes `.lake` of something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module not in NO_DATA and (node.module or "").split(".")[0] == "lake":
            return True
        is_import = isinstance(node, ast.Import) and any(one.name.split(".")[0] == "lake" for one in node.names)
        if is_import or (isinstance(node, ast.Attribute) and node.attr == "lake"):
            return True
    return False


def calls(tree: ast.AST, name: str) -> bool:
    return any(isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name for node in ast.walk(tree))


@pytest.mark.parametrize("face", FACES)
def test_no_face_touches_the_lake(face: str) -> None:
    assert [path.name for path, tree in modules(ROOT / "catalog_service" / face) if touches_lake(tree)] == []


def test_a_face_that_touched_the_lake_would_be_found() -> None:
    for text in ("from lake.tables import Lake", "import lake.exports", "rows = platform.lake.connect()"):
        assert touches_lake(ast.parse(text))


def test_only_known_services_touch_the_lake() -> None:
    found = {path.stem for path, tree in modules(SERVICES) if touches_lake(tree)}
    unknown = found - READERS.keys() - WRITERS.keys()
    assert unknown == set(), "decide on these reads with services.access, or say here why nobody sees rows by them"


def test_the_door_alone_makes_readables_and_it_decides_and_notes_first() -> None:
    makers = {path.stem for path, tree in modules(SERVICES) if calls(tree, "Readable")}
    assert makers == {"access"}
    door = next(tree for path, tree in modules(SERVICES) if path.stem == "access")
    functions = {node.name: node for node in door.body if isinstance(node, ast.FunctionDef)}
    lines = [ast.unparse(one) for one in ast.walk(functions["open_read"]) if isinstance(one, ast.Call)]
    assert any(one.startswith("decide(") for one in lines)
    returned = functions["open_read"].body[-1]
    noted = [n for n, one in enumerate(functions["open_read"].body) if "auditor.note" in ast.unparse(one)]
    assert isinstance(returned, ast.Return)
    assert noted[-1] == len(functions["open_read"].body) - 2
    assert any(
        ast.unparse(one).startswith("decide(") for one in ast.walk(functions["analyst_session"]) if isinstance(one, ast.Call)
    )


@pytest.mark.parametrize("module", ["downloading", "export_forms", "querying"])
def test_whatever_is_read_was_handed_over_by_the_door(module: str) -> None:
    tree = next(tree for path, tree in modules(SERVICES) if path.stem == module)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and touches_lake(node):
            arguments = {ast.unparse(one.annotation) for one in node.args.args if one.annotation is not None}
            assert "Readable" in arguments or calls(node, "open_read"), node.name
        if isinstance(node, ast.FunctionDef):
            assert "platform.lake" not in ast.unparse(node)


@pytest.mark.parametrize(
    ("module", "function", "call"),
    [
        ("measuring", "failed_rows", "require_read"),
        ("conflicts", "report", "require_read"),
        ("conflicts", "objections", "require_read"),
        ("value_tracing", "trace", "open_read"),
        ("entities", "show", "open_read"),
        ("entities", "history", "open_read"),
        ("downloading", "export", "open_read"),
        ("querying", "query", "open_read"),
        ("delta_sharing", "head", "open_files"),
        ("delta_sharing", "snapshot", "open_files"),
        ("delta_sharing", "changes", "open_files"),
        ("delta_sharing", "open_signed", "open_file"),
    ],
)
def test_what_reads_rows_elsewhere_goes_through_the_door_before_it_reads(module: str, function: str, call: str) -> None:
    tree = next(tree for path, tree in modules(SERVICES) if path.stem == module)
    (found,) = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == function]
    lines = {
        kind: [one.lineno for one in ast.walk(found) if isinstance(one, ast.expr) and test(one)]
        for kind, test in (("door", _calls(call)), ("lake", _reads))
    }
    assert lines["door"]
    assert min(lines["door"]) <= min(lines["lake"], default=min(lines["door"]))


def _calls(name: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name


def _reads(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "lake"


def test_sessions_over_the_lake_are_opened_by_the_door_only() -> None:
    users = {path.stem for path, tree in modules(SERVICES) if calls(tree, "open_session")}
    assert users == {"access"}
