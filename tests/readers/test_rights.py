"""A reader may pause, see what we hold, and be forgotten."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from newsletter.catalogue.models import Newsletter
from newsletter.letters.models import Letter
from newsletter.readers.address import address_hash
from newsletter.readers.audience import audience_count
from newsletter.readers.erase import erase
from newsletter.readers.export import export
from newsletter.readers.load import load
from newsletter.readers.models import Consent, Reader, Subscription, Suppression
from newsletter.readers.pause import pause, resume
from newsletter.readers.subscribe import subscribe
from newsletter.readers.unsubscribe import unsubscribe
from tests.factories import NOW, make_newsletter, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsletter() -> Newsletter:
    return make_newsletter()


def test_pausing_and_coming_back_are_proven(newsletter: Newsletter) -> None:
    reader = make_reader(newsletter)
    moved = [
        pause(reader.pk, newsletter.pk, by="reader", now=NOW),
        pause(reader.pk, newsletter.pk, by="reader", now=NOW),
        resume(reader.pk, newsletter.pk, by="reader", now=NOW),
    ]
    acts = list(Consent.objects.order_by("pk").values_list("act", flat=True))
    assert (moved, acts, Subscription.objects.get().state) == ([True, False, True], ["paused", "resumed"], "active")


def test_who_left_cannot_be_resumed(newsletter: Newsletter) -> None:
    reader = make_reader(newsletter)
    unsubscribe(reader.pk, newsletter.pk, by="reader", now=NOW)
    assert resume(reader.pk, newsletter.pk, by="operator ada", now=NOW) is False


def test_an_export_holds_what_we_know(newsletter: Newsletter) -> None:
    load(BytesIO(b"email,name\na@readers.example,Ada\n"), newsletter=newsletter, by="operator ada", now=NOW)
    known = json.loads(json.dumps(export(Reader.objects.get())))
    assert (known["address"], known["name"], known["subscriptions"], known["consents"][0]["act"]) == (
        "a@readers.example",
        "Ada",
        [{"newsletter": "ctw", "state": "active", "since": NOW.isoformat()}],
        "imported",
    )


def test_the_erased_are_forgotten_but_never_mailed_again(newsletter: Newsletter) -> None:
    subscribe("a@readers.example", newsletter=newsletter, name="Ada", now=NOW, evidence={"ip": "192.0.2.1"})
    reader = Reader.objects.get()
    assert erase(reader.pk, by="reader", now=NOW)
    reader.refresh_from_db()
    assert (reader.address, reader.name, bytes(reader.address_hash) == address_hash("a@readers.example")) == (
        "",
        "",
        False,
    )
    assert [bytes(found.address_hash) for found in Suppression.objects.all()] == [address_hash("a@readers.example")]
    assert list(Consent.objects.values_list("evidence", flat=True)) == [{}]
    assert list(Letter.objects.values_list("state", "address", "text")) == [("cancelled", "", "")]
    assert audience_count(newsletter).included == 0


def test_an_import_does_not_bring_the_erased_back(newsletter: Newsletter) -> None:
    erase(make_reader(newsletter, "a@readers.example").pk, by="reader", now=NOW)
    report = load(BytesIO(b"email\na@readers.example\n"), newsletter=newsletter, by="operator ada", now=NOW)
    assert (report.loaded, report.refused) == (0, [{"row": 2, "reason": "the address is suppressed"}])


def test_two_may_be_erased_and_each_once(newsletter: Newsletter) -> None:
    readers = [make_reader(newsletter), make_reader(newsletter)]
    done = [erase(reader.pk, by="reader", now=NOW) for reader in (*readers, readers[0])]
    assert done == [True, True, False]
