"""The files of an issue exactly as it would go out, with dead personal links."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.delivery.message import Copy
from newsletter.delivery.writer import compile_rendering, dead_text, dead_values, message_id
from newsletter.errors import Invalid
from newsletter.issues.lifecycle import find
from newsletter.issues.render import rendering_of
from newsletter.links import addresses

READER = "reader@example.org"


def preview(issue_id: int, *, out: Path, now: datetime) -> dict[str, Any]:
    """Write issue.html, .txt, .eml and .json into ``out``; returns their paths, sizes and the findings."""
    issue = find(issue_id)
    rendering = rendering_of(issue, now=now)

    sender = issue.newsletter.sender
    way_out = (addresses.dead("unsubscribe"), f"mailto:leave+{addresses.DEAD}@{sender.bounce_domain}")
    copy = Copy(message_id(issue_id, 0, sender), "", READER, dead_values(), way_out)
    files = {
        "issue.html": dead_text(rendering.html, rendering.nonce).encode(),
        "issue.txt": dead_text(rendering.text, rendering.nonce).encode(),
        "issue.eml": compile_rendering(issue, rendering, date=now).file(copy),
        "issue.json": json.dumps(rendering.digest, ensure_ascii=False, indent=2, sort_keys=True).encode(),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, octets in files.items():
            (out / name).write_bytes(octets)
    except OSError as error:
        reason = f"{out} cannot be written: {error.strerror}."
        raise Invalid(reason, where="--out", fix="Name a folder you may write to.") from None
    return {
        "issue": issue_id,
        "subject": dead_text(rendering.subject, rendering.nonce),
        "preheader": dead_text(rendering.preheader, rendering.nonce),
        "bytes": {name.rpartition(".")[2]: len(octets) for name, octets in files.items() if name != "issue.json"},
        "files": [str(out / name) for name in files],
        "findings": rendering.findings,
        "milliseconds": rendering.milliseconds,
    }
