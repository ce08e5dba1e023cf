"""Which words are one word written wrong: one letter too many, too few, changed, or two swapped."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.expressions.fold import fold
from newsletter.ingest.tidy import letters

RARE, OFTEN = 2, 5  # a typo was made once or twice; what it stands for is seen at least so often
SHORT = 4  # shorter words differ by one letter all the time (MEP, NPP): there only two swapped letters are a typo


def swapped(one: str, other: str) -> bool:
    """Return whether two neighbouring letters change places between the two words."""
    if len(one) != len(other):
        return False
    apart = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return (
        len(apart) == 2
        and apart[1] == apart[0] + 1
        and one[apart[0]] == other[apart[1]]
        and (one[apart[1]] == other[apart[0]])
    )


def slip_at(one: str, other: str) -> int | None:
    """Return where the words part when one letter is changed, added, lost or swapped; None for more than that."""
    if one == other or abs(len(one) - len(other)) > 1:
        return None
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        return at if one[at + 1 :] == other[at + 1 :] or swapped(one, other) else None
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return at if longer[at + 1 :] == shorter[at:] else None


def typos(counts: Mapping[str, int]) -> dict[str, str]:
    """Return word -> the frequent word it most probably stands for; ``counts`` are of words as written.

    Words that differ in case or accents alone are one word; those that differ in signs (``press-release``) are not.
    """
    plain: dict[str, str] = {}  # folded letters -> the way it is written most often
    total: dict[str, int] = {}
    for word, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        plain.setdefault(letters(word), word)
        total[letters(word)] = total.get(letters(word), 0) + count
    often = [key for key, count in total.items() if count >= OFTEN]
    found = {}
    for word in counts:
        rare = letters(word)
        if rare and fold(word) != fold(plain[rare]):
            found[word] = plain[rare]
        if not rare or word in found or total[rare] > RARE:
            continue
        near = [key for key in often if total[key] >= OFTEN * total[rare] and _is_typo(rare, key)]
        if len(near) == 1:
            found[word] = plain[near[0]]
    return found


def _is_typo(rare: str, often: str) -> bool:
    if min(len(rare), len(often)) < SHORT:
        return swapped(rare, often)
    return slip_at(rare, often) is not None
