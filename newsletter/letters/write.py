"""Write a letter once; delivery sends it before any issue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from newsletter.catalogue.models import Sender
from newsletter.errors import Invalid
from newsletter.letters.models import Letter


def write(
    kind: str,
    *,
    key: str,
    sender: Sender,
    address: str,
    name: str = "",
    subject: str,
    html: str = "",
    text: str,
    headers: Mapping[str, str] | None = None,
    now: datetime,
    expires_at: datetime | None = None,
) -> Letter:
    """Store a letter and return it; a second letter with the same ``key`` is the first one.

    Raises ``Invalid`` for a line break or a NUL in what becomes a header.
    """
    for part in (address, name, subject, *(headers or {}), *(headers or {}).values()):
        if any(sign in part for sign in "\r\n\0"):
            raise Invalid("A header of a letter holds a line break.", where=f"letter {kind}", fix="Use one line.")
    domain = sender.address.rsplit("@", 1)[1]
    digest = hashlib.sha256(f"{kind}:{key}".encode()).hexdigest()[:32]
    return Letter.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "sender": sender,
            "address": address,
            "name": name,
            "subject": subject,
            "html": html,
            "text": text,
            "headers": dict(headers or {}),
            "message_id": f"<letter.{digest}@{domain}>",
            "written_at": now,
            "expires_at": expires_at,
        },
    )[0]
