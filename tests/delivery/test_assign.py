"""The one statement that gives readers their variants, held against the rule in plain words for any audience."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from newsletter.delivery.assign import CHOICE_SQL

BITS = st.integers(0, 15)


@dataclass(frozen=True, slots=True)
class Rule:
    combination: int
    has: int
    lacks: int


RULES = st.lists(st.builds(Rule, BITS, BITS, BITS), max_size=7).map(lambda found: [Rule(0, 15, 0), *found])


def assigned(rules: list[Rule], readers: list[tuple[int, int]]) -> dict[tuple[int, int], tuple[str, int]]:
    """Return (combination, got) -> variant and how many stories are repeated, as the database decides."""
    values = {
        "variants": [str(number) for number, _ in enumerate(rules)],
        "combinations": [rule.combination for rule in rules],
        "has": [rule.has for rule in rules],
        "lacks": [rule.lacks for rule in rules],
        "empty": [False for _ in rules],
        "reader_combinations": [combination for combination, _ in readers],
        "reader_gots": [got for _, got in readers],
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH keyed AS (SELECT * FROM unnest(%(reader_combinations)s::bigint[], %(reader_gots)s::bigint[]) "
            f"AS k (combination, got)) {CHOICE_SQL}",
            values,
        )
        return {(row[0], row[1]): (row[2], row[4]) for row in cursor.fetchall()}


def by_the_rule(rules: list[Rule], combination: int, got: int) -> tuple[str, int]:
    """Return what a reader gets: nothing of others, nothing withheld, most of theirs, least repeated."""
    right = [
        (-rule.combination.bit_count(), (rule.has & got).bit_count(), rule.lacks.bit_count(), number)
        for number, rule in enumerate(rules)
        if not rule.combination & ~combination and not rule.lacks & ~got
    ]
    _, repeated, _, number = min(right)
    return str(number), repeated


class Assignment(TestCase):
    @settings(max_examples=200)
    @given(RULES, st.lists(st.tuples(BITS, BITS), min_size=1, max_size=20))
    def test_every_reader_gets_the_nearest_right_variant(
        self, rules: list[Rule], readers: list[tuple[int, int]]
    ) -> None:
        assert assigned(rules, readers) == {reader: by_the_rule(rules, *reader) for reader in readers}


@pytest.mark.django_db
def test_the_first_variant_is_right_for_everybody() -> None:
    assert assigned([Rule(0, 15, 0)], [(0, 0), (15, 15)]) == {(0, 0): ("0", 0), (15, 15): ("0", 4)}
