"""Addresses that stand in mail."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.links import addresses
from newsletter.links.sign import read


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = "https://news.example"


def test_both_ways_out_carry_one_token() -> None:
    web, mail = addresses.ways_out("bounces.example", 8, 9)(7)
    token = web.removeprefix("https://news.example/u/")
    assert read("unsubscribe", token) == (7, 8, 9)
    assert mail == f"mailto:leave+{token}@bounces.example?subject=unsubscribe"


def test_preferences_name_reader_and_newsletter() -> None:
    assert read("preferences", addresses.preferences(7, 8).removeprefix("https://news.example/p/")) == (7, 8)


def test_the_view_names_nobody() -> None:
    assert read("view", addresses.view(9).removeprefix("https://news.example/v/")) == (9,)


def test_the_local_part_of_the_way_out_by_mail_fits_rfc_5321_at_large_ids() -> None:
    mail = addresses.unsubscribe_mailto("bounces.example", 2**34, 2**20, 2**27)
    assert len(mail.removeprefix("mailto:").split("@")[0]) <= 64


@pytest.mark.parametrize("kind", ["unsubscribe", "preferences", "view", "confirm"])
def test_previews_carry_dead_addresses(kind: str) -> None:
    assert addresses.dead(kind).endswith("/preview")
