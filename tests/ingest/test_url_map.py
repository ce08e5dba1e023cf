"""Addresses of exported files."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import Invalid
from newsletter.ingest.url_map import read_url_map


def test_names_and_addresses_are_read_past_marks_blanks_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "urls.tsv"
    file.write_bytes(
        "\ufeff# name, address\r\na.txt\thttps://meridian.example/a\r\n\r\nb c.txt\thttps://x.org/b \r\n".encode()
    )
    assert read_url_map(file) == {"a.txt": "https://meridian.example/a", "b c.txt": "https://x.org/b"}


@pytest.mark.parametrize(
    "line", ["a.txt", "a.txt\tjavascript:alert(1)", "a.txt\thttps://", "a.txt\thttp://[x", "a\thttps://x y"]
)
def test_a_line_that_is_no_address_is_refused_with_its_place(tmp_path: Path, line: str) -> None:
    file = tmp_path / "urls.tsv"
    file.write_text("ok.txt\thttps://x.org/1\n" + line)
    with pytest.raises(Invalid) as refused:
        read_url_map(file)
    assert refused.value.where.endswith("line 2")
