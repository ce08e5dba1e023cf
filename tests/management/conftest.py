"""What the tests of the command share."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import ManagementUtility

from tests.management.command import Run


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Call the command within this process."""

    def call(*words: object) -> tuple[int, Any]:
        with pytest.raises(SystemExit) as end:
            ManagementUtility(["newsletter", *map(str, words)]).execute()
        out = capsys.readouterr().out
        return int(end.value.code or 0), json.loads(out) if out.startswith(("{", "[")) and out.count("\n") == 1 else out

    return call
