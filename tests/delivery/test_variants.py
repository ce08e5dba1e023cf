"""Journeys of two groups and of two newsletters through a real send: everybody gets the variant that is theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone

from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.delivery.control import send
from newsletter.delivery.deliver import deliver
from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Delivery, DeliveryState, Sending
from newsletter.delivery.status import deliveries, status
from newsletter.delivery.transports.memory import Memory
from newsletter.issues.approve import approve
from newsletter.issues.describe import describe_variants
from newsletter.issues.draft import draft
from newsletter.issues.edit import drop, reword
from newsletter.issues.elsewhere import ACCEPTED, ON_THEIR_WAY
from newsletter.issues.lifecycle import find
from newsletter.issues.models import Issue
from newsletter.issues.queries import placed
from newsletter.issues.render import rendering_of, renderings_of
from newsletter.issues.show_to import show_to
from newsletter.readers.models import Reader, Subscription
from tests.factories import make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db(transaction=True)
REPLACE, MENTION = Newsletter.Repeats.REPLACE, Newsletter.Repeats.MENTION


def article(title: str, *newsletters: str, **given: Any) -> Article:
    ago = timezone.now() - timedelta(hours=2)
    return make_article(title, newsletters=list(newsletters), available_at=ago, published_on=ago.date(), **given)


def drafted(newsletter: Newsletter) -> Issue:
    return draft(newsletter, at=timezone.now() - timedelta(minutes=1), now=timezone.now(), by="ada")


def approved(newsletter: Newsletter) -> Issue:
    return approve(drafted(newsletter).pk, by="ada", now=timezone.now())


def sent(issue: Issue, *, now: datetime | None = None) -> dict[str, EmailMessage]:
    """Send an approved issue to its end; returns the parsed mail by address."""
    send(issue.pk, by="ada", now=now or timezone.now())
    assert freeze(issue.pk, now=timezone.now()).complete
    relay = Memory()
    deliver(place=f"t{issue.pk}", transport=relay)
    assert find(issue.pk).state == Issue.State.SENT
    mails = {}
    for recipient, octets in relay.messages:
        mail = message_from_bytes(octets, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        mails[recipient.decode()] = mail
    return mails


def text(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def both(mail: EmailMessage, words: str) -> tuple[bool, bool]:
    """Whether the text part and the HTML part hold ``words``."""
    return words in text(mail), words in text(mail, "html")


def read_by(newsletter: Newsletter, *readers: Reader) -> None:
    for reader in readers:
        Subscription.objects.create(reader=reader, newsletter=newsletter, state="active", since=timezone.now())


def test_the_states_of_a_delivery_are_those_of_its_room() -> None:
    assert ON_THEIR_WAY == (DeliveryState.QUEUED, DeliveryState.WIRE, DeliveryState.DEFERRED)
    assert ACCEPTED == DeliveryState.ACCEPTED


def test_two_groups_get_two_variants_with_their_names_in_the_subject() -> None:
    newsletter = make_newsletter()
    article("The harbor", "ctw")
    make_reader(newsletter, "paid@x.example", plan="paid", name="Ann")
    make_reader(newsletter, "plain@x.example", name="")
    issue = drafted(newsletter)
    reword(issue.pk, "note", "Thank you for paying, [[name]].", by="ada", now=timezone.now())
    reword(issue.pk, "subject", "[[name|Friend]], the harbor", by="ada", now=timezone.now())
    show_to(issue.pk, "plan:paid", by="ada", now=timezone.now())
    mails = sent(approve(issue.pk, by="ada", now=timezone.now()))
    assert {address: str(mail["Subject"]) for address, mail in mails.items()} == {
        "paid@x.example": "Ann, the harbor",
        "plain@x.example": "Friend, the harbor",
    }
    assert both(mails["paid@x.example"], "Thank you for paying, Ann.") == (True, True)
    assert both(mails["plain@x.example"], "Thank you") == (False, False)
    told = status(issue.pk)["variants"]
    assert told == [
        {"variant": "1", "words": "everybody", "readers": 1},
        {"variant": "2", "words": "plan:paid", "readers": 1},
    ]
    rows = deliveries(issue.pk, state=None, after=0, limit=10)
    assert {row["address"]: row["variant"] for row in rows} == {"paid@x.example": "2", "plain@x.example": "1"}


def test_the_browser_shows_the_variant_of_the_mail(client: Any) -> None:
    newsletter = make_newsletter()
    article("The harbor", "ctw")
    make_reader(newsletter, "paid@x.example", plan="paid")
    make_reader(newsletter, "plain@x.example")
    issue = drafted(newsletter)
    reword(issue.pk, "note", "Thank you for paying.", by="ada", now=timezone.now())
    show_to(issue.pk, "plan:paid", by="ada", now=timezone.now())
    mails = sent(approve(issue.pk, by="ada", now=timezone.now()))
    seen = {}
    for address, mail in mails.items():
        link = next(line for line in text(mail).split("\n") if "/v/" in line)
        seen[address] = b"Thank you for paying" in client.get("/v/" + link.strip().rpartition("/v/")[2]).content
    assert seen == {"paid@x.example": True, "plain@x.example": False}


def test_who_joins_a_combination_after_the_approval_gets_the_nearest_variant_that_shows_nothing_of_others() -> None:
    newsletter = make_newsletter()
    first = article("The harbor", "ctw")
    second = article("The river", "ctw")
    make_reader(newsletter, "paid@x.example", plan="paid")
    make_reader(newsletter, "french@x.example", language="fr")
    issue = drafted(newsletter)
    reword(issue.pk, "note", "Thank you for paying.", by="ada", now=timezone.now())
    show_to(issue.pk, "plan:paid", by="ada", now=timezone.now())
    show_to(issue.pk, "language:fr", article_id=second.pk, by="ada", now=timezone.now())
    ready = approve(issue.pk, by="ada", now=timezone.now())
    make_reader(newsletter, "both@x.example", plan="paid", language="fr")
    make_reader(newsletter, "late@x.example", language="ru")
    mails = sent(ready)
    assert {address: (both(mail, first.title)[0], both(mail, second.title)[0], both(mail, "Thank you")[0])
            for address, mail in mails.items()} == {
        "paid@x.example": (True, False, True),
        "french@x.example": (True, True, False),
        "both@x.example": (True, False, True),
        "late@x.example": (True, False, False),
    }  # fmt: skip


def test_readers_for_whom_nothing_is_meant_are_left_out_with_the_reason() -> None:
    newsletter = make_newsletter()
    article("The harbor", "ctw")
    make_reader(newsletter, "paid@x.example", plan="paid")
    make_reader(newsletter, "plain@x.example")
    issue = drafted(newsletter)
    show_to(issue.pk, "plan:paid", section="1", by="ada", now=timezone.now())
    mails = sent(approve(issue.pk, by="ada", now=timezone.now()))
    assert list(mails) == ["paid@x.example"]
    assert status(issue.pk)["excluded"] == {"no_article": 1}


@pytest.fixture
def pair() -> tuple[Newsletter, Newsletter]:
    """Two newsletters that share a story and a reader; the second holds one article a section."""
    first = make_newsletter("first", title="First Light")
    second = make_newsletter("second", sections=[{"limit": 1, "selector": "newsletter:second"}], repeats=REPLACE)
    article("Another story", "second")
    article("The shared story", "first", "second")
    both_read = make_reader(first, "both@x.example")
    make_reader(second, "one@x.example")
    read_by(second, both_read)
    return first, second


def test_a_story_from_another_newsletter_is_replaced_by_the_next_candidate(pair: Any) -> None:
    first, second = pair
    mails = sent(approved(first))
    assert both(mails["both@x.example"], "The shared story") == (True, True)
    mails = sent(approved(second))
    assert both(mails["one@x.example"], "The shared story") == (True, True)
    assert both(mails["one@x.example"], "Another story") == (False, False)
    assert both(mails["both@x.example"], "The shared story") == (False, False)
    assert both(mails["both@x.example"], "Another story") == (True, True)


def test_a_story_from_another_newsletter_is_mentioned(pair: Any) -> None:
    first, second = pair
    Newsletter.objects.filter(pk=second.pk).update(repeats=MENTION)
    sent(approved(first))
    mails = sent(approved(second))
    assert both(mails["both@x.example"], "The shared story") == (True, True)
    assert both(mails["both@x.example"], "Also in First Light") == (True, True)
    assert both(mails["one@x.example"], "Also in First Light") == (False, False)


def test_without_the_rule_a_story_goes_to_everybody(pair: Any) -> None:
    first, second = pair
    Newsletter.objects.filter(pk=second.pk).update(repeats=Newsletter.Repeats.SEND)
    sent(approved(first))
    assert both(sent(approved(second))["both@x.example"], "The shared story") == (True, True)


def test_a_story_read_longer_ago_than_the_rule_says_is_sent_again(pair: Any) -> None:
    first, second = pair
    sent(approved(first))
    Delivery.objects.update(moved_at=timezone.now() - timedelta(days=8))
    assert both(sent(approved(second))["both@x.example"], "The shared story") == (True, True)


def test_a_story_that_was_refused_to_a_reader_is_not_held_to_be_read(pair: Any) -> None:
    first, second = pair
    sent(approved(first))
    Delivery.objects.update(state=DeliveryState.REFUSED)
    assert both(sent(approved(second))["both@x.example"], "The shared story") == (True, True)


def test_a_story_that_was_renewed_since_is_another_one(pair: Any) -> None:
    first, second = pair
    sent(approved(first))
    Article.objects.filter(title="The shared story").update(renewed_at=timezone.now() + timedelta(hours=1))
    assert both(sent(approved(second))["both@x.example"], "The shared story") == (True, True)


def test_a_reader_of_another_variant_did_not_get_the_story(pair: Any) -> None:
    first, second = pair
    article("For all of first", "first")
    issue = drafted(first)
    shared = Article.objects.get(title="The shared story")
    show_to(issue.pk, "plan:paid", article_id=shared.pk, by="ada", now=timezone.now())
    paid = make_reader(first, "paid@x.example", plan="paid")
    read_by(second, paid)
    sent(approve(issue.pk, by="ada", now=timezone.now()))
    mails = sent(approved(second))
    assert both(mails["both@x.example"], "The shared story") == (True, True)
    assert both(mails["paid@x.example"], "The shared story") == (False, False)


def test_what_is_due_before_is_foreseen_and_decided_when_it_is_frozen(pair: Any) -> None:
    first, second = pair
    ahead = approved(first)
    Issue.objects.filter(pk=ahead.pk).update(send_at=timezone.now() - timedelta(minutes=5))
    shared = Article.objects.get(title="The shared story")
    ready = approved(second)
    told = [(one["words"], one["readers"]) for one in describe_variants(renderings_of(ready, now=timezone.now()))]
    assert told == [("everybody", 1), (f"without article {shared.pk}", 1)]
    sent(ahead)
    assert both(sent(ready)["both@x.example"], "The shared story") == (False, False)


def test_what_was_foreseen_and_did_not_happen_keeps_its_story(pair: Any) -> None:
    first, second = pair
    ahead = approved(first)
    Issue.objects.filter(pk=ahead.pk).update(send_at=timezone.now() - timedelta(minutes=5))
    assert both(sent(approved(second))["both@x.example"], "The shared story") == (True, True)


def test_a_repeat_nobody_foresaw_is_sent_and_counted(pair: Any) -> None:
    first, second = pair
    ready = approved(second)
    sent(approved(first))
    assert both(sent(ready)["both@x.example"], "The shared story") == (True, True)
    assert (Sending.objects.get(issue=ready).repeated, status(ready.pk)["repeated"]) == (1, 1)


def test_of_two_issues_at_once_the_one_sent_first_is_first(pair: Any) -> None:
    first, second = pair
    Newsletter.objects.update(repeats=REPLACE)
    ahead = approved(first)
    Issue.objects.filter(pk=ahead.pk).update(send_at=timezone.now() - timedelta(minutes=5))
    behind = approved(second)
    now = timezone.now()
    send(ahead.pk, by="ada", now=now)
    send(behind.pk, by="ada", now=now + timedelta(seconds=1))
    assert not freeze(behind.pk, now=timezone.now()).complete  # it waits to see who gets the first
    assert freeze(ahead.pk, now=timezone.now()).complete
    assert freeze(behind.pk, now=timezone.now()).complete
    given = dict(Delivery.objects.filter(reader__address="both@x.example").values_list("issue", "variant"))
    assert given == {ahead.pk: "", behind.pk: "2"}


def test_an_issue_waits_only_so_long_for_one_that_does_not_get_on(pair: Any) -> None:
    first, second = pair
    ahead, behind = approved(first), approved(second)
    now = timezone.now()
    send(ahead.pk, by="ada", now=now - timedelta(minutes=11))
    send(behind.pk, by="ada", now=now)
    assert freeze(behind.pk, now=now).complete


def test_a_correction_goes_to_everybody(pair: Any) -> None:
    first, second = pair
    sent(approved(first))
    issue = drafted(second)
    Issue.objects.filter(pk=issue.pk).update(kind=Issue.Kind.CORRECTION)
    assert both(sent(approve(issue.pk, by="ada", now=timezone.now()))["both@x.example"], "The shared story")[0]


def test_the_next_candidate_is_not_one_the_reader_has_as_well(pair: Any) -> None:
    first, second = pair
    article("A third story", "second")
    Article.objects.filter(title="Another story").update(newsletters=["first", "second"])
    other = Article.objects.get(title="Another story")
    other.facet_keys = [*other.facet_keys, "newsletter=first"]
    other.save()
    sent(approved(first))
    issue = drafted(second)
    assert [pick.article.title for pick in placed(issue)] == ["A third story"]
    third = Article.objects.get(title="A third story")
    drop(issue.pk, third.pk, by="ada", now=timezone.now())
    mails = sent(approve(issue.pk, by="ada", now=timezone.now()))
    assert list(mails) == ["one@x.example"]  # nothing is left for who has both
    assert status(issue.pk)["excluded"] == {"no_article": 1}


def test_more_overlaps_than_variants_keep_those_of_most_readers_and_are_told() -> None:
    second = make_newsletter("second", sections=[{"limit": 10, "selector": "newsletter:second"}], repeats=REPLACE)
    firsts = []
    for number in range(9):
        first = make_newsletter(f"first{number}")
        article(f"Story {number}", first.code, "second")
        for _ in range(1 + (number > 0)):
            reader = make_reader(first)
            read_by(second, reader)
        firsts.append(first)
    article("A story of its own", "second")
    make_reader(second)
    for first in firsts:
        sent(approved(first))
    issue = drafted(second)
    found = rendering_of(issue, now=timezone.now()).findings
    told = [(one["level"], one["place"]) for one in found if one["rule"] == "read_elsewhere"]
    assert told == [("W", "3 readers get a story again that another newsletter sent them")]
    sent(approve(issue.pk, by="ada", now=timezone.now()))
    assert Sending.objects.get(issue=issue).repeated == 3
    assert sum(Sending.objects.get(issue=issue).variants.values()) == 18
