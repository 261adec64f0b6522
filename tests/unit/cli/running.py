"""Commands run as a person or a script runs them."""

import json
from typing import Any

from typer.testing import CliRunner

from catalog_service.cli import app


def ran(*words: str) -> str:
    """Return what a command says that ends well."""
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def shown(*words: str) -> Any:
    """Return what it tells scripts."""
    return json.loads(ran(*words, "--json"))
