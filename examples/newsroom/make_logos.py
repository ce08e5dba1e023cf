"""Draw the logos of the sample centers, for light and for dark ground (needs Chromium and Playwright).

python examples/newsroom/make_logos.py
"""

from __future__ import annotations

import shutil
import tomllib
from html import escape
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
HEIGHT = 40  # pixels; drawn at twice the size
PAGE = """<body style="margin:0;background:transparent"><svg xmlns="http://www.w3.org/2000/svg" width="400" height="40"
 fill="none" stroke="{mark}" stroke-width="2"><circle cx="20" cy="20" r="17"/><ellipse cx="20" cy="20" rx="8" ry="17"/>
<path d="M20 3v34M3.5 15.5h33M3.5 24.5h33"/><g fill="{ink}" stroke="none" font-family="Noto Serif" font-weight="700">
<text x="48" y="{first}" font-size="17">Meridian</text>{second}</g></svg></body>"""
SECOND = '<text x="48" y="34" font-size="11" font-family="Noto Sans" font-weight="500">{words}</text>'


def main() -> None:
    """Write two logos for every brand."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 400, "height": HEIGHT}, device_scale_factor=2)
        for file in sorted((HERE / "brands").glob("*.toml")):
            brand = tomllib.loads(file.read_text(encoding="utf-8"))["brand"]
            for ending, mark, ink in (("", brand["accent"], "#1c2329"), ("-dark", "#ffffff", "#ffffff")):
                page.set_content(drawn(brand["name"], mark=mark, ink=ink))
                words = "[...document.querySelectorAll('text')].map(e => e.getBBox().x + e.getBBox().width)"
                width = round(page.evaluate(f"Math.max(...{words})") + 1)
                page.screenshot(
                    path=HERE / "images" / f"logo-{brand['code']}{ending}.png",
                    omit_background=True,
                    clip={"x": 0, "y": 0, "width": width, "height": HEIGHT},
                )
        browser.close()


def drawn(name: str, *, mark: str, ink: str) -> str:
    """Return the page of one logo: the sign, "Meridian", and below it what the center is called besides."""
    words = name.removeprefix("Meridian ").strip()
    return PAGE.format(mark=mark, ink=ink, first=18, second=SECOND.format(words=escape(words)))


if __name__ == "__main__":
    main()
