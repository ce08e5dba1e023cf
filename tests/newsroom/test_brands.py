"""The sample centers look like themselves, and nothing they choose is hard to read."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.catalogue.look import look
from newsletter.catalogue.place import Place
from newsletter.rendering.digest import Brand
from newsletter.rendering.proofread import proofread
from newsletter.rendering.render import render
from newsletter.rendering.sample import sample
from tests.rendering.sample import NONCE

BRANDS = sorted((Path(__file__).parents[2] / "examples" / "newsroom" / "brands").glob("*.toml"))
LOGOS = {"logo": "https://m.example/logo.png", "logo_dark": "https://m.example/logo-dark.png", "logo_width": 120}


def brand(file: Path, **more: Any) -> Brand:
    design = look(tomllib.loads(file.read_text(encoding="utf-8"))["brand"], Place(file.name, "brand"))
    return Brand(**{key: value for key, value in (design | more).items() if key in Brand.__dataclass_fields__})


@pytest.mark.parametrize("file", BRANDS, ids=[file.stem for file in BRANDS])
@pytest.mark.parametrize("template", ["classic", "compact", "single", "briefing"])
def test_every_text_of_a_brand_can_be_read_in_light_and_in_dark(file: Path, template: str) -> None:
    digest = replace(sample("en", items=9, images=3), brand=brand(file, **LOGOS))
    found = proofread(render(digest, template=template, nonce=NONCE), digest, production=True)
    assert [(finding.rule, finding.place) for finding in found if finding.level == "E"] == []


def test_no_two_brands_have_the_same_colour() -> None:
    assert len({brand(file).accent for file in BRANDS}) == len(BRANDS) == 6


@pytest.mark.parametrize(("template", "logos"), [("classic", ["logo-dark"]), ("briefing", ["logo", "logo-dark"])])
def test_a_logo_for_dark_ground_stands_where_the_ground_is_dark(template: str, logos: list[str]) -> None:
    digest = replace(sample("en"), brand=brand(BRANDS[0], **LOGOS))
    html = render(digest, template=template, nonce=NONCE).html
    assert [name for name in ("logo", "logo-dark") if f'src="https://m.example/{name}.png"' in html] == logos


def test_the_logo_for_dark_ground_is_hidden_where_styles_for_dark_are_not_known() -> None:
    digest = replace(sample("en"), brand=brand(BRANDS[0], **LOGOS))
    html = render(digest, template="briefing", nonce=NONCE).html
    hidden = html[: html.index("logo-dark.png")].rpartition('class="edge for-dark"')[2]
    assert "display:none" in hidden.replace(" ", "")
