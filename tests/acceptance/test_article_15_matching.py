"""Article 15: what can be had by sharing is not collected again: found at submission, decided, remembered; who uses what."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.principal import Role
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.compiling import import_catalog, publish_entry
from catalog_service.services.delivering import receive
from catalog_service.services.publishing import published_catalog
from pipelines.loading import load_pending
from pipelines.workbench import Workbench
from tests.acceptance.desks import Desks, open_desks
from tests.acceptance.support import entry
from tests.support.people import account, bearer, browser_of, csrf

WORDS = "correct horse battery 15"
EXISTING, NEW = "civil/car_parks", "transport/parking"
HOMES, AGED = "civil/homes", "transport/aged_homes"
NAMES = [f"第{number}敬老院" for number in range(40)]


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    with open_desks(tmp_path) as opened:
        publish(opened, car_parks())
        yield opened


def publish(desks: Desks, *entries: Dataset) -> None:
    with desks.platform.database.transaction() as transaction:
        for one in entries:
            transaction.catalog.put_dataset(one, state=RecordState.PUBLISHED)


def field(name: str, title: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "title": title, **more}


def car_parks() -> Dataset:
    fields = [field("id", "编号"), field("name", "停车场名称"), field("phone", "联系电话"), field("fee", "收费标准")]
    return entry(EXISTING, fields, ["id"], title="停车场静态信息", description="本市停车场静态信息")


def parking(*more: dict[str, Any]) -> dict[str, Any]:
    fields = [field("number", "许可证号"), field("dianhua", "電話"), field("shou_fei", "shou_fei_biao_zhun"), *more]
    dataset = entry(NEW, fields, ["number"], title="停车场（库、位）", description="本市停车场的相关信息")
    return dataset.model_dump(mode="json", by_alias=True, exclude_none=True)


def submit(desks: Desks, document: dict[str, Any]) -> None:
    desks.post(desks.compiler, "/records", document)
    event(desks, desks.compiler, "submit")


def event(desks: Desks, who: dict[str, str], name: str, status: int = 200, **body: Any) -> Any:
    etag = str(desks.client.get(f"/api/v1/records/{NEW}", headers=desks.inspector).headers["etag"])
    return desks.ask(who, "POST", f"/records/{NEW}/events", status, {"event": name, **body}, **{"If-Match": etag})


def submit_again(desks: Desks) -> None:
    event(desks, desks.reviewer, "return", reasons="请核对")
    etag = str(desks.client.get(f"/api/v1/records/{NEW}", headers=desks.inspector).headers["etag"])
    desks.ask(desks.compiler, "PUT", f"/records/{NEW}", 200, parking(), **{"If-Match": etag})
    event(desks, desks.compiler, "submit")


def found(desks: Desks, dataset: str = NEW) -> dict[tuple[str, str], Any]:
    items = desks.get(desks.reviewer, f"/findings?dataset={dataset}")["items"]
    return {(one["field"]["field"], one["existing"]["field"]): one for one in items}


def test_a_field_that_exists_is_found_and_keeps_the_entry_from_being_approved_until_decided(desks: Desks) -> None:
    submit(desks, parking())
    findings = found(desks)
    assert findings.keys() == {("dianhua", "phone"), ("shou_fei", "fee")}
    one = findings["shou_fei", "fee"]
    assert (one["existing"]["agency_name"], one["existing"]["dataset"]) == ("民政局", EXISTING)
    assert {reason["kind"] for reason in one["evidence"]} == {"name", "scope"}
    refused = event(desks, desks.reviewer, "approve", status=422)
    assert {problem["code"] for problem in refused["problems"]} == {"undecided-duplicate"}
    assert {problem["article"] for problem in refused["problems"]} == {15}
    with pytest.raises(InvalidError) as direct:
        publish_entry(desks.platform, NEW)
    assert {problem.code for problem in direct.value.problems} == {"undecided-duplicate"}
    path = desks.platform.settings.home_path / "again.json"
    path.write_text(json.dumps({"datasets": [parking()]}), encoding="utf-8")
    report = import_catalog(desks.platform, path, publish=True)
    assert (report.counts.published, {one.code for one in report.problems}) == (0, {"undecided-duplicate"})
    event(desks, desks.compiler, "submit")
    for pair in findings.values():
        body = {"outcome": "law", "law": "道路交通安全法", "article": "第三十三条"}
        desks.post(desks.responsible, f"/findings/{pair['id']}/decision", body, status=200)
    event(desks, desks.reviewer, "approve")
    assert len(desks.logged("decide_duplicate")) == 2


def test_a_decision_is_complete_made_by_who_may_and_remembered_until_the_evidence_changes(desks: Desks) -> None:
    submit(desks, parking())
    id_ = found(desks)["shou_fei", "fee"]["id"]
    path = f"/findings/{id_}/decision"
    assert desks.post(desks.responsible, path, {"outcome": "law"}, status=422)["problems"][0]["code"] == "no-law"
    by_authority = desks.post(desks.responsible, path, {"outcome": "source", "reason": "路政"}, status=403)
    assert by_authority["problems"][0]["code"] == "source-by-authority"
    desks.post(desks.compiler, path, {"outcome": "share"}, status=403)
    desks.post(desks.anonymous, path, {"outcome": "share"}, status=401)
    desks.post(desks.responsible, path, {"outcome": "share"}, status=200)
    desks.post(desks.responsible, path, {"outcome": "share"}, status=409)
    prefill = desks.get(desks.responsible, f"/findings/{id_}/share-request")
    assert (prefill["dataset"], prefill["columns"]) == (EXISTING, ["fee"])
    submit_again(desks)
    decided = found(desks)["shou_fei", "fee"]
    assert decided["decision"]["outcome"] == "share"
    # the existing entry is called the same now: the evidence has changed, and the question is asked again
    publish(desks, car_parks().model_copy(update={"title": "停车场（库、位）", "description": "本市停车场的相关信息"}))
    submit_again(desks)
    again = found(desks)["shou_fei", "fee"]
    assert again["decision"] is None
    assert [one["outcome"] for one in again["earlier"]] == ["share"]


def test_look_alikes_and_declared_references_are_no_findings(desks: Desks) -> None:
    template = [field("name", "机构名称"), field("phone", "联系电话"), field("hours", "服务时间")]
    publish(desks, entry("civil/bodies", template, title="教育管理与服务机构", description="教育管理与服务机构"))
    reference = {"dataset": EXISTING, "field": "fee"}
    document = parking()
    document["schema"]["fields"][2]["reference"] = reference
    submit(desks, document)
    assert found(desks).keys() == {("dianhua", "phone")}
    bodies = entry("transport/bodies", template, title="交通管理与服务机构", description="交通管理与服务机构")
    desks.post(desks.compiler, "/records", bodies.model_dump(mode="json", by_alias=True, exclude_none=True))
    etag = str(desks.client.get("/api/v1/records/transport/bodies", headers=desks.inspector).headers["etag"])
    desks.ask(desks.compiler, "POST", "/records/transport/bodies/events", 200, {"event": "submit"}, **{"If-Match": etag})
    assert found(desks, "transport/bodies") == {}


def deliver(desks: Desks, folder: Path, id_: str, text: str) -> None:
    path = folder / f"{id_.replace('/', '_')}.csv"
    path.write_text(text, encoding="utf-8")
    receive(desks.platform, id_, path)
    catalog = published_catalog(desks.platform)
    with Workbench(desks.platform, catalog, catalog.dataset[id_]) as bench:
        load_pending(bench)


def test_values_tell_after_the_first_delivery_what_names_hide(desks: Desks, tmp_path: Path) -> None:
    homes = [field("id", "编号"), field("name", "名称"), field("phone", "电话", sensitivity="sensitive")]
    aged = [field("no", "序号"), field("org", "指标甲"), field("tel", "指标乙", sensitivity="sensitive")]
    publish(desks, entry(HOMES, homes, ["id"], title="养老机构名录"), entry(AGED, aged, ["no"], title="助餐点位"))
    rows = [(number, name, f"0510-8{number:07d}") for number, name in enumerate(NAMES)]
    deliver(desks, tmp_path, HOMES, "id,name,phone\n" + "".join(f"H{n},{name},{tel}\n" for n, name, tel in rows))
    assert found(desks, AGED) == {}
    full_width = [(n, name.replace("第", "第 "), tel) for n, name, tel in rows]
    deliver(desks, tmp_path, AGED, "no,org,tel\n" + "".join(f"A{n}, {name} ,{tel}\n" for n, name, tel in full_width))
    findings = found(desks, AGED)
    assert {("org", "name"), ("tel", "phone")} <= findings.keys()
    # whoever collected first owes no explanation, however often both deliver
    deliver(desks, tmp_path, HOMES, "id,name,phone\n" + "".join(f"H{n},{name},{tel}\n" for n, name, tel in rows[:39]))
    assert found(desks, AGED).keys() == findings.keys()
    by_name = findings["org", "name"]
    assert "values" in {reason["kind"] for reason in by_name["evidence"]}
    assert by_name["is_copy"]
    assert by_name["samples"]
    assert all("*" in sample for sample in by_name["samples"])
    assert findings["tel", "phone"]["samples"] == []


def test_what_names_made_likely_values_dispel_whoever_delivers_last(desks: Desks, tmp_path: Path) -> None:
    fields = [field("code", "公园编号"), field("park", "公园名称"), field("lat", "纬度")]
    older, younger = (entry(f"{agency}/greens", fields, ["code"], title="公园绿地信息") for agency in ("civil", "transport"))
    publish(desks, older)
    publish(desks, younger)
    for one, mark, degrees in ((younger, "乙", 32), (older, "甲", 31)):
        rows = (f"{mark}{n},{mark}{NAMES[n]},{degrees}.{7_777 * n:06d}\n" for n in range(40))
        deliver(desks, tmp_path, one.id, "code,park,lat\n" + "".join(rows))
        if one is younger:
            assert ("park", "park") in found(desks, younger.id)
    assert found(desks, younger.id) == {}


def test_findings_and_decisions_have_pages(desks: Desks) -> None:
    submit(desks, parking())
    owner = account(desks.platform, Role.RESPONSIBLE, agency="transport", password=WORDS)
    browser = browser_of(desks.client, owner.login, WORDS)
    listed = browser.get("/desk/findings").text
    assert "電話" in listed
    assert "待决定" in listed
    id_ = found(desks)["dianhua", "phone"]["id"]
    page = f"/desk/findings/{id_}"
    assert "停车场静态信息" in browser.get(page).text
    token = csrf(browser, page)
    assert browser.post(page, data={"csrf": token, "outcome": "law"}).status_code == 422
    assert browser.post(page, data={"csrf": "0", "outcome": "share"}).status_code == 403
    done = browser.post(page, data={"csrf": token, "outcome": "share"})
    assert done.status_code == 200
    assert f"数据集 {EXISTING}" in done.text
    form = str(desks.get(desks.responsible, f"/findings/{id_}/share-request")["form"])
    assert html.escape(form) in done.text
    filled = browser.get(form).text
    assert re.findall(r'name="columns" value="(\w+)" checked', filled) == ["phone"]
    assert 'value="《停车场（库、位）》不再重复采集已有信息项（一数一源）"' in filled
    assert "share request" in browser.get(f"{page}?lang=en").text.lower()


def test_who_uses_a_field_is_visible_before_it_changes(desks: Desks) -> None:
    golden = entry(
        "authority/car_parks",
        ["id", "name", "fee"],
        ["id"],
        derivation={"kind": "golden", "sources": [{"dataset": EXISTING}]},
    )
    refers = entry("transport/fines", ["no", field("park", "停车场", reference={"dataset": EXISTING, "field": "id"})], ["no"])
    publish(desks, golden, refers)
    impact = desks.get(desks.anonymous, f"/datasets/{EXISTING}/impact?field=fee")
    assert impact["agencies"] == ["authority"]
    assert impact["summary"]["zh"].startswith("1 个其他机构和 0 个开放产品读取该信息项")
    whole = desks.get(desks.anonymous, f"/datasets/{EXISTING}/impact")
    assert whole["agencies"] == ["authority", "transport"]
    assert "2 个其他机构" in desks.client.get(f"/datasets/{EXISTING}/uses").text
    desks.get(desks.anonymous, f"/datasets/{EXISTING}/impact?field=nonsense", status=404)


def test_an_agency_sees_only_findings_in_which_it_has_a_part(desks: Desks) -> None:
    submit(desks, parking())
    id_ = found(desks)["dianhua", "phone"]["id"]
    other = bearer(desks.platform, Role.COMPILER, agency="jiangyin")
    assert desks.get(other, "/findings")["total"] == 0
    desks.get(other, f"/findings/{id_}", status=403)
    desks.get(desks.stranger, "/findings/000000000000000000000000", status=404)
