"""An issue in words for a terminal: what stands in it and why, what it lacks, and what was left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any


def tell_issue(told: Mapping[str, Any]) -> str:
    """Return an issue as ``describe_issue`` tells it, as text."""
    return "\n".join([*_head(told), *_sections(told), *_left_out(told)]) + "\n"


def _head(told: Mapping[str, Any]) -> Iterator[str]:
    slot = f" of {_moment(told['slot'])}" if told["slot"] else ""
    kind = "" if told["kind"] == "regular" else f", {told['kind']}"
    yield f"Issue {told['issue']}, {told['newsletter']}{slot}: {told['state']}, version {told['version']}{kind}"
    since = _moment(told["window_from"]) if told["window_from"] else "the start"
    yield f"Window: available from {since} until {_moment(told['window_to'])}"
    if told["held"]:
        yield f"Held: {told['held']}"
    if told["note_group"]:
        yield f"The note is only for {told['note_group']}"
    if len(told["variants"]) > 1:
        for one in told["variants"]:
            errors = f", {one['errors']} errors" if one["errors"] else ""
            yield f"Variant {one['variant']}: {one['words']}, {one['readers']} readers{errors}"
    for lack in told["shortfalls"]:
        yield f"{lack['code'].capitalize()}: {lack['words']}"


def _sections(told: Mapping[str, Any]) -> Iterator[str]:
    for section in told["sections"]:
        yield f"\n{section['title']}{_only_for(section)}"
        for place, pick in enumerate(section["picks"], 1):
            yield f"  {place}. {pick['article']} {pick['title']}{_only_for(pick)}"
            yield f"     {pick['reason'].get('words', '')}".rstrip()
        if not section["picks"]:
            yield "  Nothing."


def _only_for(block: Mapping[str, Any]) -> str:
    return f" (only for {block['group']})" if block["group"] else ""


def _left_out(told: Mapping[str, Any]) -> Iterator[str]:
    if told["left_out"]:
        yield f"\nLeft out ({len(told['left_out'])})"
    for row in told["left_out"]:
        yield f"  {row['id']} {row['title']}"
        yield f"     {row['words']}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
