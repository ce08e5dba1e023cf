"""What stands where a reader gave no name, and a greeting around a tag: the words of ``rendering.personal``."""

from __future__ import annotations

import html as markup

from newsletter.rendering.personal import Slot, fill

PLACEHOLDER = "zqname"


def without_name(slot: Slot, *, html: bool) -> str:
    """Return what ``slot`` shows to a reader without a name, escaped for HTML when it stands there."""
    words = fill(slot, {})
    in_markup = slot.context in ("text", "attribute")
    return words if in_markup == html or slot.context == "url" else markup.escape(words)


def greeting(slot: Slot, tag: str) -> str:
    """Return the greeting of the slot's language with the tag of another system in place of the name."""
    return fill(slot, {"name": PLACEHOLDER}).replace(PLACEHOLDER, tag)
