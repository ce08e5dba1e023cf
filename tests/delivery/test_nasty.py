"""Nasty strings in every slot and every field of an article are text in both parts of a mail, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest
from django.utils import timezone

from newsletter.delivery.control import send
from newsletter.delivery.deliver import deliver
from newsletter.delivery.freeze import freeze
from newsletter.delivery.headers import clean
from newsletter.delivery.message import Copy, Sheet, compile_message
from newsletter.delivery.models import Delivery
from newsletter.delivery.transports.memory import Memory
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.rendering.personal import LINKS, SLOTS, Slot, split
from newsletter.rendering.render import Rendering, render
from newsletter.rendering.teaser import fit
from tests.delivery.nasty import (
    STRINGS,
    active,
    article_text,
    fields_of,
    full_of,
    parsed,
    part,
    shape,
    squeezed,
    value_text,
    visible,
)
from tests.factories import make_article, make_newsletter, make_reader

NONCE = "0123456789abcdef"
LINK = "https://news.example/u/T0ken"
NAMES = ["From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]
NAMES += ["X-Reader", "MIME-Version", "Content-Type"]
TEMPLATES = ("classic", "compact", "single", "briefing")


def sheet(subject: list[str | Slot], html: list[str | Slot], text: list[str | Slot]) -> Sheet:
    return Sheet(
        from_name="Meridian",
        from_address="ctw@news.example",
        reply_to="",
        date=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        subject=subject,
        html=html,
        text=text,
        boundary="newsletter-1-x",
        list_id="ctw.news.example",
        list_name="This Week",
        headers={"X-Reader": [Slot("name", "header")]},
    )


def octets(made: Sheet, name: str, values: dict[str, str]) -> bytes:
    leave = (LINK, "mailto:leave+T0ken@bounces.news.example?subject=unsubscribe")
    copy = Copy("1.2@news.example", name, "ada@readers.example", values, leave)
    return compile_message(made).file(copy)


def mailed(made: Rendering, name: str, values: dict[str, str]) -> bytes:
    return octets(sheet(*(split(words, NONCE) for words in (made.subject, made.html, made.text))), name, values)


EVERY_SLOT = sheet(
    ["For ", Slot("name", "subject", "en")],
    [
        "<!doctype html><html><head><title>x</title></head><body>",
        *(
            piece
            for slot, contexts in SLOTS.items()
            for context, before, after in (
                ("text", f"<p id={slot}>", "</p>"),
                ("attribute", f'<img alt="{slot}:', '">'),
                ("url", f'<a href="{"" if slot in LINKS else "https://x.example/"}', '">y</a>'),
            )
            if context in contexts
            for piece in (before, Slot(slot, context, "en"), after)
        ),
        "</body></html>",
    ],
    [piece for slot in SLOTS for piece in (f"{slot}:", Slot(slot, "plain", "en"), "\n")],
)
PLAIN = shape(part(parsed(octets(EVERY_SLOT, "Ann", dict.fromkeys(SLOTS, "Ann"))), "html"))


@pytest.mark.parametrize("value", STRINGS, ids=ascii)
def test_a_value_in_every_slot_and_context_is_text(value: str) -> None:
    check_value(value)


def check_value(value: str) -> None:
    """Fill ``value`` into every slot of every context, and read the mail."""
    mail = parsed(octets(EVERY_SLOT, value, dict.fromkeys(SLOTS, value)))
    text, page = part(mail, "plain"), part(mail, "html")
    assert mail.keys() == NAMES
    assert [kind.get_content_type() for kind in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert (list(active(page)), shape(page)) == ([], PLAIN)
    shown = squeezed(value_text(value))
    if shown:
        assert text.count("\n") == len(SLOTS)
        assert all(squeezed(f"{slot}:{value_text(value)}") in squeezed(text) for slot in SLOTS)
        assert squeezed(visible(page)).count(shown) >= 2 * len(SLOTS)
        assert squeezed(str(mail["X-Reader"])) == squeezed(clean(value_text(value)))


@pytest.mark.parametrize(("text", "template"), list(zip(STRINGS, cycle(TEMPLATES), strict=False)), ids=ascii)
def test_text_in_every_field_of_an_article_is_text(text: str, template: str) -> None:
    check_text(text, template)


def check_text(text: str, template: str) -> None:
    """Put ``text`` into every field of a digest, render it, and read the mail."""
    digest = full_of(text)
    made = render(digest, template=template, nonce=NONCE)
    mail = parsed(mailed(made, "Ann", {"name": "Ann", "unsubscribe": LINK, "preferences": LINK, "view": LINK}))
    page, plain = part(mail, "html"), part(mail, "plain")
    assert mail.keys() == NAMES
    assert list(active(page)) == []
    words = squeezed(article_text(text))
    for kind, shown in (("html", squeezed(visible(page))), ("plain", squeezed(plain))):
        seen = [number for number in fields_of(digest) if f"{number}(" in shown]
        assert len(seen) > 8, kind
        assert [number for number in seen if f"{number}({words}){number}" not in shown] == [], kind


@pytest.mark.django_db(transaction=True)
def test_nasty_readers_and_a_nasty_article_go_out_as_text() -> None:
    newsletter = make_newsletter()
    names = {f"r{number}@x.example": name[:200] for number, name in enumerate(STRINGS) if "\0" not in name}
    for address, name in names.items():
        make_reader(newsletter, address, name=name)
    nasty = "<script>alert('{{ 7*7 }}')</script>\" onload=\"x [[name]] &amp; =?utf-8?q?=0ABcc:?="
    ago = timezone.now() - timedelta(hours=2)
    make_article(nasty, teaser=nasty, authors=[nasty], available_at=ago, published_on=ago.date())
    issue = draft(newsletter, at=timezone.now() - timedelta(minutes=1), now=timezone.now(), by="ada")
    reword(issue.pk, "note", "Hello [[name|you]]!", by="ada", now=timezone.now())
    reword(issue.pk, "subject", "[[name|You]] and <script>", by="ada", now=timezone.now())
    approve(issue.pk, by="ada", now=timezone.now())
    send(issue.pk, by="ada", now=timezone.now())
    assert freeze(issue.pk, now=timezone.now()).complete
    relay = Memory()
    deliver(place="t", transport=relay)
    assert len(relay.messages) == len(names) == Delivery.objects.count()
    shapes = set()
    for recipient, copy in relay.messages:
        mail, name = parsed(copy), names[recipient.decode()]
        page, plain = part(mail, "html"), part(mail, "plain")
        assert mail.keys() == [header for header in NAMES if header != "X-Reader"]
        assert list(active(page)) == []
        greeted = squeezed(f"Hello {value_text(name) or 'you'}!")
        assert (greeted in squeezed(visible(page)), greeted in squeezed(plain)) == (True, True)
        assert squeezed(nasty) in squeezed(visible(page))
        assert squeezed(fit(nasty)) in squeezed(plain)
        shapes.add(tuple(shape(page)))
    assert len(shapes) == 1  # nobody's name makes an element
