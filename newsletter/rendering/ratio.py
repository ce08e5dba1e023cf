"""Images that keep their proportions: a height for programs that read attributes, none for those that read styles."""

from __future__ import annotations

import re

_FIXED = re.compile(
    r'(<td\b[^>]*\bclass="[^"]*\bin-ratio\b[^"]*"[^>]*>(?:(?!</td>).)*?'
    r'<img\b[^>]*\bstyle="(?:[^"]*[;\s])?)height:\d+px',
    re.DOTALL,
)


def keep_ratio(html: str) -> str:
    """Return ``html`` in which images of the class ``in-ratio`` shrink in both directions.

    MJML writes the height of an image into its attribute and its style; on a narrow screen only the width gives way.
    """
    return _FIXED.sub(r"\1height:auto", html)
