"""The files of an issue exactly as it would go out, with dead personal links."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.delivery.files import date_of, digest_file, issue_files, write_files
from newsletter.delivery.writer import dead_text
from newsletter.issues.describe import describe_variants
from newsletter.issues.lifecycle import find
from newsletter.issues.render import named_variant, renderings_of
from newsletter.issues.variant_number import variant_number


def preview(issue_id: int, *, out: Path, variant: str = "", now: datetime) -> dict[str, Any]:
    """Write issue.html, .txt, .eml and .json into ``out``; returns their paths, sizes and the findings.

    ``variant`` is a number from 1, which is what everybody may see; the answer lists them all. Raises ``NotFound``.
    """
    issue = find(issue_id)
    renderings = renderings_of(issue, now=now)
    rendering = named_variant(renderings, variant)
    files = {**issue_files(issue, rendering, date=date_of(issue, now=now)), **digest_file(rendering)}
    return {
        "issue": issue_id,
        "variant": variant_number(rendering.variant),
        "subject": dead_text(rendering.subject, rendering.nonce),
        "preheader": dead_text(rendering.preheader, rendering.nonce),
        "bytes": {name.rpartition(".")[2]: len(octets) for name, octets in files.items() if name != "issue.json"},
        "files": write_files(out, files),
        "findings": rendering.findings,
        "variants": describe_variants(renderings),
        "milliseconds": rendering.milliseconds,
    }
