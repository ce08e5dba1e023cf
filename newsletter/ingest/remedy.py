"""What sets a refused record right: the field that is wrong, the value found there, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.ingest.models import QuarantinedRecord

LONGEST_VALUE = 120
_PLACE = re.compile(r"line (\d+), column (\d+)")
_UNKNOWN = re.compile(r"(?:'([^']*)'|\"([^\"]*)\") is not known here(?: \(did you mean ('[^']*'|\"[^\"]*\")\?\))?")
_EXPORT = "Export it again, or correct its text at the place that is marked."
_WHOLE = "Is the address or the file the right one? Correct it, or put the record aside."
REMEDIES: Mapping[str, tuple[str, str]] = {  # reason -> field, what to do
    "no_title": ("title", "Give it a title here or in the CMS; of a page its address will do."),
    "no_json": ("metadata", _EXPORT),
    "broken_json": ("metadata", _EXPORT),
    "not_json": ("record", _EXPORT),
    "broken_row": ("row", "Quote cells that hold the delimiter, and send the table again."),
    "not_text": ("text", "Save it as UTF-8 and send it again."),
    "not_published": ("status", "Publish it in the CMS, or put it aside."),
    "protected": ("content", "Take the password off in the CMS, or put it aside."),
    "too_many": ("feed", "Let the source give fewer entries; older ones go in from a file."),
    "empty": ("text", _WHOLE),
    "html_page": ("text", _WHOLE),
    "not_a_feed": ("text", _WHOLE),
    "not_a_table": ("header", "Name a column `title`, or say in the source which one holds it."),
    "no_records": ("text", _WHOLE),
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """The field that is wrong, what stands there ("" where nothing does), and what to do."""

    field: str
    value: str
    fix: str


def remedy(record: QuarantinedRecord) -> Remedy:
    """Return what sets a record right; of one out of a list (``waiting``) the beginning of its text is looked at."""
    if record.reason == "unknown_value":
        return _other_value(record)
    field, fix = REMEDIES.get(record.reason, ("record", _EXPORT))
    return Remedy(field, "" if record.reason == "no_title" else _value(record), fix)


def _other_value(record: QuarantinedRecord) -> Remedy:
    """Return the values that a closed vocabulary does not know, with the nearest it does."""
    found = _UNKNOWN.findall(record.message)
    near = [f"{one or two} → {meant[1:-1]}" for one, two, meant in found if meant]
    fix = f"Replace {', '.join(near)}." if near else "Correct the value, or take it into the vocabulary of the source."
    return Remedy(record.position, ", ".join(one or two for one, two, _ in found)[:LONGEST_VALUE], fix)


def _value(record: QuarantinedRecord) -> str:
    """Return what stands at the place, "" where the text does not reach so far."""
    place, told = _PLACE.fullmatch(record.position), vars(record)
    lines = str(told.get("text", told.get("start", ""))).split("\n")
    if not place or int(place[1]) > len(lines):
        return ""
    return lines[int(place[1]) - 1][max(int(place[2]) - 1, 0) :][:LONGEST_VALUE].strip()
