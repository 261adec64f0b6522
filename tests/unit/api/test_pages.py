"""Pages: Chinese by default, English by switch, everything escaped, nothing loaded from elsewhere, closed data explained."""

import re
from html.parser import HTMLParser

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from catalog_service.catalog.errors import Language
from catalog_service.web.formatting import share, size
from catalog_service.web.language import spoken_language
from catalog_service.web.messages import CATALOGS, TOPICS
from tests.unit.services.reading_platform import STOPS

PAGES = (
    "/",
    "/search",
    "/search?q=公交",
    f"/datasets/{STOPS}",
    "/datasets/health/patients",
    "/datasets/transport/stations",
    f"/datasets/{STOPS}/quality",
    "/interfaces",
)
BROWSER = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en-US"}
VOID = {"meta", "link", "input", "br"}


class Outline(HTMLParser):
    """Checks nesting and collects what a page refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.lang = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        self.links += [value for name in ("href", "src", "action") if (value := named.get(name))]
        self.ids += [value for value in [named.get("id")] if value]
        self.lang = self.lang or named.get("lang") or ""
        assert not [name for name in named if name.startswith("on") or name == "style"], tag
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_pages_are_sound(client: TestClient, page: str, language: str) -> None:
    answer = client.get(page, params={"lang": language} if "?" not in page else None, headers=BROWSER)
    assert answer.status_code == 200
    outline = Outline(answer.text)
    assert not outline.open
    assert outline.tags.count("h1") == outline.tags.count("main") == 1
    assert "script" not in outline.tags
    assert len(set(outline.ids)) == len(outline.ids)
    assert all(link.startswith(("/", "#")) for link in outline.links)
    assert {link[1:] for link in outline.links if link.startswith("#")} <= set(outline.ids)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(client: TestClient, page: str) -> None:
    for link in set(Outline(client.get(page).text).links):
        if not link.startswith("#"):
            assert client.get(link, headers=BROWSER).status_code == 200, link


def test_chinese_by_default_english_by_switch_and_remembered(client: TestClient) -> None:
    assert Outline(client.get("/", headers=BROWSER).text).lang == "zh-CN"
    switched = client.get("/?lang=en", headers=BROWSER)
    assert Outline(switched.text).lang == "en"
    assert "lang=en" in switched.headers["set-cookie"]
    assert Outline(client.get("/search", headers=BROWSER).text).lang == "en"
    assert Outline(client.get("/search?lang=zh-CN", headers=BROWSER).text).lang == "zh-CN"


def test_head_answers_for_pages(client: TestClient) -> None:
    answer = client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_newcomer_gets_from_search_to_the_download(client: TestClient) -> None:
    results = client.get("/search?q=站点").text
    assert f'href="/datasets/{STOPS}"' in results
    page = client.get(f"/datasets/{STOPS}").text
    link = re.search(r'href="(/api/v1/[^"]+download\.parquet)"', page)
    assert link
    assert client.get(link[1]).content.startswith(b"PAR1")


def test_open_data_show_preview_quality_lineage_and_balance(client: TestClient) -> None:
    page = client.get(f"/datasets/{STOPS}").text
    for words in ("S00000", "启用时间应填", "站点基础库", "303", "日期无效", "99.50%", "无条件开放"):
        assert words in page
    assert "138" not in page


def test_closed_data_are_explained_with_the_article(client: TestClient) -> None:
    for dataset_id, words in (
        ("health/patients", "第22条"),
        ("health/clinics", "10 个工作日"),
        ("transport/bus_lines", "尚未发布"),
    ):
        page = client.get(f"/datasets/{dataset_id}").text
        assert words in page
        assert "download.csv" not in page
    assert "private-name" not in client.get("/datasets/health/patients").text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "' OR 1=1 --"])
def test_what_people_type_is_text(client: TestClient, text: str) -> None:
    answer = client.get("/search", params={"q": text, "agency": text, "theme": text})
    assert answer.status_code == 200
    Outline(answer.text)
    assert "<img" not in answer.text
    assert "<script" not in answer.text
    assert "49" not in answer.text


def test_hostile_cells_are_text(client: TestClient) -> None:
    assert "=cmd|&#39;/c calc&#39;!A1, &#34;甲&#34;" in client.get(f"/datasets/{STOPS}").text


@pytest.mark.parametrize("path", ["/datasets/x/y", "/nowhere", "/search?opening=maybe", "/datasets/a%00/b"])
def test_browsers_get_problems_as_pages(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"].startswith("text/html")
    assert not Outline(answer.text).open
    assert client.get(path).headers["content-type"] == "application/problem+json"


def test_both_languages_have_all_words() -> None:
    zh, en = CATALOGS[Language.ZH], CATALOGS[Language.EN]
    assert set(zh) == set(en)
    assert len(zh) == sum(len(topic.ZH) for topic in TOPICS), "two topics use the same key"
    placeholders = {key: sorted(re.findall(r"{(\w+)}", zh[key])) for key in zh}
    assert placeholders == {key: sorted(re.findall(r"{(\w+)}", en[key])) for key in en}


@pytest.mark.parametrize(("value", "words"), [(1.0, "100%"), (0.99999, "99.99%"), (0.0, "0.00%"), (2 / 3, "66.66%")])
def test_a_share_is_never_rounded_up(value: float, words: str) -> None:
    assert share(value) == words


def test_sizes_and_languages() -> None:
    assert [size(value) for value in (0, 1023, 1536, 5 * 1024**3)] == ["0 B", "1023 B", "1.5 KB", "5.0 GB"]
    assert [spoken_language(tag) for tag in ("zh", "zh-Hans-CN", "en-GB", "fr", "")] == [
        Language.ZH,
        Language.ZH,
        Language.EN,
        None,
        None,
    ]


@pytest.mark.parametrize("language", Language)
def test_every_operation_is_on_the_page_of_interfaces_in_the_readers_language(client: TestClient, language: Language) -> None:
    page = client.get("/interfaces", params={"lang": language.value}, headers=BROWSER).text
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            zh, slash, en = one["summary"].partition(" / ")
            assert slash, f"{method} {path} has no title in both languages"
            assert f"<code>{method.upper()} {path}</code> {escape(zh if language is Language.ZH else en)}" in page
    told = re.sub(r"<code>.*?</code>|<nav .*?</nav>|<footer.*?</footer>", "", page.partition("<main")[2], flags=re.DOTALL)
    assert bool(re.search("[一-鿿]", told)) is (language is Language.ZH)
