"""Double opt-in: a letter asks back, its link says yes once, and nobody can be mailed to death."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.catalogue.models import Newsletter
from newsletter.errors import Invalid
from newsletter.letters.models import Letter
from newsletter.links.sign import make
from newsletter.readers.confirm import confirm
from newsletter.readers.models import Consent, Reader, Subscription
from newsletter.readers.subscribe import subscribe
from newsletter.readers.suppress import suppress
from newsletter.readers.unsubscribe import unsubscribe
from tests.factories import NOW, make_newsletter, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsletter() -> Newsletter:
    return make_newsletter()


def ask(newsletter: Newsletter, address: str = "a@readers.example", minutes: int = 0) -> Letter | None:
    return subscribe(
        address,
        newsletter=newsletter,
        name="<b>Buy now</b>",
        now=NOW + timedelta(minutes=minutes),
        evidence={"form": "footer"},
    )


def token() -> str:
    return make("confirm", Consent.objects.filter(act="asked").latest("pk").pk)


def state() -> str:
    return Subscription.objects.get().state


def test_asking_makes_a_pending_subscription_and_one_letter(newsletter: Newsletter) -> None:
    letter = ask(newsletter)
    assert letter is not None
    assert (state(), letter.kind, letter.address) == ("pending", "confirmation", "a@readers.example")
    assert f"/c/{token()}" in letter.text


def test_the_letter_names_nothing_from_the_form(newsletter: Newsletter) -> None:
    letter = ask(newsletter)
    assert letter is not None
    assert (letter.name, "Buy now" in letter.subject + letter.text) == ("", False)


def test_the_link_says_yes_and_the_proof_is_kept(newsletter: Newsletter) -> None:
    ask(newsletter)
    confirm(token(), now=NOW, evidence={"ip": "192.0.2.1"})
    proof = Consent.objects.get(act="confirmed")
    assert (state(), proof.by, proof.evidence["ip"]) == ("active", "reader", "192.0.2.1")


def test_a_link_says_yes_once(newsletter: Newsletter) -> None:
    ask(newsletter)
    confirm(token(), now=NOW, evidence={})
    with pytest.raises(Invalid):
        confirm(token(), now=NOW, evidence={})


def test_an_old_link_does_not_undo_leaving(newsletter: Newsletter) -> None:
    ask(newsletter)
    unsubscribe(Reader.objects.get().pk, newsletter.pk, by="reader", now=NOW)
    with pytest.raises(Invalid):
        confirm(token(), now=NOW, evidence={})
    assert state() == "left"


def test_a_link_is_good_for_a_week(newsletter: Newsletter) -> None:
    ask(newsletter)
    with pytest.raises(Invalid):
        confirm(token(), now=NOW + timedelta(days=8), evidence={})


def test_who_left_may_come_back_by_their_own_yes(newsletter: Newsletter) -> None:
    reader = make_reader(newsletter, "a@readers.example")
    unsubscribe(reader.pk, newsletter.pk, by="reader", now=NOW)
    ask(newsletter)
    before = state()
    confirm(token(), now=NOW, evidence={})
    assert (before, state()) == ("left", "active")


def test_a_thousand_askings_make_one_letter_in_fifteen_minutes_and_three_a_day(newsletter: Newsletter) -> None:
    letters = [ask(newsletter, minutes=minute) for minute in range(0, 120, 5)]
    assert sum(letter is not None for letter in letters) == Letter.objects.count() == 3


def test_a_suppressed_address_gets_no_letter(newsletter: Newsletter) -> None:
    suppress("a@readers.example", reason="complained", by="system", now=NOW)
    assert (ask(newsletter), Letter.objects.count(), Reader.objects.count()) == (None, 0, 0)


def test_a_suppression_after_asking_makes_the_link_void(newsletter: Newsletter) -> None:
    ask(newsletter)
    suppress("a@readers.example", reason="complained", by="system", now=NOW)
    with pytest.raises(Invalid):
        confirm(token(), now=NOW, evidence={})


@pytest.mark.parametrize("stands", ["active", "paused"])
def test_who_has_the_newsletter_gets_no_letter(newsletter: Newsletter, stands: str) -> None:
    make_reader(newsletter, "a@readers.example", state=stands)
    assert (ask(newsletter), state()) == (None, stands)


def test_the_token_of_another_act_is_refused(newsletter: Newsletter) -> None:
    ask(newsletter)
    confirm(token(), now=NOW, evidence={})
    with pytest.raises(Invalid):
        confirm(make("confirm", Consent.objects.get(act="confirmed").pk), now=NOW, evidence={})
