"""Blocks of an issue that only a group of readers sees: its note, a section, an article."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from newsletter.issues.models import Issue, Pick

EVERYBODY = "everybody"  # what an editor writes to show a section to all although its newsletter says otherwise


def section_group(issue: Issue, part: Mapping[str, Any]) -> str:
    """Return the group a section is for, "" for everybody: the issue's own word goes before its newsletter's."""
    group = str(issue.section_groups.get(part["title"], "") or part.get("group", ""))
    return "" if group == EVERYBODY else group


def groups_of(issue: Issue, picks: Collection[Pick]) -> tuple[str, ...]:
    """Return every group of readers that decides about a block, each once, in the order of the issue."""
    return tuple(dict.fromkeys(group for group in _groups(issue, picks) if group))


def sees_note(issue: Issue, groups: Collection[str]) -> bool:
    """Return whether readers of these groups see the editor's note."""
    return not issue.note_group or issue.note_group in groups


def seen(issue: Issue, picks: Collection[Pick], groups: Collection[str]) -> tuple[Pick, ...]:
    """Return the picks that readers of these groups see."""
    open_to = {"", *groups}
    sections = [section_group(issue, part) in open_to for part in issue.sections]
    return tuple(pick for pick in picks if sections[pick.section] and pick.overrides.get("group", "") in open_to)


def _groups(issue: Issue, picks: Collection[Pick]) -> Iterator[str]:
    if issue.note:
        yield issue.note_group
    used = {pick.section for pick in picks}
    for index, part in enumerate(issue.sections):
        if index in used:
            yield section_group(issue, part)
    for pick in picks:
        yield pick.overrides.get("group", "")
