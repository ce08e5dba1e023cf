"""The language: precedence, canonical form, and errors that name the place and the nearest word."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import Invalid
from newsletter.expressions.fold import fold
from newsletter.expressions.parse import DEEPEST, LONGEST, parse
from newsletter.expressions.tree import And, Clause, Node, Not, Or
from newsletter.expressions.write import write


class Word:
    """A facet that takes any word."""

    operators = (":",)

    def complaint(self, operator: str, value: str) -> str:
        return ""


class Number:
    """A facet that compares numbers."""

    operators = ("<", ">=")

    def complaint(self, operator: str, value: str) -> str:
        return "" if value.isdecimal() else "Write a number."


FACETS = {"topic": Word(), "region": Word(), "age": Number()}
A, B, C = (Clause("topic", ":", value) for value in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("topic:a", A),
        ("topic : a", A),
        ("TOPIC:a AND topic:b", And((A, B))),
        ("topic:a and topic:b or topic:c", Or((And((A, B)), C))),
        ("topic:a and (topic:b or topic:c)", And((A, Or((B, C))))),
        ("not topic:a and topic:b", And((Not(A), B))),
        ("topic:a and (topic:b and topic:c)", And((A, B, C))),
        ("((topic:a or topic:b)) or topic:c", Or((A, B, C))),
        ("not not topic:a", Not(Not(A))),
        ('region:"Middle East"', Clause("region", ":", "Middle East")),
        ("region:“Middle East”", Clause("region", ":", "Middle East")),
        (r'topic:"say \"hi\""', Clause("topic", ":", 'say "hi"')),
        ("topic:none", Clause("topic", ":", "none", "none")),
        ('topic:"none"', Clause("topic", ":", "none")),
        ("topic:any", Clause("topic", ":", "any", "any")),
        ("age<7 and age >= 2", And((Clause("age", "<", "7"), Clause("age", ">=", "2")))),
        ("topic:Thomas-Graham,Jr.", Clause("topic", ":", "Thomas-Graham,Jr.")),
    ],
)
def test_text_becomes_the_tree(text: str, tree: Node) -> None:
    assert parse(text, FACETS) == tree


@pytest.mark.parametrize(
    ("text", "where", "fix"),
    [
        ("", "line 1, column 1", "Write for example newsletter:ctw."),
        ("topik:a", "line 1, column 1", "Did you mean topic?"),
        ("topic:a and\n  regoin:b", "line 2, column 3", "Did you mean region?"),
        ("topic:a topic:b", "line 1, column 9", "Put and, or, between two conditions."),
        ("(topic:a or topic:b", "line 1, column 1", "Add ) where the group ends."),
        ("topic:a)", "line 1, column 8", "Remove it or add ( before."),
        ('topic:"a', "line 1, column 7", 'Add " where the value ends.'),
        ("topic:a and", "line 1, column 12", "Write for example topic:Energy."),
        ("topic", "line 1, column 6", "Write topic:value."),
        ("topic:", "line 1, column 7", 'Write topic:"a value".'),
        (
            "region:Middle East",
            "line 1, column 15",
            'Put and, or, between two conditions. If it belongs to the value, write "Middle East" in quotes.',
        ),
        (
            "topic:a:b",
            "line 1, column 8",
            'Put and, or, between two conditions. If it belongs to the value, write "a:" in quotes.',
        ),
        ("topic:(a or b)", "line 1, column 7", "Write (topic:one or topic:two)."),
        ("topic: and region:b", "line 1, column 8", 'Write a value, or topic:"and" if that is the value.'),
        ("topic=a", "line 1, column 1", "Write topic:a."),
        ("topic!=a", "line 1, column 1", "Write not topic:a."),
        ("topic:a\x00", "line 1, column 8", "Remove it."),
        ("topic<a", "line 1, column 6", "Use one of: :"),
        ("age<old", "line 1, column 5", "Write a number."),
        ("age<none", "line 1, column 4", "Write age:none."),
        ("and topic:a", "line 1, column 1", "Write facet:value."),
        ("(" * (DEEPEST + 1) + "topic:a", f"line 1, column {DEEPEST + 1}", f"Use at most {DEEPEST}."),
        ("topic:" + "a" * LONGEST, "expression", f"Use at most {LONGEST}."),
    ],
)
def test_an_error_names_the_place_and_the_way_out(text: str, where: str, fix: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(text, FACETS)
    assert (refusal.value.where, refusal.value.fix) == (where, fix)


VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(
    lambda value: fold(value) != ""
)
CLAUSES = st.one_of(
    st.builds(Clause, st.sampled_from(["topic", "region"]), st.just(":"), VALUES),
    st.builds(Clause, st.just("age"), st.sampled_from(["<", ">="]), st.integers(0, 99).map(str)),
    st.sampled_from([Clause("topic", ":", word, word) for word in ("none", "any")]),
)
TREES = st.recursive(
    CLAUSES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(
            lambda nodes: And(tuple(nodes)),
            st.lists(inner.filter(lambda n: not isinstance(n, And)), min_size=2, max_size=3),
        ),
        st.builds(
            lambda nodes: Or(tuple(nodes)),
            st.lists(inner.filter(lambda n: not isinstance(n, Or)), min_size=2, max_size=3),
        ),
    ),
    max_leaves=8,
)


@given(TREES)
def test_the_canonical_form_parses_to_the_same_tree(tree: Node) -> None:
    assert parse(write(tree), FACETS) == tree


@given(TREES, st.data())
def test_needless_brackets_blanks_and_capitals_have_one_canonical_form(tree: Node, data: st.DataObject) -> None:
    untidy = _untidy(tree, lambda: data.draw(st.booleans()))
    assert write(parse(untidy, FACETS)) == write(tree)


def _untidy(node: Node, coin: Callable[[], bool]) -> str:
    """``node`` as somebody in a hurry could have written it."""
    match node:
        case Clause():
            text = write(node).replace(":", " : ", 1) if coin() and node.operator == ":" else write(node)
        case Not(inner):
            text = f"{'NOT' if coin() else 'not'} ({_untidy(inner, coin)})"
        case And(nodes):
            text = " AND\n".join(f"({_untidy(part, coin)})" for part in nodes)
        case Or(nodes):
            text = " Or ".join(f"({_untidy(part, coin)})" for part in nodes)
    return f"( {text} )" if coin() else text


@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_a_clear_refusal(text: str) -> None:
    try:
        parse(text, FACETS)
    except Invalid as refusal:
        told = bool(refusal.where and refusal.fix)
    else:
        told = True
    assert told


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Türkiye", "turkiye"),
        ("China’s Foreign  Relations", "china's foreign relations"),
        ("Asia–Pacific", "asia-pacific"),
        ("e\u0301te", "ÉTÉ"),
        ("\u200bEnergy\u00a0policy ", "energy policy"),
        ("Ёлка", "елка"),
        ("المَصْدر", "المصدر"),
        ("الأردن", "الاردن"),
        ("إيران", "ايران"),
        ("آسيا", "ا\u0653سيا"),
        ("آسيا", "اسيا"),
        ("ٱلعراق", "العراق"),
        ("\u0671\u0654", "ا"),
    ],
)
def test_what_people_take_for_the_same_folds_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_hamza_on_other_letters_makes_another_word() -> None:
    assert len({fold("سؤال"), fold("سوال"), fold("رئيس"), fold("رييس")}) == 4


def test_vowel_signs_that_make_letters_are_kept() -> None:
    assert fold("कि") != fold("की")
