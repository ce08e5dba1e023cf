"""What the tests of pace share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.pace.own_valkey import OwnValkey


@pytest.fixture
def own_valkey() -> Iterator[OwnValkey]:
    with tempfile.TemporaryDirectory(prefix="pace-") as folder:
        server = OwnValkey(Path(folder))
        try:
            yield server
        finally:
            server.kill()
