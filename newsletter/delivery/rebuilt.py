"""A rebuilt issue as its door answers it, and as files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.delivery.files import issue_files, named, write_files
from newsletter.issues.lifecycle import find
from newsletter.issues.rebuild import Rebuild, faults
from newsletter.issues.variant_number import variant_number


def describe_rebuild(done: Rebuild) -> dict[str, Any]:
    """Return what came of a rebuild as plain data."""
    lock = done.locked.lock
    sound = faults(done.locked)
    return {
        "issue": lock.issue_id,
        "seal": lock.seal,
        "lock": lock.digest,
        "approved_at": lock.at,
        "in_force": find(lock.issue_id).seal == lock.seal,
        "same": done.same and not sound,
        "faults": sound,
        "variants": [
            {
                "variant": variant_number(one.variant),
                "same": not one.differs,
                "content_hash": approved.content_hash,
                "differs": list(one.differs),
            }
            for one, approved in zip(done.variants, done.locked.renderings, strict=True)
        ],
        "changed_since": done.changed,
    }


def write_rebuild(done: Rebuild, out: Path) -> list[str]:
    """Write issue.html, .txt and .eml of every variant that could be rendered, with dead personal links."""
    issue = done.locked.material.issue
    files: dict[str, bytes] = {}
    for one in done.variants:
        if one.rendering is not None:
            files |= named(issue_files(issue, one.rendering, date=_date(done)), one.variant)
    return write_files(out, files)


def _date(done: Rebuild) -> datetime:
    return find(done.locked.lock.issue_id).sending_at or done.locked.lock.at
