"""Names of people out of what feeds write into the field of an author."""

from __future__ import annotations

import re

from newsletter.ingest.tidy import tidy

LONGEST = 500
_MAIL = r"[^\s<>()\[\],;]+@[^\s<>()\[\],;]+"
_MAIL_ALONE = re.compile(rf"(?:mailto:)?<?{_MAIL}>?")
_NAME_BEHIND = re.compile(rf"(?:mailto:)?{_MAIL}\s*[(\[](.+)[)\]]")
_MAIL_BEHIND = re.compile(rf"(.+?)[<(\[](?:mailto:)?{_MAIL}[>)\]]")
_ADDRESS = re.compile(r"https?://\S+")


def person(text: str) -> str:
    """Return the name in ``text``, "" where there is only an address: "a@b.example (Jane Doe)" is Jane Doe."""
    name = tidy(text[:LONGEST])
    if _MAIL_ALONE.fullmatch(name) or _ADDRESS.fullmatch(name):
        return ""
    if "@" in name and (found := _NAME_BEHIND.fullmatch(name) or _MAIL_BEHIND.fullmatch(name)):
        name = tidy(found[1])
    return tidy(name[1:-1]) if len(name) > 2 and name[0] == name[-1] == '"' else name
