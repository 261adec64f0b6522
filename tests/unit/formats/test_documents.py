import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog_service.catalog.errors import Language, NotFoundError, Problem, TooLargeError
from catalog_service.formats import entries
from catalog_service.formats.documents import load_catalog, read_document
from tests.unit.catalog.samples import agency, dataset, dataset_data


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def document(**changes: Any) -> dict[str, Any]:
    return {"agencies": [agency().model_dump(mode="json")], "datasets": [dataset_data()], **changes}


@pytest.mark.parametrize("form", ["catalog.yaml", "catalog.yml", "catalog.json"])
def test_a_good_document_is_read_whole(tmp_path: Path, form: str) -> None:
    lists = [{"name": "sex", "title": "性别", "items": [{"code": "01", "label": "男"}]}]
    data = document(code_lists=lists)
    text = json.dumps(data) if form.endswith("json") else yaml.safe_dump(data, allow_unicode=True)
    catalog, problems = load_catalog(write(tmp_path, form, "\ufeff" + text))
    assert problems == []
    assert catalog.agencies == (agency(),)
    assert catalog.datasets == (dataset(),)
    assert catalog.code_list["sex"].codes == ("01",)


FAULTY = """\
agencies:
- slug: civil
  uscc: 11320200MB0000000X
  name: 民政局
datasets:
- agency: civil
  name: Bad Name
  title: no
  frequency: sometimes
  sharing: {class: open}
  opening:
    class: maybe
  basis: {}
  descripton: typo
  schema:
    fields:
    - name: tel
      title: 电话
      type: phone
      length: abc
    - title: 无名
  derivation: {kind: golden, sources: []}
  issued: 2020-13-01
- 5
- agency: civil
  name: good
  title: 021
  description: yes
  frequency: daily
  sharing: {class: unconditional}
  opening: {class: unconditional}
  basis: {}
  schema: {fields: [{name: code, title: 320200}]}
"""


def places(problems: tuple[Problem, ...]) -> set[tuple[int | None, str | None]]:
    return {(one.where.row, one.where.field) for one in problems}


def test_all_faults_of_a_file_are_found_at_once_each_with_its_line_and_the_good_entry_is_kept(tmp_path: Path) -> None:
    found = read_document(write(tmp_path, "catalog.yaml", FAULTY))
    assert places(found.problems) == {
        (3, "uscc"),
        (7, "name"),
        (6, "description"),
        (9, "frequency"),
        (10, "sharing.class"),
        (12, "opening.class"),
        (14, "descripton"),
        (19, "schema.fields[tel].type"),
        (20, "schema.fields[tel].length"),
        (21, "schema.fields[2].name"),
        (22, "derivation.sources"),
        (23, "issued"),
        (24, None),
    }
    assert (found.read, [one.id for one in found.catalog.datasets]) == (3, ["civil/good"])
    assert found.places["civil/good"].row == 25
    good = found.catalog.datasets[0]
    assert (good.title, good.description, good.schema_.fields[0].title) == ("021", "yes", "320200")
    for one in found.problems:
        assert one.where.file == "catalog.yaml"
        assert one.message.zh
        assert one.message.en.isascii() or "“" in one.message.en, one.message.en
        assert "文件 catalog.yaml，第 " in one.to(Language.ZH)


def test_an_enum_fault_lists_what_is_allowed_with_the_labels_of_its_own_vocabulary(tmp_path: Path) -> None:
    found = read_document(write(tmp_path, "catalog.yaml", FAULTY))
    said = {one.where.field: one.message.zh for one in found.problems}
    assert "none（不予共享）" in said["sharing.class"]
    assert "none（不予开放）" in said["opening.class"]
    assert "sometimes" in said["frequency"]


def test_json_faults_name_the_line_of_the_entry(tmp_path: Path) -> None:
    data = document(datasets=[dataset_data("a"), dataset_data("b", frequency="x"), 7])
    text = json.dumps(data, indent=1, ensure_ascii=False)
    found = read_document(write(tmp_path, "catalog.json", text))
    line = text[: text.index('"name": "b"')].count("\n") + 1 - 2  # the brace stands two lines above
    assert places(found.problems) == {(line, "frequency"), (text[: text.rindex("7")].count("\n") + 1, None)}
    assert (found.read, len(found.catalog.datasets)) == (3, 1)


