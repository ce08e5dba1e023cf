"""Everything we hold about one reader, for that reader."""

from __future__ import annotations

from typing import Any

from newsletter.readers.models import Consent, Reader, Subscription, Suppression


def export(reader: Reader) -> dict[str, Any]:
    """Return what these tables know of a reader, ready for JSON. Instants are ISO 8601 in UTC."""
    subscriptions = Subscription.objects.filter(reader=reader).select_related("newsletter").order_by("pk")
    consents = Consent.objects.filter(reader=reader).select_related("newsletter").order_by("pk")
    suppressions = Suppression.objects.filter(address_hash=reader.address_hash).order_by("pk")
    return {
        "address": reader.address,
        "name": reader.name,
        "language": reader.language,
        "center": reader.center,
        "plan": reader.plan,
        "tags": reader.tags,
        "created_at": reader.created_at.isoformat(),
        "subscriptions": [
            {"newsletter": held.newsletter.code, "state": held.state, "since": held.since.isoformat()}
            for held in subscriptions
        ],
        "consents": [
            {
                "newsletter": consent.newsletter.code,
                "act": consent.act,
                "at": consent.at.isoformat(),
                "by": consent.by,
                "evidence": consent.evidence,
            }
            for consent in consents
        ],
        "suppressions": [
            {
                "reason": found.reason,
                "at": found.at.isoformat(),
                "lifted_at": found.lifted_at.isoformat() if found.lifted_at else None,
            }
            for found in suppressions
        ],
    }
