"""From approval to the accepted bytes and back: one path, and a mail that proves what it is or is refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from html import escape
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from newsletter.articles.models import Article
from newsletter.catalogue.models import Sender
from newsletter.delivery.control import send
from newsletter.delivery.deliver import deliver
from newsletter.delivery.freeze import freeze
from newsletter.delivery.letters import letter_octets
from newsletter.delivery.models import Delivery
from newsletter.delivery.preview import preview
from newsletter.delivery.proof import proof
from newsletter.delivery.verify import verify
from newsletter.errors import Invalid
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.models import Issue, IssueLock, IssueRendering
from newsletter.links import addresses
from newsletter.rendering.personal import fill, split, token
from newsletter.rendering.render import content_hash
from tests.delivery.sink import sink
from tests.delivery.stage import to
from tests.factories import make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db(transaction=True)
NAME = 'Zoë "Z" O\'Hara & <Sons>'


@pytest.fixture
def issue() -> Issue:
    newsletter = make_newsletter()
    make_reader(newsletter, "zoe@readers.example", name=NAME)
    make_article("The harbor & the “sea”", teaser="Ships. " * 30, available_at=timezone.now())
    drafted = draft(
        newsletter, at=timezone.now().replace(microsecond=0) + timedelta(hours=1), now=timezone.now(), by="ada"
    )
    reword(drafted.pk, "note", "This week, [[name|friend]], we look at harbors.", by="ada", now=timezone.now())
    return approve(drafted.pk, by="ada", now=timezone.now())


@pytest.fixture
def mail(issue: Issue, tmp_path: Path) -> bytes:
    """The one copy as the relay accepted it."""
    send(issue.pk, by="ada", now=timezone.now())
    freeze(issue.pk, now=timezone.now())
    with sink(tmp_path, spool=True) as relay:
        deliver(place="t", transport=to(relay.port))
        [octets] = relay.messages()
    return octets


def parts(octets: bytes) -> tuple[str, str, str]:
    """Subject, HTML and text as a mail program shows them."""
    seen = message_from_bytes(octets, policy=policy.SMTP)
    text, html = ("".join(part.get_content()).replace("\r\n", "\n") for part in seen.iter_parts())
    return str(seen["Subject"]), html, text


def without_values(filled: str, rendered: str, nonce: str, values: dict[str, str]) -> str:
    """Put the tokens back where the known values of a reader stand; a greeting holds a name, so the longest first."""
    slots = {part for part in split(rendered, nonce) if not isinstance(part, str)}
    for slot in sorted(slots, key=lambda one: -len(fill(one, values))):
        filled = filled.replace(fill(slot, values), token(slot, nonce))
    return filled


def test_the_accepted_bytes_without_their_values_have_the_approved_hash(issue: Issue, mail: bytes) -> None:
    stored = IssueRendering.objects.get(issue=issue)
    row = Delivery.objects.get(issue=issue)
    values = {
        "name": NAME,
        "address": "zoe@readers.example",
        "unsubscribe": addresses.unsubscribe(row.reader_id, issue.newsletter_id, issue.pk),
        "preferences": addresses.preferences(row.reader_id, issue.newsletter_id),
        "view": addresses.view(issue.pk),
    }
    subject, html, text = parts(mail)
    html, text = (
        without_values(got, kept, stored.nonce, values) for got, kept in ((html, stored.html), (text, stored.text))
    )
    assert (subject, html, text) == (stored.subject, stored.html, stored.text)
    [approved] = IssueLock.objects.get(issue=issue, seal=issue.seal).manifest["renderings"]
    assert content_hash(subject, stored.preheader, html, text) == approved["content_hash"] == stored.content_hash


def test_preview_proof_archive_and_copy_show_one_stored_rendering(
    issue: Issue, mail: bytes, tmp_path: Path, client: Client
) -> None:
    Article.objects.update(title="Changed since")
    preview(issue.pk, out=tmp_path / "files", now=timezone.now())
    letter = proof(issue.pk, to="ed@news.example", by="ada", now=timezone.now())
    dead = (tmp_path / "files" / "issue.html").read_text()
    page = client.get("/" + addresses.view(issue.pk).split("/", 3)[3])
    assert (page.status_code, page.content.decode(), letter.html) == (200, dead, dead)
    assert sorted(set(re.findall(r"/([upv])/preview\"", dead))) == ["p", "u", "v"]
    assert ("zoe@readers.example" in dead, "Reader" in dead) == (False, True)


def test_a_delivered_mail_is_proven_with_issue_variant_and_seal(issue: Issue, mail: bytes) -> None:
    told = verify(mail)
    assert (told.differs, told.notes) == ((), ())
    assert (told.verified, told.issue, told.variant, told.seal, told.seal_ok) == (True, issue.pk, "1", issue.seal, True)
    assert (told.copy, told.delivery, told.approved_by) == ("delivery", Delivery.objects.get().pk, ("ada",))


def test_a_file_with_dead_links_is_proven(issue: Issue, tmp_path: Path) -> None:
    preview(issue.pk, out=tmp_path, now=timezone.now())
    told = verify((tmp_path / "issue.eml").read_bytes())
    assert (told.differs, told.copy, told.in_force) == ((), "preview", True)


def test_a_proof_is_proven_once_what_it_shows_was_approved(issue: Issue) -> None:
    letter = proof(issue.pk, to="ed@news.example", by="ada", now=timezone.now())
    told = verify(letter_octets(letter).replace(b"\r\n..", b"\r\n."))
    assert (told.differs, told.copy) == ((), "proof")


def test_what_relays_add_is_left_alone(mail: bytes) -> None:
    trace = (
        b"Return-Path: <b@bounces.example>\r\nReceived: from a by b\r\n\tfor <c@d>; Fri\r\nDKIM-Signature: v=1; b=x\r\n"
    )
    assert verify(trace + mail).verified


def test_other_line_ends_are_left_alone(mail: bytes) -> None:
    assert verify(mail.replace(b"\r\n", b"\n")).verified


def test_another_transfer_encoding_is_left_alone(mail: bytes) -> None:
    seen = message_from_bytes(mail)
    for part in seen.get_payload():
        words = part.get_payload(decode=True).decode()
        del part["Content-Transfer-Encoding"]
        part.set_payload(words.replace("\r\n", "\n"), "utf-8")  # base64
    assert b"base64" in seen.as_bytes()
    assert verify(seen.as_bytes()).verified


def test_a_replaced_message_id_is_noted(mail: bytes) -> None:
    told = verify(re.sub(rb"Message-ID: <[^>]*>", b"Message-ID: <0100@mail.relay.example>", mail))
    assert (told.verified, len(told.notes), told.delivery) == (True, 1, Delivery.objects.get().pk)


FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "a word": lambda mail: mail.replace(b"harbor", b"harbour", 1),
    "a word of the text part": lambda mail: mail.replace(b"Ships. Ships.", b"Boats. Ships.", 1),
    "the subject": lambda mail: mail.replace(b"Subject: ", b"Subject: Fwd ", 1),
    "a second subject": lambda mail: b"Subject: Win\r\n" + mail,
    "the sender's name": lambda mail: mail.replace(b"From: Meridian", b"From: Mallory", 1),
    "another reply address": lambda mail: b"Reply-To: <mallory@evil.example>\r\n" + mail,
    "the reader's address": lambda mail: mail.replace(b"<zoe@readers.example>", b"<bob@readers.example>", 1),
    "the date": lambda mail: re.sub(rb"Date: [^\r]*", b"Date: Mon, 02 Nov 2026 09:00:00 +0000", mail),
    "the way out": lambda mail: re.sub(rb"(List-Unsubscribe: <)[^>]*", rb"\1https://evil.example/u", mail),
    "the mail way out": lambda mail: mail.replace(b"@bounces.news.example?", b"@evil.example?", 1),
    "one header fewer": lambda mail: re.sub(rb"List-Id: [^\r]*\r\n( [^\r]*\r\n)*", b"", mail),
    "words behind the end": lambda mail: mail.replace(b"</html>", b"</html><p>More</p>", 1),
    "another name": lambda mail: mail.replace(b"O&#x27;Hara", b"O&#x27;Hera").replace(b"O'Hara", b"O'Hera"),
    "another delivery": lambda mail: re.sub(rb"(Message-ID: <\d+\.)\d+", rb"\g<1>999999999", mail).replace(b"O'", b""),
    "another issue": lambda mail: re.sub(rb"/[vup]/", b"/w/", re.sub(rb"(Message-ID: <\d+)\.", rb"\g<1>9.", mail)),
}  # fmt: skip


def test_a_difference_behind_a_personal_value_is_told_where_it_stands(mail: bytes) -> None:
    told = verify(mail.replace(b"we look at harbors", b"we look at markets"))
    assert ["'markets" in one and "stands where 'harbors" in one for one in told.differs] == [True, True]


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_or_altered_mail_is_refused_with_what_differs(mail: bytes, what: str) -> None:
    forged = FORGERIES[what](mail)
    assert forged != mail
    told = verify(forged)
    assert (told.verified, bool(told.differs)) == (False, True)


def test_a_link_signed_for_another_reader_is_refused(issue: Issue, mail: bytes) -> None:
    row = Delivery.objects.get()
    mine = addresses.unsubscribe(row.reader_id, issue.newsletter_id, issue.pk).encode()
    other = addresses.unsubscribe(row.reader_id + 1, issue.newsletter_id, issue.pk).encode()
    assert not verify(mail.replace(mine, other)).verified


def test_markup_in_a_value_is_refused(mail: bytes) -> None:
    value = escape(NAME).encode("utf-8")
    plain = mail.replace(b"=\r\n", b"")
    assert value[-20:] in plain
    assert not verify(plain.replace(value[-20:], b"</p><a href=3D'https://evil.example'>click</a>")).verified


def test_a_third_part_is_refused(mail: bytes) -> None:
    border = re.search(rb'boundary="([^"]+)"', mail)
    assert border
    more = b"--" + border[1] + b"\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n"
    with pytest.raises(Invalid):
        verify(mail.replace(b"--" + border[1] + b"--", more + b"--" + border[1] + b"--"))


def test_any_other_file_is_refused(tmp_path: Path) -> None:
    for octets in (b"", b"hello", b"\xff" * 100, b"Content-Type: multipart/alternative; boundary=x\n\n--x\n"):
        with pytest.raises(Invalid):
            verify(octets)


def test_an_approval_that_was_replaced_is_told(issue: Issue, tmp_path: Path) -> None:
    preview(issue.pk, out=tmp_path, now=timezone.now())
    reword(issue.pk, "subject", "Another subject", by="ada", now=timezone.now())
    approve(issue.pk, by="bob", now=timezone.now())
    told = verify((tmp_path / "issue.eml").read_bytes())
    assert (told.differs, told.verified, told.in_force, told.seal) == ((), True, False, issue.seal)


def test_a_mail_of_a_draft_nobody_approved_is_refused(issue: Issue, tmp_path: Path) -> None:
    reword(issue.pk, "subject", "Another subject", by="ada", now=timezone.now())
    preview(issue.pk, out=tmp_path, now=timezone.now())
    told = verify((tmp_path / "issue.eml").read_bytes())
    assert (told.verified, told.differs[0].startswith("html, line 2: 'Another subject")) == (False, True)


def test_it_is_proven_long_after_the_sender_changed(mail: bytes) -> None:
    Sender.objects.update(name="Others", address="x@others.example", bounce_domain="b.others.example")
    assert verify(mail).differs == ()


def test_a_reader_who_is_forgotten_leaves_a_note(mail: bytes) -> None:
    Delivery.objects.all().delete()
    told = verify(mail)
    assert (told.verified, len(told.notes)) == (True, 1)


def test_an_altered_lock_proves_nothing(mail: bytes) -> None:
    lock = IssueLock.objects.get()
    IssueLock.objects.update(manifest={**lock.manifest, "site": "https://evil.example"})
    told = verify(mail)
    assert (told.verified, told.seal_ok) == (False, False)


def test_hashes_of_the_lock_are_those_of_its_texts(issue: Issue) -> None:
    [kept] = IssueLock.objects.get().manifest["renderings"]
    assert hashlib.sha256(IssueRendering.objects.get().html.encode()).hexdigest() == kept["html"]
