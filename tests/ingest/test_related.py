"""Labels glued to the titles of related items."""

from __future__ import annotations

import pytest

from newsletter.ingest.related import Related, list_above, unglue


@pytest.mark.parametrize(
    ("text", "title", "label"),
    [
        ("- This Bear Hug Is RealPaper", "This Bear Hug Is Real", "Paper"),
        ("- What to Do NowQ&A", "What to Do Now", "Q&A"),
        ("- The Long ConflictIn The Media", "The Long Conflict", "In The Media"),
        ("- Reform at LastWorking Paper", "Reform at Last", "Working Paper"),
        ("- commentarySana’a Under Siege", "Sana’a Under Siege", "commentary"),
        ("- A Position Paper", "A Position Paper", ""),
        ("- Is It Over?Commentary", "Is It Over?", "Commentary"),
        ("- Paper", "Paper", ""),
        ("- commentaryon rivers", "commentaryon rivers", ""),
    ],
)
def test_the_longest_label_is_stripped_only_where_it_is_glued(text: str, title: str, label: str) -> None:
    assert unglue(text) == Related(title, label)


def test_a_list_above_its_heading_is_read_upward() -> None:
    lines = ["Prose.", "- A point.", "- Real RiversPaper", "- +18", "A, B, …", "Recent Work"]
    assert list_above(lines, 5) == 2
