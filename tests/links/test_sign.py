"""Tokens name what they were made for and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import Invalid
from newsletter.links.sign import KINDS, make, read


@given(kind=st.sampled_from(sorted(KINDS)), ids=st.lists(st.integers(0, 2**63), min_size=1, max_size=4))
def test_a_token_gives_back_its_ids(kind: str, ids: list[int]) -> None:
    assert read(kind, make(kind, *ids)) == tuple(ids)


@given(ids=st.lists(st.integers(0, 2**40), min_size=1, max_size=3), bit=st.integers(0, 5000))
def test_one_bit_changed_is_refused(ids: list[int], bit: int) -> None:
    token = bytearray(make("unsubscribe", *ids).encode())
    token[bit // 8 % len(token)] ^= 1 << bit % 8
    with pytest.raises(Invalid):
        read("unsubscribe", token.decode("latin-1"))


def test_a_token_of_another_kind_is_refused() -> None:
    with pytest.raises(Invalid):
        read("preferences", make("unsubscribe", 1, 2))


@pytest.mark.parametrize("token", ["", "x", "preview", "é", "A" * 5000, "../../etc/passwd"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Invalid):
        read("unsubscribe", token)


def test_a_link_outlives_a_new_key_in_front(settings: Any) -> None:
    settings.LINK_KEYS = {1: "the old key"}
    token = make("unsubscribe", 7, 8)
    settings.LINK_KEYS = {2: "the new key", 1: "the old key"}
    assert (read("unsubscribe", token), make("unsubscribe", 7, 8) == token) == ((7, 8), False)


def test_a_link_dies_with_its_key(settings: Any) -> None:
    settings.LINK_KEYS = {1: "the old key"}
    token = make("unsubscribe", 7, 8)
    settings.LINK_KEYS = {2: "the new key"}
    with pytest.raises(Invalid):
        read("unsubscribe", token)


def test_a_key_under_the_id_of_another_is_refused(settings: Any) -> None:
    settings.LINK_KEYS = {1: "the old key"}
    token = make("unsubscribe", 7, 8)
    settings.LINK_KEYS = {1: "a stranger"}
    with pytest.raises(Invalid):
        read("unsubscribe", token)
