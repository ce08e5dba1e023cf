"""Letters go before issues, once, with an intent mark of their own; a proof is the first of them."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.delivery.bounced import suppress_unknown
from newsletter.delivery.letters import send_letters
from newsletter.delivery.preview import preview
from newsletter.delivery.proof import proof
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.transports.memory import Memory
from newsletter.errors import Refused
from newsletter.issues.draft import draft
from newsletter.issues.models import HistoryEntry
from newsletter.letters.models import Letter
from newsletter.letters.write import write
from newsletter.readers.models import Suppression
from newsletter.readers.suppress import is_suppressed
from tests.delivery.letter import make_letter
from tests.delivery.sink import sink
from tests.delivery.stage import make_issue, to
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db


def test_a_letter_is_sent_once_with_its_own_message_id() -> None:
    letter, memory = make_letter(), Memory()
    assert send_letters(transport=memory) == 1
    assert send_letters(transport=memory) == 0
    letter.refresh_from_db()
    assert (letter.state, letter.code, letter.attempts) == ("accepted", "250", 1)
    seen = message_from_bytes(memory.messages[0][1], policy=policy.default)
    assert (seen["Message-ID"], seen["Subject"], seen["Auto-Submitted"]) == (
        letter.message_id,
        "Confirm",
        "auto-generated",
    )


def test_a_letter_the_relay_puts_off_is_tried_later(tmp_path: Path) -> None:
    letter = make_letter()
    with sink(tmp_path, rcpt={"ada": ["450 4.2.0 later", 1]}) as relay:
        assert send_letters(transport=to(relay.port)) == 0
        letter.refresh_from_db()
        assert letter.state == "deferred"
        Letter.objects.update(next_attempt_at=timezone.now())
        assert send_letters(transport=to(relay.port)) == 1


def test_a_letter_whose_answer_never_came_is_in_doubt(tmp_path: Path) -> None:
    letter = make_letter()
    with sink(tmp_path, cut_after_dot=1) as relay:
        send_letters(transport=to(relay.port))
        letter.refresh_from_db()
        assert letter.state == "in_doubt"
        assert send_letters(transport=to(relay.port)) == 0
        assert relay.accepted() == ["ada@readers.example"]


def test_letters_of_a_dead_worker_are_taken_back_by_what_they_were() -> None:
    sender = make_letter().sender
    past = timezone.now() - timedelta(seconds=1)
    for key, state in (("k2", "leased"), ("k3", "wire")):
        write("x", key=key, sender=sender, address="b@c.example", subject="s", text="t", now=timezone.now())
        Letter.objects.filter(key=key).update(state=state, lease_until=past)
    reconcile(timezone.now())
    assert dict(Letter.objects.values_list("key", "state")) == {"k1": "queued", "k2": "queued", "k3": "in_doubt"}


def test_whom_the_relay_does_not_know_is_suppressed_once_it_takes_another_letter(tmp_path: Path) -> None:
    first = make_letter()
    with sink(tmp_path, rcpt={"ada": ["550 5.1.1 no such person", 0]}) as relay:
        send_letters(transport=to(relay.port))
        reconcile(timezone.now())
        assert not is_suppressed(first.address)  # it may refuse everybody
        make_letter(key="k2", address="bob@readers.example", sender=first.sender)
        send_letters(transport=to(relay.port))
    reconcile(timezone.now())
    assert (is_suppressed(first.address), is_suppressed("bob@readers.example")) == (True, False)
    assert Suppression.objects.get().evidence == {"letter": first.pk, "code": 550, "words": "5.1.1 no such person"}
    make_letter(key="k3", sender=first.sender)
    send_letters(transport=Memory())
    assert Letter.objects.get(key="k3").answer == "suppressed"


def test_letters_nobody_took_cost_no_question_each_while_the_relay_takes_nothing(tmp_path: Path) -> None:
    sender = make_letter().sender
    for number in range(20):
        make_letter(key=f"more-{number}", sender=sender)
    with sink(tmp_path, rcpt={"ada": ["550 5.1.1 no such person", 0]}) as relay:
        send_letters(transport=to(relay.port))
    with CaptureQueriesContext(connection) as asked:
        assert suppress_unknown(now=timezone.now()) == 0
    assert len(asked) <= 3


@pytest.mark.parametrize("reply", ["550 5.7.1 no", "550 no such person", "452 4.2.2 full"])
def test_any_other_refusal_of_a_letter_says_nothing_about_its_reader(reply: str, tmp_path: Path) -> None:
    first = make_letter()
    with sink(tmp_path, rcpt={"ada": [reply, 0]}) as relay:
        send_letters(transport=to(relay.port))
        make_letter(key="k2", address="bob@readers.example", sender=first.sender)
        send_letters(transport=to(relay.port))
    reconcile(timezone.now())
    assert not Suppression.objects.exists()


def test_a_proof_to_an_address_nobody_has_suppresses_nobody(tmp_path: Path) -> None:
    first = write(
        "proof", key="p", sender=make_newsletter().sender, address="ada@meridian.example", subject="s", text="t",
        now=timezone.now(),
    )  # fmt: skip
    with sink(tmp_path, rcpt={"ada": ["550 5.1.1 no such person", 0]}) as relay:
        send_letters(transport=to(relay.port))
        make_letter(key="k2", address="bob@readers.example", sender=first.sender)
        send_letters(transport=to(relay.port))
    reconcile(timezone.now())
    assert not Suppression.objects.exists()


def test_a_letter_that_is_over_expires_unsent() -> None:
    letter, memory = make_letter(expires_at=timezone.now() - timedelta(seconds=1)), Memory()
    send_letters(transport=memory)
    letter.refresh_from_db()
    assert (letter.state, memory.messages) == ("expired", [])


def test_a_relay_that_is_away_defers_a_letter() -> None:
    letter = make_letter()
    send_letters(transport=to(1))
    letter.refresh_from_db()
    assert letter.state == "deferred"


def test_a_proof_is_the_rendering_marked_as_such_with_dead_links(settings: object) -> None:
    make_article("Rivers of ice")
    issue = draft(make_newsletter(), now=NOW, by="ada")
    letter = proof(issue.pk, to="editor@meridian.example", by="ada", now=NOW)
    memory = Memory()
    send_letters(transport=memory)
    seen = message_from_bytes(memory.messages[0][1], policy=policy.default)
    assert str(seen["Subject"]).startswith("[Proof] ")
    text = seen.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "Rivers of ice" in text
    assert "/u/preview" in text
    assert HistoryEntry.objects.filter(issue=issue, act="proof", detail={"letter": letter.pk, "variant": "1"}).exists()


def test_a_preview_is_four_files_of_the_same_rendering(tmp_path: Path) -> None:
    make_article("Rivers of ice")
    issue = draft(make_newsletter(), now=NOW, by="ada")
    answer = preview(issue.pk, out=tmp_path, now=NOW)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["issue.eml", "issue.html", "issue.json", "issue.txt"]
    assert answer["bytes"]["html"] == (tmp_path / "issue.html").stat().st_size
    seen = message_from_bytes((tmp_path / "issue.eml").read_bytes(), policy=policy.default)
    html = seen.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert html.split() == (tmp_path / "issue.html").read_text().split()


def test_a_relay_without_a_safe_list_is_refused_at_once(settings: object) -> None:
    settings.SMTP_URL, settings.SAFE_LIST = "smtp://relay.example", []  # type: ignore[attr-defined]
    issue = make_issue()
    with pytest.raises(Refused, match="safe list"):
        proof(issue.pk, to="a@b.example", by="ada", now=NOW)


def test_who_is_not_on_the_safe_list_gets_no_letter(settings: object) -> None:
    settings.SMTP_URL, settings.SAFE_LIST = "smtp://relay.example", ["@meridian.example"]  # type: ignore[attr-defined]
    letter, memory = make_letter(), Memory()
    send_letters(transport=memory)
    letter.refresh_from_db()
    assert (letter.state, memory.messages) == ("cancelled", [])
