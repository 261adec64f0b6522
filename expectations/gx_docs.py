"""Data Docs of one check as a page that loads nothing from elsewhere.

Here: the page of one suite's results, and the list of pages. History is kept in the `quality` zone, not in pages. Not here:
evaluating (gx_engine).
"""

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view import view

_ELSEWHERE = re.compile(
    r"""<(link|img)[^>]+(href|src)=["']https?:[^>]*>|<script[^>]+src=["']https?:[^>]*>\s*</script>|<footer.*?</footer>""", re.S
)
_STYLE = "body{font-family:sans-serif;margin:1rem}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3rem}"


def write_page(results: Any, path: Path) -> None:  # noqa: ANN401  results of a suite
    """Write the page of one suite's results, without what it would load from other machines."""
    renderer: Any = view.DefaultJinjaPageView()
    page = _ELSEWHERE.sub("", str(renderer.render(ValidationResultsPageRenderer().render(results))))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page.replace("</head>", f"<style>{_STYLE}</style></head>", 1), encoding="utf-8")


def write_index(folder: Path, pages: Sequence[tuple[str, str, bool]]) -> None:
    """Write the list of pages: title, file name, whether all rules passed."""
    rows = "".join(
        f'<tr><td><a href="{html.escape(name)}">{html.escape(title)}</a></td><td>{"通过" if good else "未通过"}</td></tr>'
        for title, name, good in pages
    )
    head = f'<head><meta charset="utf-8"><title>Data Docs</title><style>{_STYLE}</style></head>'
    body = f"<body><h1>Data Docs</h1><table>{rows}</table></body>"
    (folder / "index.html").write_text(f'<!doctype html><html lang="zh-CN">{head}{body}</html>', encoding="utf-8")
