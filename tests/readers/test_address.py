"""One form for every address; anything that is not one plain address is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import Invalid
from newsletter.readers.address import address_hash, normalise


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" Ada@Readers.Example\u00a0", "ada@readers.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@XN--STRAE-OQA.example", "ada@xn--strae-oqa.example"),
        ("почта@пример.рф", "почта@xn--e1afmkfd.xn--p1ai"),
        ("cafe\u0301@readers.example", "café@readers.example"),
        ("ada@раураl.example", "ada@xn--l-7sba6dbr.example"),
        ("=cmd+x@readers.example", "=cmd+x@readers.example"),
    ],
)
def test_an_address_has_one_form(written: str, kept: str) -> None:
    assert normalise(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ada",
        "@readers.example",
        "ada@",
        "ada@localhost",
        "ada@127.0.0.1",
        "ada@[127.0.0.1]",
        "ada@readers.example\r\nBcc: eve@readers.example",
        "ada\n@readers.example",
        "ada\0@readers.example",
        "ada@readers.example, eve@readers.example",
        "ada@readers.example eve@readers.example",
        "Ada <ada@readers.example>",
        '"ada byron"@readers.example',
        "ada(comment)@readers.example",
        "ada..byron@readers.example",
        "ada\u202e@readers.example",
        "a\u200bda@readers.example",
        "ada＠readers.example",
        "a" * 65 + "@readers.example",
        "a" * 4096 + "@readers.example",
    ],
)
def test_what_is_not_one_plain_address_is_refused(written: str) -> None:
    with pytest.raises(Invalid):
        normalise(written)


@given(st.emails() | st.builds("{}@readers.example".format, st.text(min_size=1, max_size=20)))
def test_a_normal_form_is_its_own_normal_form(written: str) -> None:
    try:
        once = normalise(written)
    except Invalid:
        return
    assert normalise(once) == once


def test_the_hash_hangs_on_the_address_key_alone(settings: Any) -> None:
    before = address_hash("ada@readers.example")
    settings.SECRET_KEY = "rotated"
    kept = address_hash("ada@readers.example")
    settings.ADDRESS_KEY = "other"
    assert (kept == before, address_hash("ada@readers.example") == before, len(before)) == (True, False, 32)
