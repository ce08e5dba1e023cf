"""Make ``newsletter/rendering/client_support.json`` anew from the data of Can I email (needs npm).

Kept are the CSS properties that at least one of the clients below does not know, by the newest test of each; its
source, date and licence go along.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

PINNED = "caniemail@2.0.2"  # republishes caniemail.com/api/data.json on npm
TARGET = Path(__file__).parents[1] / "newsletter" / "rendering" / "client_support.json"
WORK = Path(".newsletter") / "client-support"
CLIENTS = {
    ("apple-mail", "macos"): "Apple Mail",
    ("apple-mail", "ios"): "Apple Mail on iOS",
    ("gmail", "desktop-webmail"): "Gmail",
    ("gmail", "ios"): "Gmail on iOS",
    ("gmail", "android"): "Gmail on Android",
    ("outlook", "windows"): "Outlook on Windows",
    ("outlook", "macos"): "Outlook on macOS",
    ("outlook", "outlook-com"): "Outlook.com",
    ("yahoo", "desktop-webmail"): "Yahoo! Mail",
    ("samsung-email", "android"): "Samsung Email",
}
SIDES = ("start", "end")
SEVERAL = {  # features that speak of more properties than their name says
    "css-block-inline-size": ["block-size"],
    "css-border-inline-block": ["border-inline", "border-block"],
    "css-border-inline-block-individual": [f"border-{way}-{side}" for way in ("inline", "block") for side in SIDES],
    "css-border-inline-block-longhand": [
        f"border-{way}-{what}" for way in ("inline", "block") for what in ("color", "style", "width")
    ],
    "css-border-radius-logical": [f"border-{one}-{other}-radius" for one in SIDES for other in SIDES],
    "css-column-layout-properties": ["columns", "column-rule", "column-span", "column-width", "column-fill"],
    "css-gap": ["gap", "column-gap", "row-gap"],
    "css-grid-template": ["grid-template", "grid-template-areas", "grid-template-columns", "grid-template-rows"],
    "css-left-right-top-bottom": ["left", "right", "top", "bottom"],
    "css-margin-block-start-end": ["margin-block-start", "margin-block-end"],
    "css-margin-inline-block": ["margin-inline", "margin-block"],
    "css-margin-inline-start-end": ["margin-inline-start", "margin-inline-end"],
    "css-padding-block-start-end": ["padding-block-start", "padding-block-end"],
    "css-padding-inline-block": ["padding-inline", "padding-block"],
    "css-padding-inline-start-end": ["padding-inline-start", "padding-inline-end"],
    "css-scroll-snap": ["scroll-snap-type", "scroll-snap-align"],
}
NO_PROPERTIES = ("css-at-", "css-function-", "css-pseudo-", "css-selector-", "css-unit-", "css-display-")
OTHERS = ("css-comments", "css-important", "css-nesting", "css-rgb", "css-rgba", "css-variables", "css-modern-color")


def main() -> None:
    """Write the table and say how much it holds."""
    data = _fetched()
    properties: dict[str, list[str]] = {}
    for feature in data["data"]:
        missing = [_key(client) for client in CLIENTS if _is_missing(feature["stats"], *client)]
        for name in _properties(feature) if missing else ():
            properties[name] = missing
    table = {
        "source": "https://www.caniemail.com/api/data.json",
        "package": PINNED,
        "date": data["last_update_date"][:10],
        "license": "MIT License, Copyright (c) 2019 HTeuMeuLeu; the whole text: docs/reference/proofread.md",
        "clients": {_key(client): name for client, name in CLIENTS.items()},
        "properties": dict(sorted(properties.items())),
    }
    TARGET.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(properties)} properties, data of {table['date']}: {TARGET}")


def _fetched() -> dict[str, Any]:
    WORK.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(["npm", "pack", "--silent", PINNED], cwd=WORK, check=True, capture_output=True, text=True)
    with tarfile.open(WORK / packed.stdout.split()[-1]) as archive:
        file = archive.extractfile("package/data/caniemail.json")
        assert file is not None
        return dict(json.load(file))


def _key(client: tuple[str, str]) -> str:
    return " ".join(client)


def _is_missing(stats: dict[str, Any], family: str, platform: str) -> bool:
    tests = stats.get(family, {}).get(platform, {})
    return bool(tests) and str(list(tests.values())[-1]).startswith("n")


def _properties(feature: dict[str, Any]) -> list[str]:
    slug = str(feature["slug"])
    if feature["category"] != "css" or slug.startswith(NO_PROPERTIES) or slug in OTHERS:
        return []
    if slug in SEVERAL:
        return SEVERAL[slug]
    name = slug.removeprefix("css-")
    return (
        [name]
        if not name.endswith("-gradient") and name not in ("sytem-ui", "intrinsic-size", "inert-attribute")
        else []
    )


if __name__ == "__main__":
    main()
