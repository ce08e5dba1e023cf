"""The text part of each language as readers see it; write new ones with NEWSLETTER_SNAPSHOTS=write and read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsletter.rendering.digest import Digest
from newsletter.rendering.personal import DEAD, fill_all
from newsletter.rendering.render import render
from tests.rendering.specimens import NONCE, arabic, chinese, english

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
LINKS = {name: f"https://newsletter.example/{name}" for name in ("unsubscribe", "preferences", "view")}


@pytest.mark.parametrize("template", ["classic", "compact"])
@pytest.mark.parametrize("digest", [english(), arabic(), chinese()], ids=["en", "ar", "zh"])
def test_the_text_part_is_as_it_was(template: str, digest: Digest) -> None:
    made = fill_all(render(digest, template=template, nonce=NONCE).text, NONCE, {**DEAD, **LINKS})
    file = SNAPSHOTS / f"{template}.{digest.language}.txt"
    if os.environ.get("NEWSLETTER_SNAPSHOTS") == "write":
        file.write_text(made, encoding="utf-8")
    assert made == file.read_text(encoding="utf-8")
