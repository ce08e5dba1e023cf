"""Mail of any variant proves what it is, and every variant is made again from its own rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from newsletter.articles.models import Article
from newsletter.catalogue.models import Brand, Newsletter
from newsletter.delivery.control import send
from newsletter.delivery.deliver import deliver
from newsletter.delivery.freeze import freeze
from newsletter.delivery.letters import letter_octets
from newsletter.delivery.proof import proof
from newsletter.delivery.transports.memory import Memory
from newsletter.delivery.verify import verify
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.models import Issue
from newsletter.issues.rebuild import faults, rebuild
from newsletter.issues.show_to import show_to
from newsletter.links import addresses
from newsletter.readers.models import Subscription
from tests.factories import make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db(transaction=True)
Repeats = Newsletter.Repeats


def drafted(newsletter: Newsletter) -> Issue:
    return draft(newsletter, at=timezone.now() - timedelta(minutes=1), now=timezone.now(), by="ada")


def sent(issue: Issue) -> dict[str, bytes]:
    """Approve and send; returns every mail by address."""
    approve(issue.pk, by="ada", now=timezone.now())
    send(issue.pk, by="ada", now=timezone.now())
    freeze(issue.pk, now=timezone.now())
    relay = Memory()
    deliver(place=f"t{issue.pk}", transport=relay)
    return {recipient.decode(): octets.replace(b"\r\n..", b"\r\n.") for recipient, octets in relay.messages}


def article(title: str, *newsletters: str) -> Article:
    ago = timezone.now() - timedelta(hours=2)
    return make_article(title, newsletters=list(newsletters), available_at=ago, published_on=ago.date())


@pytest.fixture
def grouped() -> Issue:
    """An issue whose note only paying readers see."""
    newsletter = make_newsletter()
    article("The harbor", "ctw")
    make_reader(newsletter, "paid@x.example", plan="paid", name="Ann")
    make_reader(newsletter, "plain@x.example")
    issue = drafted(newsletter)
    reword(issue.pk, "note", "Thank you, [[name]].", by="ada", now=timezone.now())
    show_to(issue.pk, "plan:paid", by="ada", now=timezone.now())
    return issue


def test_a_mail_of_every_variant_is_proven_with_its_variant(grouped: Issue) -> None:
    told = {address: verify(octets) for address, octets in sent(grouped).items()}
    assert {address: (one.variant, one.differs) for address, one in told.items()} == {
        "paid@x.example": ("2", ()),
        "plain@x.example": ("1", ()),
    }


def test_a_proof_of_every_variant_is_proven_with_its_variant(grouped: Issue) -> None:
    now = timezone.now()
    proofs = [proof(grouped.pk, to="ed@x.example", variant=number, by="ada", now=now) for number in ("1", "2")]
    approve(grouped.pk, by="ada", now=now)
    told = [verify(letter_octets(letter).replace(b"\r\n..", b"\r\n.")) for letter in proofs]
    assert [(one.copy, one.variant, one.differs) for one in told] == [("proof", "1", ()), ("proof", "2", ())]


def test_a_mail_of_one_variant_is_none_of_another(grouped: Issue) -> None:
    mail = sent(grouped)["paid@x.example"]
    other = mail.replace(addresses.view(grouped.pk, 2).encode(), addresses.view(grouped.pk).encode())
    assert (other != mail, verify(other).verified) == (True, False)


def test_a_variant_that_a_reader_did_not_get_is_refused(grouped: Issue) -> None:
    mails = sent(grouped)
    numbers = {address: octets.split(b"Message-ID: <")[1].split(b"@")[0] for address, octets in mails.items()}
    swapped = mails["paid@x.example"].replace(numbers["paid@x.example"], numbers["plain@x.example"])
    assert not verify(swapped).verified


@pytest.mark.parametrize("rule", [Repeats.REPLACE, Repeats.MENTION])
def test_variants_for_stories_read_elsewhere_are_made_again_from_their_rows(rule: Any) -> None:
    first = make_newsletter("first", title="First Light")
    second = make_newsletter("second", sections=[{"limit": 1, "selector": "newsletter:second"}], repeats=rule)
    article("Another story", "second")
    article("The shared story", "first", "second")
    reader = make_reader(first, "both@x.example")
    make_reader(second, "one@x.example")
    Subscription.objects.create(reader=reader, newsletter=second, state="active", since=timezone.now())
    sent(drafted(first))
    issue = drafted(second)
    mails = sent(issue)
    Article.objects.update(title="Changed since", teaser="Changed")
    Brand.objects.all().delete()
    done = rebuild(issue.pk)
    assert [(one.variant, one.differs) for one in done.variants] == [("", ()), ("2", ())]
    assert (set(done.locked.variants), faults(done.locked)) == ({"2"}, [])
    assert sorted(verify(octets).variant for octets in mails.values()) == ["1", "2"]


def test_variants_for_groups_are_made_again_from_their_rows(grouped: Issue) -> None:
    sent(grouped)
    Article.objects.update(title="Changed since")
    done = rebuild(grouped.pk)
    assert (done.same, set(done.locked.variants), done.locked.variants["2"].groups) == (True, {"2"}, ("plan:paid",))
