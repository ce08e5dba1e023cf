"""``newsletter dkim``: the keys mail is signed with, and the DNS records that belong to them."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from newsletter.catalogue.models import Sender
from newsletter.delivery.dkim.keys import Key
from newsletter.delivery.dkim.record import record_name, record_text, zone_line
from newsletter.delivery.dkim.ring import unsigned
from newsletter.management.verb import Verb


class Command(Verb):
    help = "Show every DKIM key with the DNS record to publish, and the senders whose mail is not signed here."

    def run(self, **_: Any) -> dict[str, Any]:
        ring: dict[str, tuple[Key, ...]] = settings.DKIM_KEYS
        return {
            "keys": [_row(key) for keys in ring.values() for key in keys],
            "unsigned": unsigned(list(Sender.objects.all())),
        }

    def in_words(self, answer: dict[str, Any]) -> str:
        """Return the records whole, as lines to copy into a zone file."""
        lines = [row["zone"] for row in answer["keys"]] or ["Mail is not signed here."]
        if answer["unsigned"]:
            lines.append(f"; not signed here: {', '.join(answer['unsigned'])}")
        return "\n".join(lines) + "\n"


def _row(key: Key) -> dict[str, str]:
    return {
        "domain": key.domain,
        "selector": key.selector,
        "algorithm": key.algorithm,
        "name": record_name(key),
        "text": record_text(key),
        "zone": zone_line(key),
    }
