"""Render a digest from a JSON file, without Django or a database: for people who design templates.

``python -m newsletter.rendering DIGEST.json --out DIR`` writes issue.html and issue.txt and prints the findings.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from newsletter.errors import Invalid
from newsletter.rendering.digest import from_dict
from newsletter.rendering.personal import DEAD, fill_all
from newsletter.rendering.proofread import proofread
from newsletter.rendering.render import TEMPLATES, render

NONCE = "0123456789abcdef"
LINKS = {name: f"https://newsletter.example/{name}" for name in ("unsubscribe", "preferences", "view")}


def main(words: list[str] | None = None) -> int:
    """Return 0 when the digest was rendered, 1 when it cannot be (the reason is printed)."""
    asked = _parser().parse_args(words)
    try:
        digest = from_dict(json.loads(asked.digest.read_text(encoding="utf-8")))
        rendering = render(digest, template=asked.template, nonce=NONCE, templates=asked.templates)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"{asked.digest}: {error}\n")
        return 1
    except Invalid as error:
        sys.stderr.write(f"{error.where}: {error.message} {error.fix}\n")
        return 1
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, text in (("issue.html", rendering.html), ("issue.txt", rendering.text)):
        (asked.out / name).write_text(fill_all(text, NONCE, {**DEAD, **LINKS}), encoding="utf-8")
    for finding in proofread(rendering, digest, production=False, now=datetime.now(UTC)):
        sys.stdout.write(f"{finding.level} {finding.rule}: {finding.place}: {finding.fix}\n")
    sys.stdout.write(
        f"{len(rendering.html.encode()):,} bytes of HTML in {rendering.milliseconds:.0f} ms: {asked.out}\n"
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m newsletter.rendering", description=__doc__)
    parser.add_argument("digest", type=Path, help="a digest as `newsletter preview` writes it (issue.json)")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write into")
    parser.add_argument("--template", default="classic")
    parser.add_argument("--templates", type=Path, default=TEMPLATES, help="the folder that holds digests/")
    return parser


if __name__ == "__main__":
    sys.exit(main())
