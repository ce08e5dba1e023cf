"""Groups and variants from the command line, as a newsroom without a desk does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import ManagementUtility

from newsletter.issues.models import Issue
from newsletter.issues.queries import placed
from newsletter.letters.models import Letter
from newsletter.readers.models import Reader
from tests.factories import make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db
Run = Any


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> Any:
        with pytest.raises(SystemExit) as end:
            ManagementUtility(["newsletter", *map(str, words)]).execute()
        out = capsys.readouterr().out
        return (int(end.value.code or 0), json.loads(out)) if "--json" in words else out

    return call


@pytest.fixture
def issue(run: Run) -> int:
    newsletter = make_newsletter()
    make_article("The harbor")
    make_reader(newsletter, "paid@x.example")
    make_reader(newsletter, "plain@x.example")
    run("readers", "mark", "paid@x.example", "--plan", "paid", "--tags", "Donor,press")
    return int(run("draft", "ctw", "--json")[1]["issue"])


def test_a_reader_is_marked_looked_at_and_counted(run: Run, issue: int) -> None:
    told = {"name": "Ada Byron", "language": "", "center": "", "plan": "paid", "tags": ["donor", "press"]}
    reader = Reader.objects.get(address="paid@x.example").pk
    assert run("readers", "show", "PAID@x.example", "--json") == (0, {"reader": reader, **told})
    counted = run("readers", "count", "plan:paid and tag:donor", "--newsletter", "ctw", "--json")
    assert counted == (0, {"newsletter": "ctw", "group": "plan:paid and tag:donor", "readers": 1})


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("count", "plan:gold", "--newsletter", "ctw"), "line 1, column 6"),
        (("count", "plan:paid"), "--newsletter"),
        (("show", "nobody@x.example"), "address"),
        (("mark", "paid@x.example", "--language", "french!"), "language"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_place(run: Run, issue: int, words: Any, where: str) -> None:
    code, answer = run("readers", *words, "--json")
    assert (code, answer["error"]["where"]) == (1, where)


def test_blocks_are_shown_to_groups_and_every_variant_is_previewed(run: Run, issue: int, tmp_path: Path) -> None:
    run("edit", issue, "set", "note", "Thank you for paying.")
    run("edit", issue, "show-to", "plan:paid")
    told = [run("preview", issue, "--variant", number, "--out", tmp_path / number, "--json")[1] for number in "12"]
    assert [answer["variant"] for answer in told] == ["1", "2"]
    assert told[0]["variants"] == [
        {"variant": "1", "words": "everybody", "readers": 1, "errors": 0},
        {"variant": "2", "words": "plan:paid", "readers": 1, "errors": 0},
    ]
    texts = [(tmp_path / number / "issue.txt").read_text() for number in "12"]
    assert ["Thank you for paying." in text for text in texts] == [False, True]
    assert run("preview", issue, "--variant", "3", "--out", tmp_path, "--json")[0] == 1


def test_an_issue_in_words_names_groups_and_variants(run: Run, issue: int) -> None:
    article = placed(Issue.objects.get())[0].article_id
    run("edit", issue, "show-to", "tag:donor", "--article", article)
    run("edit", issue, "show-to", "plan:paid", "--section", "1")
    run("preview", issue, "--out", "/dev/null/x")  # plans the variants, whatever becomes of the files
    lines = run("issues", issue)
    assert "Section 1 (only for plan:paid)" in lines
    assert "The harbor (only for tag:donor)" in lines
    assert "Variant 2: plan:paid; tag:donor, 1 readers" in lines


def test_a_proof_of_a_variant_says_which(run: Run, issue: int) -> None:
    run("edit", issue, "set", "note", "Thank you for paying.")
    run("edit", issue, "show-to", "plan:paid")
    run("proof", issue, "--variant", "2", "--to", "ada@x.example", "--json")
    assert Letter.objects.get().subject.startswith("[Proof of variant 2] ")
