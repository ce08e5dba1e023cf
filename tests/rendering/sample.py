"""A digest to render in tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from newsletter.rendering.digest import Brand, Digest, Item, Section

NONCE = "0123456789abcdef"


def item(number: int = 1, **given: Any) -> Item:
    plain: dict[str, Any] = {
        "article_id": number,
        "headline": "The harbor that one port built" if number == 1 else f"A port of call, no. {number}",
        "teaser": "A port on the Arabian Sea has become a test of who writes the rules of trade.",
        "byline": "Ada Byron and Li Wei",
        "url": f"https://meridian.example/2026/11/harbor-{number}",
        "label": "Commentary",
    }
    return Item(**{**plain, **given})


def digest(*items: Item, **given: Any) -> Digest:
    made = Digest(
        newsletter="ctw",
        title="This Week",
        language="en",
        direction="ltr",
        date="Thursday, November 26, 2026",
        subject="This Week: the harbor",
        preheader="Who writes the rules of trade, and three more stories.",
        sections=(Section("Analysis", items or (item(1), item(2))),),
        brand=Brand(name="Meridian Institute"),
        sender="Meridian Institute",
        postal_address="1 Example Street, Washington",
        disclaimers=("Meridian Institute does not take institutional positions.",),
    )
    return replace(made, **given)
