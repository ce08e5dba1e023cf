"""The playground in a real browser: what is saved is shown, and the console is silent."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from newsletter.rendering.confined import OwnTemplate
from newsletter.rendering.playground import Playground, serve
from newsletter.rendering.render import TEMPLATES

pytestmark = pytest.mark.browser
CLASSIC = (TEMPLATES / "digests" / "classic.mjml.j2").read_text(encoding="utf-8")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def test_what_is_saved_is_shown_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "mine.mjml.j2"
    file.write_text(CLASSIC, encoding="utf-8")
    playground = Playground(lambda: OwnTemplate("mine", file.read_text(encoding="utf-8")), files=(file,))
    server = serve(playground, title="mine", port=0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    said: list[str] = []
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
            page = chromium.new_page(viewport={"width": 1240, "height": 900})
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/?only=ar&articles=3&scheme=both")
            frame = page.frame_locator('iframe[title="375 pixels, dark"]')
            expect(frame.locator("h1")).to_have_text("تحوّلات الشرق الأوسط")
            expect(frame.locator("img")).to_have_js_property("naturalWidth", 1200)
            file.write_text(CLASSIC.replace("parts/masthead", "parts/banner"), encoding="utf-8")
            frame.locator("h1.banner-title").wait_for()
            file.write_text("<mjml>\n{% if %}", encoding="utf-8")
            page.get_by_text("mine.mjml.j2, line 2").wait_for()
            chromium.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert said == []