@pytest.mark.parametrize(
    ("name", "content", "row", "said"),
    [
        ("c.yaml", "datasets:\n- a: [1\n- b: 2\n", 3, "line 3 column 4"),
        ("c.yaml", "a: 1\na: 2\n", 2, "occurs twice"),
        ("c.yaml", "a: 1\n---\nb: 2\n", 2, "one YAML document"),
        ("c.yaml", "a: !!python/object:os.system x\n", 1, "not allowed"),
        ("c.yaml", "? [a]\n: 1\n", 1, "key must be a text"),
        ("c.yaml", "a: &x [*x]\n", 1, "no usable anchor"),
        ("c.yaml", "a: *x\n", 1, "anchor"),
        ("c.yaml", "a: 1\nb: \x00\n", 2, "line 2"),
        ("c.yaml", "[" * 200_000, 1, "levels"),
        ("c.yaml", "\n".join(" " * n + "a:" for n in range(3_000)), 41, "levels"),
        ("c.yaml", "名称: x\n".encode("gb18030"), 1, "not UTF-8"),
        ("c.json", '{\n"datasets": [\n{,}]}', 3, "line 3 column 2"),
        ("c.json", '{"a": NaN}', None, "NaN"),
        ("c.json", '{"a": 1, "a": 2}', None, "occurs twice"),
        ("c.json", "[" * 200_000, None, "deep"),
        ("c.json", '{"a": ' + "9" * 5_000 + "}", None, "not valid JSON"),
        ("c.json", "", 1, "not valid JSON"),
        ("c.json", "[]", None, "mapping"),
        ("c.yaml", "", None, "mapping"),
        ("c.yaml", "just text", None, "mapping"),
        ("c.yaml", "dataset: []\n", 1, "no section dataset"),
        ("c.yaml", "datasets: {}\nagencies: 5\n", 2, "must be a list"),
        ("c.txt", "x", None, "unknown type"),
        ("c.csv", "a,b\n1,2\n", None, "header"),
        ("c.csv", "", None, "header"),
        ("c.csv", 'a,"b\n', 1, "not valid CSV"),
        ("c.xlsx", b"PK\x03\x04 no zip", None, "not a valid XLSX"),
    ],
)
def test_what_is_no_catalog_is_a_problem_and_never_an_exception(
    tmp_path: Path, name: str, content: str | bytes, row: int | None, said: str
) -> None:
    found = read_document(write(tmp_path, name, content))
    assert found.catalog.datasets == ()
    assert any(one.where.row == row and said in one.message.en for one in found.problems), found.problems


def test_an_alias_bomb_is_refused_and_honest_aliases_are_read(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    found = read_document(write(tmp_path, "bomb.yaml", bomb))
    assert [one.code for one in found.problems] == ["catalog-too-large"]
    shared = {"class": "unconditional"}
    text = yaml.safe_dump({"datasets": [dataset_data(sharing=shared, opening=shared)]})
    assert "&id001" in text
    assert load_catalog(write(tmp_path, "shared.yaml", text)) == (read_document(tmp_path / "shared.yaml").catalog, [])
    assert read_document(tmp_path / "shared.yaml").catalog.datasets == (dataset(),)


def test_an_entry_given_twice_is_reported_and_the_first_kept(tmp_path: Path) -> None:
    text = json.dumps(document(datasets=[dataset_data(title="一"), dataset_data(title="二")]))
    found = read_document(write(tmp_path, "c.json", text))
    assert [one.code for one in found.problems] == ["duplicate-entry"]
    assert [one.title for one in found.catalog.datasets] == ["一"]


def test_a_missing_or_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        load_catalog(tmp_path / "none.yaml")
    path = write(tmp_path, "huge.yaml", "x" * 100)
    monkeypatch.setattr("catalog_service.formats.documents.MAX_BYTES", 99)
    assert entries.MAX_BYTES > 99
    with pytest.raises(TooLargeError):
        load_catalog(path)
