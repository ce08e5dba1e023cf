"""A newsletter as TOML; ``load`` reads it back to the same."""

from __future__ import annotations

from typing import Any

import tomli_w

from newsletter.catalogue.durations import span
from newsletter.catalogue.models import Newsletter, Section


def dump(newsletter: Newsletter) -> str:
    """Return the definition of a newsletter, with every value written out."""
    return tomli_w.dumps(_table(newsletter), multiline_strings=False)


def _table(newsletter: Newsletter) -> dict[str, Any]:
    sender = newsletter.sender
    when: dict[str, Any] = {"weekdays": list(newsletter.weekdays), "at": newsletter.at}
    return {
        "code": newsletter.code,
        "title": newsletter.title,
        "language": newsletter.language,
        "zone": newsletter.zone,
        "template": newsletter.template,
        "brand": newsletter.brand,
        "active": newsletter.active,
        "cadence": {
            **({"cron": newsletter.cron} if newsletter.cron else when),
            "draft_lead": span(newsletter.draft_lead),
            "cut_off": span(newsletter.cut_off),
        },
        "policy": {
            "approval": newsletter.approval,
            "approvers": newsletter.approvers,
            "thin": newsletter.thin,
            "late": span(newsletter.late),
            "tracking": newsletter.tracking,
        },
        "sender": {
            key: getattr(sender, key)
            for key in ("name", "address", "reply_to", "bounce_domain", "postal_address", "list_id")
        },
        "section": [_section(section) for section in newsletter.sections.all()],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "selector": section.selector,
        "limit": section.limit,
        "minimum": section.minimum,
        "order": section.order,
        "quota": dict(section.quota),
    }
