"""A return path names one delivery or letter, and cannot be made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.return_path import read_return_path, return_path
from newsletter.errors import Invalid


@given(kind=st.sampled_from("dl"), number=st.integers(0, 2**63 - 1))
def test_a_return_path_gives_back_its_number(kind: str, number: int) -> None:
    assert read_return_path(return_path(kind, number, "bounces.example").decode()) == (kind, number)


@pytest.mark.parametrize(("number", "digits"), [(0, "0"), (35, "z"), (36, "10"), (1295, "zz"), (1296, "100")])
def test_numbers_are_written_to_the_base_36(number: int, digits: str) -> None:
    assert return_path("d", number, "bounces.example").startswith(b"b-d%b-" % digits.encode())


def test_the_number_of_another_is_no_return_path() -> None:
    path = return_path("d", 17, "bounces.example").decode()
    with pytest.raises(Invalid):
        read_return_path(path.replace("b-dh-", "b-di-"))
