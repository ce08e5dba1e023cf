"""Names of one author spelled in several ways: accents, dots, order, initials, letters swapped.

Two persons may bear nearly one name, so a doubt is kept to oneself: "Jr." makes another person, two middle initials
that differ make two, and so does a last letter (Petrov, Petrova).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from newsletter.expressions.fold import fold
from newsletter.ingest.doctor.near import OFTEN, RARE, slip_at, swapped
from newsletter.ingest.tidy import letters

_WORD = re.compile(r"[^\W_]+")
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "ed", "eds", "phd"])
_TITLES = frozenset(["dr", "prof"])
LEAST_TOKEN = 5  # letters of a name's part in which one wrong letter is told from another name
MUCH_RARER = 3


@dataclass(frozen=True, slots=True)
class Spelling:
    """Another way to write a name: the one seen more often, and in what they differ."""

    name: str
    differs: str


@dataclass(frozen=True, slots=True)
class _Name:
    written: str
    count: int
    tokens: tuple[str, ...]  # folded, without what stands behind a name
    behind: tuple[str, ...]


def spellings(counts: Mapping[str, int]) -> dict[str, Spelling]:
    """Return name as written -> the spelling it should have; ``counts`` says how often each is seen."""
    names = [_name(written, count) for written, count in counts.items()]
    found: dict[str, Spelling] = {}
    kept = _same_letters(names, found)
    _reordered(kept, found)
    _shortened([name for name in kept if name.written not in found], found)
    _mistyped([name for name in kept if name.written not in found], found)
    return {written: Spelling(_final(spelling.name, found), spelling.differs) for written, spelling in found.items()}


def _name(written: str, count: int) -> _Name:
    tokens = [token for token in _WORD.findall(fold(written)) if token not in _TITLES]
    behind = tuple(token for token in tokens[1:] if token in _SUFFIXES)
    return _Name(written, count, tuple(token for token in tokens if token not in behind), behind)


def _best(names: Iterable[_Name]) -> _Name:
    """Return the spelling seen most often; of two the one that says more."""
    return max(
        names,
        key=lambda name: (
            name.count,
            "," not in name.written,
            len(name.written),
            not name.written.isascii(),
            name.written,
        ),
    )


def _same_letters(names: list[_Name], found: dict[str, Spelling]) -> list[_Name]:
    groups: dict[str, list[_Name]] = defaultdict(list)
    for name in names:
        groups[letters(name.written)].append(name)
    kept = []
    for key, group in groups.items():
        best = _best(group)
        total = sum(name.count for name in group)
        kept.append(_Name(best.written, total, best.tokens, best.behind))
        for name in group:
            if key and name.written != best.written:
                found[name.written] = Spelling(best.written, "accents or signs")
    return kept


def _reordered(names: list[_Name], found: dict[str, Spelling]) -> None:
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[_Name]] = defaultdict(list)
    for name in names:
        if len(name.tokens) > 1:
            groups[tuple(sorted(name.tokens)), name.behind].append(name)
    for group in groups.values():
        best = _best(group)
        for name in group:
            if name is not best and ("," in name.written or (name.count <= RARE and best.count > name.count)):
                found[name.written] = Spelling(best.written, "the order of its parts")


def _shortened(names: list[_Name], found: dict[str, Spelling]) -> None:
    """Find names that leave out or shorten what another one says, where only one other person can be meant."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[_Name]] = defaultdict(list)
    for name in names:
        if len(name.tokens) > 1:
            groups[name.tokens[-1], name.tokens[0][0], name.behind].append(name)
    for group in groups.values():
        for name in group if len(group) > 1 else ():
            others = [other for other in group if other is not name and _agree(name.tokens, other.tokens)]
            if not others or not all(_agree(one.tokens, two.tokens) for one, two in combinations(others, 2)):
                continue
            best = _best(others)
            if (best.count, len(best.written)) > (name.count, len(name.written)) and _is_rarer(name, best):
                found[name.written] = Spelling(best.written, "initials or a middle name")


def _agree(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether the given names can be those of one person: equal, shortened, or left out in the middle."""
    shorter, longer = sorted((one[:-1], other[:-1]), key=len)
    if not _alike(shorter[0], longer[0]):
        return False
    rest = iter(longer[1:])
    return all(any(_alike(part, more) for more in rest) for part in shorter[1:])


def _alike(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])


def _is_rarer(name: _Name, best: _Name) -> bool:
    return name.count <= RARE or name.count * MUCH_RARER <= best.count


def _mistyped(names: list[_Name], found: dict[str, Spelling]) -> None:
    """Find rare names in which one part is one slip away from the same part of a frequent name."""
    frequent: dict[tuple[int, tuple[str, ...], tuple[str, ...]], list[_Name]] = defaultdict(list)
    for name in names:
        if name.count >= OFTEN:
            for at in range(len(name.tokens)):
                frequent[at, name.tokens[:at] + name.tokens[at + 1 :], name.behind].append(name)
    for name in (name for name in names if name.count <= RARE and len(name.tokens) > 1):
        near = {
            other.written: other
            for at, token in enumerate(name.tokens)
            for other in frequent.get((at, name.tokens[:at] + name.tokens[at + 1 :], name.behind), ())
            if _is_slip(token, other.tokens[at])
        }
        if len(near) == 1:
            found[name.written] = Spelling(next(iter(near)), "a letter")


def _is_slip(rare: str, often: str) -> bool:
    if swapped(rare, often):
        return min(len(rare), len(often)) >= LEAST_TOKEN - 1
    at = slip_at(rare, often)
    if at is None or min(len(rare), len(often)) < LEAST_TOKEN:
        return False
    return 0 < at < min(len(rare), len(often)) - 2  # names end in several ways: Anderson, Andersen


def _final(name: str, found: Mapping[str, Spelling]) -> str:
    """Follow a spelling to the one that is right itself."""
    for _ in range(4):
        if name not in found:
            break
        name = found[name].name
    return name
