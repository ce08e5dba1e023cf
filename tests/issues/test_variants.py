"""Blocks for groups become a few variants that are rendered, proofread and sealed; more than eight are refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.catalogue.models import BannedPhrase, Newsletter
from newsletter.delivery.proof import proof
from newsletter.errors import Invalid, NotFound, Refused
from newsletter.issues.approve import approve, check_seal
from newsletter.issues.describe import describe_issue, describe_variants
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.findings import findings as proofread
from newsletter.issues.lifecycle import State, find
from newsletter.issues.models import Issue, IssueRendering
from newsletter.issues.render import rendering_of, renderings_of
from newsletter.issues.show_to import show_to
from newsletter.readers.models import Reader
from tests.factories import NOW, make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    newsletter = make_newsletter()
    make_article("The harbor")
    make_article("The river")
    for number in range(3):
        make_reader(newsletter, plan="paid", language="fr" if number else "en")
    make_reader(newsletter, language="en")
    return draft(newsletter, now=NOW, by="ada")


def shown(issue: Issue) -> list[tuple[str, str, int | None]]:
    told = describe_variants(renderings_of(find(issue.pk), now=NOW))
    return [(one["variant"], one["words"], one["readers"]) for one in told]


def show(issue: Issue, group: str, **block: Any) -> None:
    show_to(issue.pk, group, **block, by="ada", now=NOW)


def test_an_issue_for_everybody_has_one_rendering_and_counts_nobody(issue: Issue) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert shown(issue) == [("1", "everybody", None)]
    assert not [query for query in asked if "newsletter_subscription" in query["sql"]]


def test_a_note_for_a_group_makes_two_variants(issue: Issue) -> None:
    reword(issue.pk, "note", "Thank you for paying.", by="ada", now=NOW)
    show(issue, "plan:paid")
    assert shown(issue) == [("1", "everybody", 1), ("2", "plan:paid", 3)]
    everybody, paid = renderings_of(find(issue.pk), now=NOW)
    assert ("Thank you" in everybody.html, "Thank you" in everybody.text) == (False, False)
    assert ("Thank you" in paid.html, "Thank you" in paid.text) == (True, True)


def test_an_article_and_a_section_for_groups_are_seen_by_those_groups(issue: Issue) -> None:
    river = issue.picks.get(article__title="The river").article_id
    show(issue, "language:fr", article_id=river)
    show(issue, "plan:paid", section="1")
    seen = {one.rule["words"]: one.articles for one in renderings_of(find(issue.pk), now=NOW)}
    harbor = issue.picks.get(article__title="The harbor").article_id
    assert seen == {"everybody": [], "plan:paid; language:fr": [river, harbor], "plan:paid": [harbor]}


def test_variants_keep_their_numbers_and_their_seal_when_other_readers_become_the_most(issue: Issue) -> None:
    reword(issue.pk, "note", "Thank you for paying.", by="ada", now=NOW)
    show(issue, "plan:paid")
    show(issue, "language:fr", article_id=issue.picks.get(article__title="The river").article_id)
    Newsletter.objects.update(approvers=2)
    approve(issue.pk, by="ada", now=NOW)
    before = shown(issue)
    for _ in range(3):
        make_reader(issue.newsletter, plan="paid", language="en")
    after = shown(issue)
    assert [words for _, words, _ in before] == [words for _, words, _ in after]
    assert [[readers for _, _, readers in told] for told in (before, after)] == [[1, 1, 2], [1, 4, 2]]
    assert approve(issue.pk, by="bob", now=NOW).state == State.APPROVED


def test_what_the_proofreader_finds_in_every_variant_is_told_once(issue: Issue) -> None:
    BannedPhrase.objects.create(words="harbor", instead="port", added_by="ada", added_at=NOW)
    BannedPhrase.objects.create(words="paying", instead="supporting", added_by="ada", added_at=NOW)
    reword(issue.pk, "note", "Thank you for paying.", by="ada", now=NOW)
    show(issue, "plan:paid")
    told = proofread(issue.pk, now=NOW)["findings"]
    banned = [(one["place"], one["fix"], one["variants"]) for one in told if one["rule"] == "banned_phrases"]
    assert sorted({tuple(variants) for _, _, variants in banned}) == [("1", "2"), ("2",)]
    assert len({(place, fix) for place, fix, _ in banned}) == len(banned)


def test_what_is_said_of_the_variants_together_belongs_to_all_of_them(issue: Issue) -> None:
    reword(issue.pk, "note", "Thank you.", by="ada", now=NOW)
    show(issue, "plan:paid")
    show(issue, "tag:dnoor", article_id=issue.picks.get(article__title="The river").article_id)
    [told] = [one for one in proofread(issue.pk, now=NOW)["findings"] if one["rule"] == "groups"]
    assert told["variants"] == ["1", "2"]


def test_the_subject_speaks_of_what_a_variant_shows(issue: Issue) -> None:
    first = issue.picks.order_by("position")[0]
    show(issue, "plan:paid", article_id=first.article_id)
    everybody, paid = renderings_of(find(issue.pk), now=NOW)
    assert (first.article.title in everybody.subject, first.article.title in paid.subject) == (False, True)


def test_every_variant_is_sealed(issue: Issue) -> None:
    reword(issue.pk, "note", "Thank you for paying.", by="ada", now=NOW)
    show(issue, "plan:paid")
    approved = approve(issue.pk, by="ada", now=NOW)
    check_seal(approved)
    IssueRendering.objects.filter(variant="2").update(content_hash="x")
    with pytest.raises(Refused):
        check_seal(approved)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Issue.objects.update(note_group="plan:plain"),
        lambda: IssueRendering.objects.filter(variant="2").update(rule={"combination": 0}),
        lambda: IssueRendering.objects.filter(variant="2").delete(),
    ],
)
def test_who_gets_a_variant_is_sealed_too(issue: Issue, change: Any) -> None:
    reword(issue.pk, "note", "Thank you for paying.", by="ada", now=NOW)
    show(issue, "plan:paid")
    approved = approve(issue.pk, by="ada", now=NOW)
    change()
    with pytest.raises(Refused):
        check_seal(find(approved.pk))


def test_an_error_in_one_variant_blocks_the_approval(issue: Issue) -> None:
    reword(issue.pk, "note", "Hello [[nmae]]", by="ada", now=NOW)
    show(issue, "plan:paid")
    with pytest.raises(Refused, match="slots") as refusal:
        approve(issue.pk, by="ada", now=NOW)
    assert refusal.value.where == "variant 2, note: [[nmae]]"
    assert [one["errors"] for one in describe_variants(renderings_of(find(issue.pk), now=NOW))] == [0, 1]


def test_readers_who_come_later_change_no_variant_of_an_approved_issue(issue: Issue) -> None:
    reword(issue.pk, "note", "Thank you.", by="ada", now=NOW)
    show(issue, "plan:paid and not language:fr")
    approved = approve(issue.pk, by="ada", now=NOW)
    Reader.objects.update(plan="plain")
    assert shown(approved) == [("1", "everybody", 3), ("2", "plan:paid and not language:fr", 1)]


def test_the_count_of_readers_follows_the_audience_and_renders_nothing_anew(issue: Issue) -> None:
    reword(issue.pk, "note", "Thank you.", by="ada", now=NOW)
    show(issue, "plan:paid")
    before = renderings_of(find(issue.pk), now=NOW)[1].rendered_at
    Reader.objects.filter(language="fr").update(plan="plain")
    after = renderings_of(find(issue.pk), now=NOW.replace(year=2027))[1]
    assert (after.readers, after.rendered_at) == (1, before)


def test_a_variant_nobody_needs_any_more_is_gone(issue: Issue) -> None:
    reword(issue.pk, "note", "Thank you.", by="ada", now=NOW)
    show(issue, "plan:paid")
    shown(issue)
    show(issue, "")
    assert shown(issue) == [("1", "everybody", None)]
    assert IssueRendering.objects.filter(issue=issue).count() == 1


def many(newsletter: Newsletter, combinations: int) -> Issue:
    """An issue with four groups, and readers of so many combinations of them; the first is of none."""
    for number in range(combinations):
        make_reader(newsletter, tags=[f"t{bit}" for bit in range(4) if number >> bit & 1])
    issue = draft(newsletter, now=NOW, by="ada")
    for bit in range(4):
        article = make_article(f"Article for {bit}", available_at=NOW)
        newsletter_issue = draft(newsletter, now=NOW, by="ada")
        show(newsletter_issue, f"tag:t{bit}", article_id=article.pk)
    return issue


def test_eight_combinations_are_eight_variants() -> None:
    make_article("For everybody")
    issue = many(make_newsletter(), 8)
    assert [readers for _, _, readers in shown(issue)] == [1] * 8
    approve(issue.pk, by="ada", now=NOW)


def test_nine_combinations_are_refused_with_what_to_do() -> None:
    make_article("For everybody")
    issue = many(make_newsletter(), 9)
    with pytest.raises(Refused) as refusal:
        approve(issue.pk, by="ada", now=NOW)
    assert refusal.value.where == "9 combinations of 4 groups; 1 readers are beyond the first 8"
    assert refusal.value.fix == "At most 8 can be made. Show fewer blocks to groups; tag:t3 has the fewest readers."
    assert len(shown(issue)) == 8


def findings(issue: Issue) -> list[tuple[str, str, str]]:
    found = rendering_of(find(issue.pk), now=NOW).findings
    return [(one["rule"], one["level"], one["place"]) for one in found if one["rule"] in ("groups", "read_elsewhere")]


def test_a_group_of_nobody_is_told(issue: Issue) -> None:
    reword(issue.pk, "note", "Thank you.", by="ada", now=NOW)
    show(issue, "tag:dnoor")
    assert findings(issue) == [("groups", "W", "nobody in the audience is of tag:dnoor")]
    show(issue, "plan:paid")
    assert findings(issue) == []


def test_readers_for_whom_nothing_is_left_are_told(issue: Issue) -> None:
    show(issue, "plan:paid", section="1")
    assert findings(issue) == [("groups", "W", "1 readers would see no article")]


def test_an_issue_says_which_block_is_for_whom(issue: Issue) -> None:
    river = issue.picks.get(article__title="The river").article_id
    show(issue, "language:fr", article_id=river)
    show(issue, "plan:paid", section="Section 1")
    reword(issue.pk, "note", "Thank you.", by="ada", now=NOW)
    show(issue, "tag:donor")
    told = describe_issue(find(issue.pk))
    assert (told["note_group"], told["sections"][0]["group"]) == ("tag:donor", "plan:paid")
    assert {pick["article"]: pick["group"] for pick in told["sections"][0]["picks"]}[river] == "language:fr"


def test_a_section_that_its_newsletter_shows_to_a_group_can_be_shown_to_all(issue: Issue) -> None:
    issue.newsletter.sections.update(group="plan:paid")
    again = draft(issue.newsletter, now=NOW, by="ada")
    assert [words for _, words, _ in shown(again)] == ["everybody", "plan:paid"]
    show(again, "everybody", section="1")
    assert [words for _, words, _ in shown(again)] == ["everybody"]


@pytest.mark.parametrize(
    ("group", "block"),
    [("plan:gold", {}), ("plan:paid", {"section": "9"}), ("plan:paid", {"section": "1", "article_id": 1})],
)
def test_a_wrong_group_or_block_is_refused(issue: Issue, group: str, block: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        show(issue, group, **block)


def test_a_proof_shows_the_variant_asked_for(issue: Issue) -> None:
    reword(issue.pk, "note", "Thank you for paying.", by="ada", now=NOW)
    show(issue, "plan:paid")
    paid = proof(issue.pk, to="ada@x.example", variant="2", by="ada", now=NOW)
    all_see = proof(issue.pk, to="ada@x.example", variant="1", by="ada", now=NOW)
    assert (paid.subject.startswith("[Proof of variant 2] "), "Thank you for" in paid.html) == (True, True)
    assert (all_see.subject.startswith("[Proof] "), "Thank you for" in all_see.html) == (True, False)
    with pytest.raises(NotFound):
        proof(issue.pk, to="ada@x.example", variant="3", by="ada", now=NOW)
