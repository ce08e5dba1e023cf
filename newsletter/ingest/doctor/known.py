"""What the whole stock of articles knows: which words are frequent, and which go together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from threading import Lock

from django.db import connection

from newsletter.catalogue.models import Newsletter
from newsletter.expressions.fold import fold
from newsletter.ingest.doctor.near import typos
from newsletter.ingest.doctor.places import Places, places
from newsletter.ingest.doctor.spellings import Spelling, spellings

_LISTED = frozenset(("authors", "center_codes", "program_codes", "regions", "newsletters"))
_PAIRED = {"center": ("center_codes", "centers"), "program": ("program_codes", "programs")}


class Known:
    """Counts over every article, each read at most once and only when a check asks for it."""

    @cached_property
    def newsletters(self) -> Mapping[str, str]:
        """Folded code -> code of every newsletter there is."""
        return {fold(code): code for code in Newsletter.objects.values_list("code", flat=True)}

    @cached_property
    def unknown_newsletters(self) -> Mapping[str, str]:
        """Code in some article that no newsletter has, as written -> the key it is found by."""
        if not self.newsletters:
            return {}
        keys = {code: fold(code) for code in _counts("newsletters")}
        return {code: f"newsletter={key}" for code, key in keys.items() if key and key not in self.newsletters}

    @cached_property
    def author_spellings(self) -> Mapping[str, Spelling]:
        """Author as written -> the spelling seen more often; persons who wrote together are never one."""
        found = spellings(_counts("authors"))
        apart = _together(found)
        return {name: right for name, right in found.items() if name not in apart}

    @cached_property
    def center_typos(self) -> Mapping[str, str]:
        """Center code seen once or twice -> the frequent one it is near to."""
        return typos(_counts("center_codes"))

    @cached_property
    def program_typos(self) -> Mapping[str, str]:
        """The same for program codes."""
        return typos(_counts("program_codes"))

    @cached_property
    def type_typos(self) -> Mapping[str, str]:
        """The same for types, and types written with other signs: "press-release"."""
        return typos(_counts("type"))

    @cached_property
    def code_of(self) -> Mapping[tuple[str, str], str]:
        """(kind, name of a center or program) -> the code that stands beside it most often."""
        return {(kind, name): code for kind in _PAIRED for (name, code) in _best_pairs(kind)}

    @cached_property
    def name_of(self) -> Mapping[tuple[str, str], str]:
        """(kind, folded code) -> the name that stands beside it most often."""
        return {(kind, fold(code)): name for kind in _PAIRED for (code, name) in _best_pairs(kind, by_code=True)}

    @cached_property
    def places(self) -> Places:
        """Every territory by its names in six languages."""
        return places()

    @cached_property
    def region_tags(self) -> Mapping[frozenset[str], str]:
        """Territories -> the tag by which the articles name exactly them."""
        found: dict[frozenset[str], str] = {}
        for tag, _ in Counter(_counts("regions")).most_common():
            if territories := self.places.of_tag(tag):
                found.setdefault(territories, tag)
        return found


_kept: dict[tuple[object, ...], Known] = {}
_lock = Lock()


def known() -> Known:
    """Return the knowledge of the present stock; it is gathered anew when an article or a newsletter changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_database(), (select max(id) from newsletter_article),"
            " (select max(updated_at) from newsletter_article),"
            " (select count(*) from newsletter_newsletter), (select max(updated_at) from newsletter_newsletter)"
        )
        stock = cursor.fetchone()
    with _lock:
        if stock not in _kept:
            _kept.clear()
            _kept[stock] = Known()
        return _kept[stock]


def _counts(field: str) -> dict[str, int]:
    """Return every value of a field of articles with how many have it."""
    values = f"unnest({field})" if field in _LISTED else field
    with connection.cursor() as cursor:
        cursor.execute(f"select value, count(*) from (select {values} as value from newsletter_article) v group by 1")
        return {value: count for value, count in cursor.fetchall() if value}


def _best_pairs(kind: str, *, by_code: bool = False) -> list[tuple[str, str]]:
    """Return (name, code), or (code, name), each with the partner it has most often in articles with one of each."""
    codes, names = _PAIRED[kind]
    one, other = (f"{codes}[1]", "name") if by_code else ("name", f"{codes}[1]")
    first = (
        "case when primary_center <> '' then primary_center else centers[1] end" if kind == "center" else f"{names}[1]"
    )
    single = f"cardinality({codes}) = 1" + ("" if kind == "center" else f" and cardinality({names}) = 1")
    with connection.cursor() as cursor:
        cursor.execute(
            f"select distinct on (1) one, other from (select {one} as one, {other} as other, count(*) as n from"
            f" (select *, {first} as name from newsletter_article where {single}) as paired"
            " where coalesce(name, '') <> '' group by 1, 2) as counted order by 1, n desc, 2"
        )
        return [(str(one), str(other)) for one, other in cursor.fetchall()]


def _together(found: Mapping[str, Spelling]) -> set[str]:
    """Return the names that stand beside their own other spelling in one article: two persons."""
    pairs = [(name, right.name) for name, right in found.items() if fold(name) != fold(right.name)]
    if not pairs:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "select one from unnest(%s::text[], %s::text[], %s::text[]) as pair(one, a, b)"
            " where exists (select 1 from newsletter_article where facet_keys @> array[a, b])",
            [
                [one for one, _ in pairs],
                [f"author={fold(one)}" for one, _ in pairs],
                [f"author={fold(right)}" for _, right in pairs],
            ],
        )
        return {one for (one,) in cursor.fetchall()}
