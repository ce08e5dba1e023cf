"""Addresses of exported files: lines of file name, tab, address."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from newsletter.errors import Invalid


def read_url_map(file: Path) -> dict[str, str]:
    """Return file name -> address; raises ``Invalid`` naming the line that cannot be read."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}", where=str(file), fix="Give a UTF-8 file.") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, url = (part.strip() for part in line.partition("\t"))
        if not name or not is_web_address(url):
            raise Invalid(
                f"{line[:80]!r} is no file name, tab, address.", where=f"{file}, line {number}", fix="Correct it."
            )
        found[name] = url
    return found


def is_web_address(url: str) -> bool:
    """Return True for an http(s) address with a host and without blanks."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:
        return False
