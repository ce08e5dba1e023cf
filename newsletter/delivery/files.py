"""An issue as files: what every copy holds, with dead personal links, and one whole message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from newsletter.delivery.message import Copy
from newsletter.delivery.writer import compile_rendering, dead_text, dead_values, message_id
from newsletter.errors import Invalid
from newsletter.issues.models import Issue, IssueLock, IssueRendering
from newsletter.links import addresses

READER = "reader@example.org"


def issue_files(issue: Issue, rendering: IssueRendering, *, date: datetime) -> dict[str, bytes]:
    """Return issue.html, .txt and .eml; the message carries ``date`` unless the issue was sent."""
    sender = issue.newsletter.sender
    way_out = (addresses.dead("unsubscribe"), f"mailto:leave+{addresses.DEAD}@{sender.bounce_domain}")
    copy = Copy(message_id(issue.pk, 0, sender), "", READER, dead_values(), way_out)
    return {
        "issue.html": dead_text(rendering.html, rendering.nonce).encode(),
        "issue.txt": dead_text(rendering.text, rendering.nonce).encode(),
        "issue.eml": compile_rendering(issue, rendering, date=date).file(copy),
    }


def digest_file(rendering: IssueRendering) -> dict[str, bytes]:
    """Return issue.json, from which a designer renders."""
    return {"issue.json": json.dumps(rendering.digest, ensure_ascii=False, indent=2, sort_keys=True).encode()}


def named(files: Mapping[str, bytes], variant: str) -> dict[str, bytes]:
    """Return the files under names of their variant: issue.html, issue.short.html."""
    if not variant:
        return dict(files)
    return {name.replace("issue.", f"issue.{variant}.", 1): octets for name, octets in files.items()}


def write_files(out: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write the files into a folder, which is made; returns their paths. Raises ``Invalid``."""
    try:
        for name, octets in files.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(octets)
    except OSError as error:
        reason = f"{out} cannot be written: {error.strerror}."
        raise Invalid(reason, where="--out", fix="Name a folder you may write to.") from None
    return [str(out / name) for name in files]


def date_of(issue: Issue, *, now: datetime) -> datetime:
    """Return the date a message of the issue carries: when it was sent, else approved, else ``now``."""
    approved = IssueLock.objects.filter(issue=issue, seal=issue.seal).first() if issue.seal else None
    return issue.sending_at or (approved.at if approved else now)
