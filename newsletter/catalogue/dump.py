"""A newsletter or a brand as TOML; ``load`` reads it back to the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomli_w

from newsletter.catalogue.durations import span
from newsletter.catalogue.load import BYLINE
from newsletter.catalogue.models import Brand, Newsletter, Section


def dump(newsletter: Newsletter) -> str:
    """Return the definition of a newsletter, with every value written out: one canonical text for one newsletter."""
    parts = [_lines(_top(newsletter))]
    parts += [f"[{name}]\n{_lines(table)}" for name, table in _tables(newsletter).items()]
    parts += [f"[[section]]\n{_lines(_section(section))}" for section in newsletter.sections.all()]
    return "\n".join(parts)


def dump_brand(brand: Brand) -> str:
    """Return the definition of a brand."""
    design = dict(brand.design)
    disclaimers = design.pop("disclaimers", {})
    text = f"[brand]\n{_lines(design)}"
    return text + (f"\n[brand.disclaimers]\n{_lines(disclaimers)}" if disclaimers else "")


def _top(newsletter: Newsletter) -> dict[str, Any]:
    return {
        "code": newsletter.code,
        "title": newsletter.title,
        "language": newsletter.language,
        "zone": newsletter.zone,
        "template": newsletter.template,
        "brand": newsletter.brand,
        "active": newsletter.active,
    }


def _tables(newsletter: Newsletter) -> dict[str, dict[str, Any]]:
    when: dict[str, Any] = {"weekdays": list(newsletter.weekdays), "at": newsletter.at}
    senders = ("name", "address", "reply_to", "bounce_domain", "postal_address", "list_id")
    return {
        "cadence": {
            **({"cron": newsletter.cron} if newsletter.cron else when),
            "draft_lead": span(newsletter.draft_lead),
            "cut_off": span(newsletter.cut_off),
        },
        "policy": {
            "approval": newsletter.approval,
            "approvers": newsletter.approvers,
            **({"overridable": list(newsletter.overridable)} if newsletter.overridable else {}),
            "thin": newsletter.thin,
            **({"stale": span(newsletter.stale)} if newsletter.stale else {}),
            "late": span(newsletter.late),
            "tracking": newsletter.tracking,
            "repeats": newsletter.repeats,
            "repeats_within": span(newsletter.repeats_within),
            **({"expires": span(newsletter.expires)} if newsletter.expires else {}),
            "in_doubt": newsletter.in_doubt,
            **({"interests": list(newsletter.interests)} if newsletter.interests else {}),
        },
        **({"byline": {key: newsletter.byline[key] for key in BYLINE}} if newsletter.byline else {}),
        "sender": {
            **{key: getattr(newsletter.sender, key) for key in senders},
            **({"relay": newsletter.sender.relay} if newsletter.sender.relay else {}),
        },
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "selector": section.selector,
        "limit": section.limit,
        "minimum": section.minimum,
        "order": section.order,
        **({"quota": dict(sorted(section.quota.items()))} if section.quota else {}),
        **({"group": section.group} if section.group else {}),
    }


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:
    """Write a value on one line, as people do: lists and tables inline."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")
