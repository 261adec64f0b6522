"""Fixtures of the connector tests."""

from pathlib import Path

import pytest

from tests.unit.pipelines.connectors.support import Deliverer


@pytest.fixture
def deliver(tmp_path: Path) -> Deliverer:
    return Deliverer(tmp_path)
