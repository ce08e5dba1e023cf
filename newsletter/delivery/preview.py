"""The files of an issue exactly as it would go out, with dead personal links."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.delivery.message import Copy
from newsletter.delivery.writer import compile_rendering, message_id
from newsletter.issues.lifecycle import find
from newsletter.issues.render import rendering_of
from newsletter.rendering.personal import DEAD, fill, split

READER = "reader@example.org"


def preview(issue_id: int, *, out: Path, now: datetime) -> dict[str, Any]:
    """Write issue.html, .txt, .eml and .json into ``out``; returns their paths, sizes and the findings."""
    issue = find(issue_id)
    rendering = rendering_of(issue, now=now)

    def dead(text: str) -> str:
        return "".join(
            part if isinstance(part, str) else fill(part, DEAD) for part in split(text, rendering.nonce)
        )

    copy = Copy(message_id(issue_id, 0, issue.newsletter.sender), "", READER, DEAD)
    files = {
        "issue.html": dead(rendering.html).encode(),
        "issue.txt": dead(rendering.text).encode(),
        "issue.eml": compile_rendering(issue, rendering, date=now).file(copy),
        "issue.json": json.dumps(rendering.digest, ensure_ascii=False, indent=2, sort_keys=True).encode(),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, octets in files.items():
        (out / name).write_bytes(octets)
    return {
        "issue": issue_id,
        "subject": dead(rendering.subject),
        "preheader": dead(rendering.preheader),
        "bytes": {name.rpartition(".")[2]: len(octets) for name, octets in files.items() if name != "issue.json"},
        "files": [str(out / name) for name in files],
        "findings": rendering.findings,
        "milliseconds": rendering.milliseconds,
    }
