"""Commands that make something tell it in a sentence, and as JSON to scripts that go on with it; a value's origin likewise."""

from pathlib import Path

import pytest

from catalog_service.services.delivering import receive
from tests.unit.cli.running import ran, shown
from tests.unit.pipelines.golden_support import add, open_city, resolve

ID = "authority/golden"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,x,y\n1,p,q\n2,p,\n", encoding="utf-8")
    with open_city(tmp_path) as platform:
        delivery, _ = receive(platform, "a/d", path)
        add(platform, "a/d", delivery.id, [("1", "p", "q"), ("2", "p", None)])
        resolve(platform, "run1")
    monkeypatch.setenv("WUXI_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")


def test_what_was_made_can_be_gone_on_with() -> None:
    number = shown("objection", "file", ID, "名称与营业执照不符")["number"]
    assert [one["number"] for one in shown("objection", "list")] == [number]
    assert "已提出异议，编号" in ran("objection", "file", ID, "地址不符")
    account = shown("account", "create", "li_si", "--name", "李四", "--agency", "a", "-r", "compiler", "--no-password")
    assert [one["id"] for one in shown("account", "list") if one["login"] == "li_si"] == [account["id"]]
    decided = shown("entity", "decide", ID, "distinct", "1", "2", "--reason", "电话核实")
    assert [one["id"] for one in shown("entity", "decisions", ID)] == [decided["id"]]


def test_the_origin_of_a_value() -> None:
    traced = shown("source", "trace", ID, "x", "1")
    assert (traced["value"], traced["source"], traced["row"]) == ("p", "a/d", 1)
    told = ran("source", "trace", ID, "x", "1")
    assert all(part in told for part in ("a/d", "报送文件", "people.csv"))
