"""Digests in a real browser: as wide as the screen, dark when asked, from right to left where that is the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from newsletter.rendering.digest import Digest
from newsletter.rendering.personal import DEAD, fill_all
from newsletter.rendering.render import render
from tests.rendering.specimens import NONCE, arabic, chinese, english

pytestmark = pytest.mark.browser
DIGESTS = {"en": english(), "short": english(4), "ar": arabic(), "zh": chinese()}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield chromium
        chromium.close()


def opened(browser: Browser, digest: Digest, *, width: int, scheme: str) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.route("http*://**", lambda route: route.abort())
    made = render(digest, template="classic", nonce=NONCE)
    page.set_content(fill_all(made.html, NONCE, DEAD))
    return page


@pytest.mark.parametrize("width", [700, 375, 320])
@pytest.mark.parametrize("name", DIGESTS)
def test_nothing_is_wider_than_the_screen(browser: Browser, name: str, width: int) -> None:
    page = opened(browser, DIGESTS[name], width=width, scheme="light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(22, 25, 29)")])
def test_paper_is_dark_when_the_reader_wants_it_dark(browser: Browser, scheme: str, ground: str) -> None:
    page = opened(browser, english(), width=700, scheme=scheme)
    papers = page.evaluate("[...document.querySelectorAll('.paper')].map(e => getComputedStyle(e).backgroundColor)")
    assert set(papers) == {ground}
    page.close()


def test_arabic_begins_at_the_right(browser: Browser) -> None:
    page = opened(browser, arabic(), width=700, scheme="light")
    rights = page.evaluate(
        "[...document.querySelectorAll('h1, h2')].map(e => { const r = document.createRange();"
        " r.selectNodeContents(e); return Math.round(r.getBoundingClientRect().right) })"
    )
    assert set(rights) == {700 - 30 - 32}  # the margin around 640 pixels, then the padding
    page.close()


def test_pictures_stand_beside_the_text_on_the_wide_screen_and_above_it_on_the_narrow_one(browser: Browser) -> None:
    where = "[...document.querySelectorAll('.thumb img')].map(e => Math.round(e.getBoundingClientRect().width))"
    for width, wanted in ((700, 176), (375, 335)):
        page = opened(browser, english(3, images=3), width=width, scheme="light")
        assert page.evaluate(where) == [wanted, wanted]
        page.close()
