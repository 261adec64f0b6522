"""`wuxi-data duty`, `rules`, `register`, `statistics`: one walk through all of them, for people and for scripts."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.errors import WuxiError
from tests.support import city
from tests.unit.cli.running import ran, shown

CHANNEL = {
    "id": "one",
    "title": "前置机",
    "provider": "a",
    "receiver": "b",
    "established_on": "2019-01-01",
    "data": "名单",
    "means": "文件",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    city.platform(tmp_path, city.catalog(city.dataset("a/one", ["x"]), city.dataset("b/one", ["x"]))).close()
    monkeypatch.setenv("WUXI_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def written(home: Path, content: dict[str, Any]) -> str:
    path = home / "document.yaml"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_duties_from_report_to_dismissal(home: Path) -> None:
    reported = shown("duty", "report", "a/one", "--element", "name", "--reason", "改名", "--on", "2026-09-18")
    assert "产生 1 项" in ran("duty", "functions", "b", "--description", "划转", "--document", "文", "--on", "2026-09-18")
    assert "产生 2 项" in ran("duty", "law", "无锡市公共数据管理办法", "--reason", "修订", "--on", "2026-09-18")
    found = shown("duty", "list", "--state", "overdue")
    assert (found["total"], {one["due"] for one in found["items"]}) == (4, {"2026-10-15"})
    (duty,) = (one["id"] for one in found["items"] if one["cause"] == "reported")
    assert reported["id"] == duty
    text = ran("duty", "show", duty)
    assert "调休上班" in text
    assert "已逾期" in text
    ran("duty", "dismiss", duty, "--reason", "误报")
    assert shown("duty", "show", duty)["state"] == "dismissed"
    assert "已计算 2 个" in ran("duty", "measure")
    assert "关键词" in ran("duty", "completeness", "a/one")
    assert shown("statistics", "--csv", str(home / "table.csv"))["overdue_duties"] == 3
    assert (home / "table.csv").read_bytes().startswith("\ufeff机构标识".encode())


@pytest.mark.slow
def test_rules_by_date(home: Path) -> None:
    assert "今日" in ran("rules", "list")
    ran("rules", "adopt", "state-council-809-2025", "--from", "2099-01-01", "--verification", "国务院公报")
    assert shown("rules", "list")["adoptions"][0]["from_day"] == "2099-01-01"
    notice = {"id": "国办1号", "title": "通知", "issued_on": "2026-11-01", "holidays": {"2026-12-25": "测试"}}
    ran("rules", "notice", written(home, notice))
    assert "2026-12-28" in ran("rules", "deadline", "open_reply", "2026-12-11")
    with pytest.raises(WuxiError, match="row 1"):
        ran("rules", "register", written(home, {"id": "x"}))


@pytest.mark.slow
def test_registers(home: Path) -> None:
    with pytest.raises(WuxiError, match=r"Art\. 12"):
        ran("register", "channel", written(home, CHANNEL | {"established_on": "2021-01-01"}))
    ran("register", "channel", written(home, CHANNEL))
    plan = {"plan": "汇聚", "milestones": [{"title": "汇聚", "due": "2026-12-31", "done_on": "2026-06-01"}]}
    assert "100%" in ran("register", "integrate", "one", written(home, plan), "--edition", "1")
    assert shown("register", "channels")[0]["state"] == "integrating"
    ran("register", "plan", written(home, {"id": "city", "title": "规划", "jurisdiction": "320200", "period": "2026-2030"}))
    ran("register", "advance", "city", "approved", "--on", "2026-03-01", "--document", "文", "--edition", "1")
    assert "本级政府已批准" in ran("register", "plans")
    ran("register", "standard", written(home, {"number": "GB/T 1", "title": "标准"}))
    ran("register", "link", "GB/T 1", "rule_set", "wuxi-measures-2020")
    assert shown("register", "standards")[0]["links"][0]["target"] == "wuxi-measures-2020"
