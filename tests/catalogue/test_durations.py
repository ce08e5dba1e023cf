"""Spans as people write them, and none that no calendar holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.catalogue.durations import duration
from newsletter.errors import Invalid


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90m", timedelta(minutes=90)),
        ("1d12h", timedelta(hours=36)),
        ("2w", timedelta(weeks=2)),
        ("0m", timedelta()),
        ("36525d", timedelta(days=36_525)),
    ],
)
def test_a_span_is_read(text: str, meant: timedelta) -> None:
    assert duration(text) == meant


@pytest.mark.parametrize("text", ["", "m", "-1h", "1 h", "1.5h", "36526d", "99999w", "9w" * 2000])
def test_what_is_no_span_is_refused_and_the_field_named(text: str) -> None:
    with pytest.raises(Invalid) as told:
        duration(text, where="spread")
    assert told.value.where == "spread"
