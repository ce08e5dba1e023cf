"""Records that were refused, kept with their reason, place and text until they come again in order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from newsletter.ingest.models import QuarantinedRecord
from newsletter.ingest.source import RefusedRecord

LONGEST_TEXT = 1_000_000


def quarantine(refused: Sequence[RefusedRecord], *, source: str, form: str = "page-export", now: datetime) -> None:
    """Keep each record once; one that was refused before gets its present reason and keeps its first date.

    ``form`` is that of records which do not say how their text is written.
    """
    QuarantinedRecord.objects.bulk_create(
        [
            QuarantinedRecord(
                source=source,
                key=record.key,
                content_hash=hashlib.sha256(record.text.encode("utf-8", "replace")).hexdigest(),
                reason=record.reason,
                message=record.message[:500],
                position=record.position[:40],
                form=record.form or form,
                url=record.url[:2000],
                text=record.text[:LONGEST_TEXT],
                first_seen_at=now,
                seen_at=now,
            )
            for record in {record.key: record for record in refused}.values()
        ],
        update_conflicts=True,
        unique_fields=["source", "key"],
        update_fields=["content_hash", "reason", "message", "position", "form", "url", "text", "seen_at"],
    )


def release(keys: Sequence[str], *, source: str) -> None:
    """Let go of records that came again in order."""
    QuarantinedRecord.objects.filter(source=source, key__in=keys).delete()
