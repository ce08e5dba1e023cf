"""Hold our MJML rendering against npm's: ``make conformance`` (needs node, npm and Chromium).

Every source is compiled twice, by npm mjml and by our pipeline, shown in Chromium at two widths, and the pictures are
compared point by point. ``GALLERY=DIR`` names a folder of .mjml files; without it the project's own digests are
compared. ``KEEP=DIR`` keeps the pictures that differ. Then ten thousand random and broken documents are tried.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright

from benchmarks.npm_mjml import PINNED, compiled
from newsletter.errors import Invalid
from newsletter.rendering.inline import inline
from newsletter.rendering.mjml import compile_mjml
from newsletter.rendering.render import TEMPLATES, mjml_source
from tests.rendering.specimens import NONCE, arabic, chinese, english

WIDTHS = (700, 375)
DOCUMENTS = 10_000
TRIES = 5  # Chromium draws rounded corners at the rim now one way, now another, of one and the same page
# every image of every mail is this one, so that sizes and crops show
IMAGE = """<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="600">
<rect width="1200" height="600" fill="#789"/>
<path d="M0 0L1200 600M1200 0L0 600" stroke="#123" stroke-width="20"/></svg>"""
_STYLE = re.compile(r'<mj-style(?: inline="inline")?>(.*?)</mj-style>', re.DOTALL)


def main() -> None:
    """Print a line for every source, then how many are identical at both widths; exits 1 when one of ours differs."""
    for program in ("node", "npm", "chromium"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing; on Debian: apt-get install nodejs npm chromium")
    gallery = os.environ.get("GALLERY", "")
    if not gallery:
        print("GALLERY names no folder of templates; comparing the project's own digests.")
    same, total = compare(_gallery(Path(gallery)) if gallery else own())
    print(f"{same} of {total} look the same as with {PINNED} at {' and '.join(map(str, WIDTHS))} px.", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/rendering/test_validate.py"]
    print(f"{DOCUMENTS:,} random and broken documents:", flush=True)
    tried = subprocess.run(command, env={**os.environ, "NEWSLETTER_DOCUMENTS": str(DOCUMENTS)}, check=False)
    sys.exit(tried.returncode or (not gallery and same < total))


def compare(sources: dict[str, str]) -> tuple[int, int]:
    """Return how many sources look the same at every width, and how many there are."""
    theirs, same = compiled(sources), 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, source in sources.items():
            page, refusal = _ours(source)
            differing = [width for width in WIDTHS if refusal or not _alike(browser, name, theirs[name], page, width)]
            same += not differing
            told = refusal or (f"different at {' and '.join(map(str, differing))} px" if differing else "same")
            print(f"{name:28s} {told}", flush=True)
        browser.close()
    return same, len(sources)


def own() -> dict[str, str]:
    """Return our digests, their styles left in <style>, where npm's inliner and its trust in quotes do no harm."""
    digests = {"english": english(), "short": english(4), "arabic": arabic(), "chinese": chinese()}
    names = sorted(file.name.removesuffix(".mjml.j2") for file in (TEMPLATES / "digests").glob("*.mjml.j2"))
    return {
        f"{template} {name}": _STYLE.sub(_plain, mjml_source(digest, template=template, nonce=NONCE))
        for template in names
        for name, digest in digests.items()
    }


def _plain(style: re.Match[str]) -> str:
    """Write a style as npm mjml wants it: no references, for it copies them into the CSS as they stand."""
    return f"<mj-style>{html.unescape(style[1])}</mj-style>"


def _gallery(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.mjml"))}


def _ours(source: str) -> tuple[str, str]:
    try:
        return inline(*compile_mjml(source)), ""
    except Invalid as refusal:
        return "", f"refused: {refusal.where}: {refusal.message}"


def _alike(browser: Browser, name: str, theirs: str, ours: str, width: int) -> bool:
    drawn: dict[str, set[bytes]] = {"npm": set(), "ours": set()}
    for _ in range(TRIES):
        pictures = {"npm": _picture(browser, theirs, width), "ours": _picture(browser, ours, width)}
        for who, picture in pictures.items():
            drawn[who].add(picture)
        if alike := not drawn["npm"].isdisjoint(drawn["ours"]):
            break
    if not alike and (keep := os.environ.get("KEEP", "")):
        Path(keep).mkdir(parents=True, exist_ok=True)
        for who, page in (("npm", theirs), ("ours", ours)):
            stem = f"{name.removesuffix('.mjml').replace(' ', '-')}-{width}-{who}"
            (Path(keep) / f"{stem}.png").write_bytes(pictures[who])
            (Path(keep) / f"{stem}.html").write_text(page, encoding="utf-8")
    return alike


def _picture(browser: Browser, page: str, width: int) -> bytes:
    tab = browser.new_page(viewport={"width": width, "height": 800})
    tab.route("**/*", _answer)
    tab.set_content(page)
    picture = tab.screenshot(full_page=True)
    tab.close()
    return picture


def _answer(route: Route) -> None:
    """Give every image the same picture and everything else nothing."""
    if route.request.resource_type == "image":
        route.fulfill(body=IMAGE, content_type="image/svg+xml")
    else:
        route.abort()


if __name__ == "__main__":
    main()
