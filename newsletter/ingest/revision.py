"""Is a new version of an article a correction, or is it news?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from newsletter.expressions.fold import fold
from newsletter.ingest.source import IncomingArticle

MUCH = 0.2  # of a body, from which on its change is major
RUN = 3  # words whose order counts; where words are not set apart, characters
RUN_OF_SIGNS = 6
LONGEST_WORD = 20  # on average; above it the script sets no blanks


Differences = Mapping[str, Mapping[str, Any]]


def is_major(incoming: IncomingArticle, differences: Differences, old_body: Callable[[], str]) -> bool:
    """Return whether a version says something new: another title or teaser, or a fifth of the body rewritten.

    ``differences`` is field -> {before, after}. The source's own word (``minor``) wins. What changes only the case,
    the accents or the quotation marks of a title changes nothing, and neither does a change of facets.
    """
    if incoming.minor is not None:
        return not incoming.minor
    for name in ("title", "teaser"):
        change = differences.get(name)
        if change and fold(str(change["before"])) != fold(str(change["after"])):
            return True
    return "body" in differences and share_changed(old_body(), incoming.body) >= MUCH


def share_changed(before: str, after: str) -> float:
    """Return how much of two texts is not in both, from 0 (the same) to 1 (nothing in common)."""
    old, new = _runs(before), _runs(after)
    most = max(len(old), len(new))
    return 1 - len(old & new) / most if most else 0.0


def _runs(text: str) -> set[str]:
    words = fold(text).split()
    if sum(map(len, words)) > LONGEST_WORD * len(words):
        signs = "".join(words)
        return {signs[at : at + RUN_OF_SIGNS] for at in range(max(len(signs) - RUN_OF_SIGNS + 1, 1))}
    return {" ".join(words[at : at + RUN]) for at in range(max(len(words) - RUN + 1, 1)) if words}
