"""Readers come in once, with proof; who left or is suppressed stays out."""

from __future__ import annotations

from io import BytesIO

import pytest

from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid
from newsletter.readers.audience import audience_count
from newsletter.readers.load import LoadReport, load
from newsletter.readers.models import Consent, Reader, Subscription
from newsletter.readers.suppress import lift, suppress
from newsletter.readers.unsubscribe import unsubscribe
from tests.factories import NOW, make_newsletter, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsletter() -> Newsletter:
    return make_newsletter()


def bring(newsletter: Newsletter, text: str | bytes) -> LoadReport:
    octets = text.encode() if isinstance(text, str) else text
    return load(BytesIO(octets), newsletter=newsletter, by="operator ada", now=NOW)


def test_a_row_becomes_a_reader_with_a_subscription_and_a_consent(newsletter: Newsletter) -> None:
    report = bring(newsletter, "email,name,language\nAda@Readers.Example,Ада Байрон,ru\n")
    reader = Reader.objects.get()
    assert (report.loaded, reader.address, reader.name, reader.language) == (
        1,
        "ada@readers.example",
        "Ада Байрон",
        "ru",
    )
    assert list(Consent.objects.values_list("act", "by", "at")) == [("imported", "operator ada", NOW)]


def test_the_same_file_again_loads_nobody(newsletter: Newsletter) -> None:
    text = "email,name,language\na@readers.example,Ada,en\n"
    bring(newsletter, text)
    report = bring(newsletter, text)
    assert (report.loaded, report.updated, report.unchanged) == (0, 0, 1)


def test_a_new_name_is_an_update(newsletter: Newsletter) -> None:
    bring(newsletter, "email,name\na@readers.example,Ada\n")
    report = bring(newsletter, "email,name\na@readers.example,Ada Byron\n")
    assert (report.updated, Reader.objects.get().name) == (1, "Ada Byron")


def test_one_address_in_two_forms_is_one_reader(newsletter: Newsletter) -> None:
    report = bring(newsletter, "email\na@readers.example\nA@READERS.example\n")
    assert (report.loaded, report.refused) == (1, [{"row": 3, "reason": "the same address as in row 2"}])


def test_who_left_stays_out(newsletter: Newsletter) -> None:
    reader = make_reader(newsletter, "a@readers.example")
    unsubscribe(reader.pk, newsletter.pk, by="reader", now=NOW)
    report = bring(newsletter, "email\na@readers.example\n")
    assert (report.loaded, report.refused) == (0, [{"row": 2, "reason": "this reader left the newsletter"}])


def test_who_is_suppressed_stays_out(newsletter: Newsletter) -> None:
    suppress("a@readers.example", reason="complained", by="system", now=NOW)
    assert bring(newsletter, "email\na@readers.example\n").refused == [
        {"row": 2, "reason": "the address is suppressed"}
    ]


@pytest.mark.parametrize(
    "address", ["", "x", "a@b@c.example", '"quoted"@readers.example', "a@readers.example,b", "a@[127.0.0.1]", "é" * 400]
)
def test_what_is_no_address_is_refused_by_row(newsletter: Newsletter, address: str) -> None:
    report = bring(newsletter, f'email;name\n"{address.replace(chr(34), chr(34) * 2)}";Ada\n')
    assert (report.loaded, [refused["row"] for refused in report.refused]) == (0, [2])


def test_a_byte_order_mark_and_semicolons_are_understood(newsletter: Newsletter) -> None:
    assert bring(newsletter, b"\xef\xbb\xbfEmail;Name\r\na@readers.example;Ada, B.\r\n").loaded == 1


@pytest.mark.parametrize(
    ("octets", "where"), [(b"name\nAda\n", "line 1"), (b"email\n\xff\n", "line 2"), (b"email\na\0b\n", "line 2")]
)
def test_a_file_that_is_no_such_csv_is_refused_with_its_line(newsletter: Newsletter, octets: bytes, where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        bring(newsletter, octets)
    assert refusal.value.where == where


def test_leaving_twice_is_leaving_once(newsletter: Newsletter) -> None:
    reader = make_reader(newsletter)
    assert [unsubscribe(reader.pk, newsletter.pk, by="reader", now=NOW) for _ in range(2)] == [True, False]


def test_leaving_is_proven(newsletter: Newsletter) -> None:
    reader = make_reader(newsletter)
    unsubscribe(reader.pk, newsletter.pk, by="reader", now=NOW)
    assert Subscription.objects.get().state == "left"
    assert Consent.objects.get(reader=reader, act="left").by == "reader"


def test_a_suppression_can_be_lifted_and_made_again(newsletter: Newsletter) -> None:
    made = suppress("a@readers.example", reason="bounced", by="system", now=NOW)
    lifted = lift("A@readers.example", by="operator ada", now=NOW)
    again = suppress("a@readers.example", reason="bounced", by="system", now=NOW)
    assert (made, lifted, again) == (True, True, True)


def test_the_audience_counts_who_is_in_and_why_others_are_not(newsletter: Newsletter) -> None:
    make_reader(newsletter)
    make_reader(newsletter, state="paused")
    make_reader(newsletter, state="pending")
    make_reader(newsletter, state="left")
    make_reader(newsletter, "s@readers.example")
    suppress("s@readers.example", reason="bounced", by="system", now=NOW)
    count = audience_count(newsletter)
    assert (count.included, count.excluded) == (1, {"paused": 1, "pending": 1, "suppressed": 1})
