"""Readers come in once, with proof; who left or is suppressed stays out."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid, Refused
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
    assert (report.loaded, report.refused) == (1, [{"row": 3, "reason": "the same address stands in an earlier row"}])


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
    ("octets", "reason"),
    [
        (b"name\nAda\n", "The first line does not name a column email."),
        (b"", "The first line does not name a column email."),
        ("email\na@readers.example\n".encode("utf-16"), "The first line is UTF-16."),
        (b"\x89PNG\r\n\x1a\n\0", "The first line is not UTF-8 (byte 1)."),
        (b"x" * 20_000, "The first line is longer than 10000 bytes."),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused(newsletter: Newsletter, octets: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        bring(newsletter, octets)
    assert (refusal.value.message, refusal.value.where) == (reason, "line 1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("b@readers.example,José".encode("cp1252"), "the line is not UTF-8 (byte 22)"),
        (b"b\0@readers.example", "the line holds a NUL byte"),
        (b"b@readers.example," + b"x" * 3_000_000, "the line is longer than 10000 bytes"),
        (b'b@readers.example,"Ada', "the line opens a quotation mark and does not close it"),
        (b"b@readers.example,Ada,english!", "'english!' is no language tag"),
        (
            "b@readers.example,Ada\u2028Byron".encode(),
            "the name holds control characters or is longer than 200 characters",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_and_the_others_go_in(
    newsletter: Newsletter, line: bytes, reason: str
) -> None:
    around = [b"email,name,language", b"a@readers.example,Ada,en", line, b"c@readers.example,Cy,en"]
    report = bring(newsletter, b"\n".join(around))
    assert (report.loaded, report.refused) == (2, [{"row": 3, "reason": reason}])


def test_a_record_over_several_lines_is_one_reader(newsletter: Newsletter) -> None:
    text = 'note,email\n"line one\nline ""two""\n",a@readers.example\n,b@readers.example\n'
    assert bring(newsletter, text).loaded == 2


def test_cells_that_look_like_formulas_stay_text(newsletter: Newsletter) -> None:
    bring(newsletter, 'email,name\na@readers.example,"=HYPERLINK(1)"\n')
    assert Reader.objects.get().name == "=HYPERLINK(1)"


@pytest.mark.parametrize(("written", "kept"), [("EN", "en"), ("pt_BR", "pt-BR"), ("zh-Hans", "zh-Hans"), ("", "")])
def test_a_language_is_kept_as_a_tag(newsletter: Newsletter, written: str, kept: str) -> None:
    bring(newsletter, f"email,language\na@readers.example,{written}\n")
    assert Reader.objects.get().language == kept


def test_the_consent_names_the_file(newsletter: Newsletter) -> None:
    load(BytesIO(b"email\na@readers.example\n"), newsletter=newsletter, by="operator ada", now=NOW, file="spring.csv")
    assert Consent.objects.get().evidence == {"file": "spring.csv"}


def test_who_asked_and_did_not_confirm_is_subscribed_by_an_import(newsletter: Newsletter) -> None:
    make_reader(newsletter, "a@readers.example", state="pending")
    report = bring(newsletter, "email\na@readers.example\n")
    assert (report.loaded, Subscription.objects.get().state) == (1, "active")


def test_who_paused_stays_paused(newsletter: Newsletter) -> None:
    make_reader(newsletter, "a@readers.example", state="paused")
    report = bring(newsletter, "email\na@readers.example\n")
    assert (report.loaded, report.unchanged, Subscription.objects.get().state) == (0, 1, "paused")


def test_one_reader_may_hold_two_newsletters(newsletter: Newsletter) -> None:
    bring(newsletter, "email\na@readers.example\n")
    bring(make_newsletter("asia"), "email\na@readers.example\n")
    assert (Reader.objects.count(), Subscription.objects.count()) == (1, 2)


def test_a_changed_address_key_is_told_and_nothing_is_stored(newsletter: Newsletter, settings: Any) -> None:
    bring(newsletter, "email\na@readers.example\n")
    settings.ADDRESS_KEY = "another key"
    with pytest.raises(Refused, match="address key has changed"):
        bring(newsletter, "email\na@readers.example\nb@readers.example\n")
    assert Reader.objects.count() == 1


def test_a_thousand_refusals_are_listed_and_all_are_counted(newsletter: Newsletter) -> None:
    report = bring(newsletter, "email\n" + "x\n" * 1500)
    assert (len(report.refused), report.refused_count) == (1000, 1500)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_batch_takes_the_same_number_of_queries_whatever_its_size(
    newsletter: Newsletter, rows: int, django_assert_num_queries: Any
) -> None:
    text = "email\n" + "".join(f"r{number}@readers.example\n" for number in range(rows))
    with django_assert_num_queries(8):
        bring(newsletter, text)


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
