"""Hold our MJML rendering against npm's: ``make conformance`` (needs node, npm and Chromium).

Every source is compiled twice, by npm mjml and by our pipeline, shown in Chromium at two widths, and the pictures are
compared. ``GALLERY=DIR`` names a folder of .mjml files; without it the project's own digests are compared.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from newsletter.errors import Invalid
from newsletter.rendering.inline import inline
from newsletter.rendering.mjml import compile_mjml
from newsletter.rendering.render import mjml_source
from tests.rendering.specimens import NONCE, arabic, chinese, english

PINNED = "mjml@4.18.0"
WIDTHS = (700, 375)
WORK = Path(".newsletter") / "conformance"
SCRIPT = """
const found = require('mjml'); const mjml = found.default || found; const fs = require('fs');
const sources = JSON.parse(fs.readFileSync(0));
const out = {};
for (const [name, source] of Object.entries(sources)) {
  try { out[name] = mjml(source, {validationLevel: 'skip', fonts: {}}).html }
  catch (error) { out[name] = String(error) }
}
process.stdout.write(JSON.stringify(out));
"""


def main() -> None:
    """Print a line for every source and width, and a summary; exits 1 when our own digests differ."""
    for program in ("node", "npm", "chromium"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing; on Debian: apt-get install nodejs npm chromium")
    gallery = os.environ.get("GALLERY", "")
    found = _gallery(Path(gallery)) if gallery else _own()
    if not gallery:
        print("GALLERY names no folder; comparing the project's own digests.")
    theirs = _theirs(found)
    same = total = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, source in found.items():
            for width in WIDTHS:
                total += 1
                equal = _picture(browser, theirs[name], width) == _picture(browser, _ours(source), width)
                same += equal
                print(f"{'same     ' if equal else 'DIFFERENT'} {width:4d} {name}")
        browser.close()
    print(f"{same} of {total} pictures are identical.")


def _gallery(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.mjml"))}


def _own() -> dict[str, str]:
    """Return our digests, their styles left in <style>: npm's inliner fails on them."""
    digests = {"english": english(), "short": english(4), "arabic": arabic(), "chinese": chinese()}
    sources = {name: mjml_source(digest, template="classic", nonce=NONCE) for name, digest in digests.items()}
    return {name: source.replace(' inline="inline"', "") for name, source in sources.items()}


def _ours(source: str) -> str:
    try:
        return inline(*compile_mjml(source))
    except Invalid as refusal:
        print(f"          refused: {refusal.message} {refusal.where}")
        return ""


def _theirs(found: dict[str, str]) -> dict[str, str]:
    WORK.mkdir(parents=True, exist_ok=True)
    if not (WORK / "node_modules" / "mjml").is_dir():
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-save", PINNED]
        subprocess.run(install, cwd=WORK, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        ["node", "-e", SCRIPT], cwd=WORK, input=json.dumps(found), capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def _picture(browser: Browser, html: str, width: int) -> bytes:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.route("http*://**", lambda route: route.abort())
    page.set_content(html)
    picture = page.screenshot(full_page=True)
    page.close()
    return picture


if __name__ == "__main__":
    main()
