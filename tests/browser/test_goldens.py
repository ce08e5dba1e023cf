"""Digests look as they looked when somebody last looked at them: pictures kept beside the tests, with a tolerance.

The pictures are made by Debian's Chromium with Noto Serif, Noto Sans, Noto Naskh Arabic and Noto Sans CJK SC (packages
chromium, fonts-noto-core, fonts-noto-cjk). Make new ones with ``NEWSLETTER_GOLDENS=write make test-browser`` and look
at each before it is committed.
"""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, sync_playwright

from newsletter.rendering.digest import Brand, Digest
from newsletter.rendering.personal import DEAD, fill_all
from newsletter.rendering.playground.picture import inside, with_pictures
from newsletter.rendering.render import render
from newsletter.rendering.sample import sample
from tests.rendering.specimens import NONCE

pytestmark = pytest.mark.browser
GOLDENS = Path(__file__).parent / "goldens"
STEADY = ["--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb", "--hide-scrollbars"]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FONTS = (
    (r"'Geeza Pro'[^;\"]*?sans-serif", "'Noto Naskh Arabic', 'Noto Sans'"),
    (r"'PingFang SC'[^;\"]*?sans-serif", "'Noto Sans CJK SC'"),
    (r"Georgia[^;\"]*?serif", "'Noto Serif'"),
    (r"'Helvetica Neue'[^;\"]*?sans-serif", "'Noto Sans'"),
)
COLOURS = 160  # of a kept picture
FAR = 32  # how far a channel of a pixel may be off: the few colours of a kept picture, and the edges of letters
MOST_FAR = 0.0003  # the share of pixels that may be further off; the same page comes to at most 0.00013
MOST_HEIGHT = 3  # pixels by which a page may grow or shrink
CASES = [
    *((language, "classic", width, scheme) for language in ("en", "ar", "zh") for width in (700, 375)
      for scheme in ("light", "dark")),
    ("en", "compact", 375, "light"),
    ("en", "single", 700, "light"),
    ("ar", "briefing", 375, "dark"),
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*QUIET, *STEADY])
        yield chromium
        chromium.close()


def digest(language: str) -> Digest:
    return sample(language, items=6, images=3)


def shot(browser: Browser, digest: Digest, template: str, width: int, scheme: str) -> Image.Image:
    html = fill_all(render(digest, template=template, nonce=NONCE).html, NONCE, DEAD)
    for pattern, font in FONTS:
        html = re.sub(pattern, font, html)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.set_content(with_pictures(html, inside))
    page.evaluate("document.fonts.ready")
    octets = page.screenshot(full_page=True)
    page.close()
    return Image.open(io.BytesIO(octets)).convert("RGB")


def difference(kept: Image.Image, now: Image.Image) -> str:
    """Return in words how two pictures differ, "" when they do not beyond the tolerance."""
    if kept.width != now.width or abs(kept.height - now.height) > MOST_HEIGHT:
        return f"{now.width} x {now.height} pixels in place of {kept.width} x {kept.height}"
    both = (0, 0, kept.width, min(kept.height, now.height))
    channels = ImageChops.difference(kept.crop(both), now.crop(both)).split()
    worst = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    share = sum(worst.histogram()[FAR:]) / (worst.width * worst.height)
    return f"{share:.2%} of the pixels are another colour" if share > MOST_FAR else ""


def golden(language: str, template: str, width: int, scheme: str) -> Path:
    return GOLDENS / f"{template}.{language}.{width}.{scheme}.png"


@pytest.mark.parametrize(("language", "template", "width", "scheme"), CASES)
def test_a_digest_looks_as_it_did(browser: Browser, language: str, template: str, width: int, scheme: str) -> None:
    now, file = shot(browser, digest(language), template, width, scheme), golden(language, template, width, scheme)
    if os.environ.get("NEWSLETTER_GOLDENS") == "write":
        GOLDENS.mkdir(exist_ok=True)
        now.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    assert difference(Image.open(file).convert("RGB"), now) == ""


def changed(digest: Digest, change: str) -> Digest:
    first, *others = digest.sections
    item, *items = first.items
    match change:
        case "accent":
            return replace(digest, brand=replace(digest.brand, accent="#2f6e49"))
        case "word":
            return replace(digest, sections=(replace(first, items=(replace(item, headline="What"), *items)), *others))
        case "font":
            return replace(digest, brand=Brand(digest.brand.name, serif="'Noto Sans'", sans="'Noto Sans'"))
        case "byline":
            return replace(
                digest, sections=(replace(first, items=(replace(item, byline="Nobody", signed=()), *items)), *others)
            )
        case "muted":
            return replace(digest, brand=replace(digest.brand, muted="#000000", rule="#000000"))
    raise ValueError(change)


@pytest.mark.parametrize("change", ["accent", "word", "font", "byline", "muted"])
@pytest.mark.parametrize("width", [700, 375])
def test_a_change_that_can_be_seen_is_seen(browser: Browser, change: str, width: int) -> None:
    kept = Image.open(golden("en", "classic", width, "light")).convert("RGB")
    assert difference(kept, shot(browser, changed(digest("en"), change), "classic", width, "light"))


def test_right_to_left_that_is_lost_is_seen(browser: Browser) -> None:
    kept = Image.open(golden("ar", "classic", 700, "light")).convert("RGB")
    assert difference(kept, shot(browser, replace(digest("ar"), direction="ltr"), "classic", 700, "light"))


def test_all_goldens_are_small_together() -> None:
    assert sum(file.stat().st_size for file in GOLDENS.glob("*.png")) < 3_000_000
    assert len(list(GOLDENS.glob("*.png"))) == len(CASES)
