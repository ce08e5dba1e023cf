"""Pages behind mail links: opening changes nothing, a button's POST does, and neither needs a cookie."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from newsletter.catalogue.models import Newsletter
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.lifecycle import State
from newsletter.issues.models import Issue
from newsletter.links import addresses
from newsletter.links.sign import make
from newsletter.readers.models import Consent, Reader, Subscription
from tests.factories import NOW, make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsletter() -> Newsletter:
    return make_newsletter()


@pytest.fixture
def reader(newsletter: Newsletter) -> Reader:
    return make_reader(newsletter)


@pytest.fixture
def stranger() -> Client:
    return Client(enforce_csrf_checks=True)  # no cookie, no token, no Referer


def path(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def state() -> str:
    return Subscription.objects.get().state


def test_opening_the_link_changes_nothing(newsletter: Newsletter, reader: Reader, stranger: Client) -> None:
    answer = stranger.get(path(addresses.unsubscribe(reader.pk, newsletter.pk, 1)))
    assert (answer.status_code, state()) == (200, "active")


def test_the_button_ends_the_subscription(newsletter: Newsletter, reader: Reader, stranger: Client) -> None:
    answer = stranger.post(path(addresses.unsubscribe(reader.pk, newsletter.pk, 1)))
    assert (answer.status_code, state()) == (200, "left")


def test_a_mail_program_does_it_in_one_click(newsletter: Newsletter, reader: Reader, stranger: Client) -> None:
    body = {"List-Unsubscribe": "One-Click"}
    stranger.post(path(addresses.unsubscribe(reader.pk, newsletter.pk, 1)), body)
    assert (state(), Consent.objects.get().evidence) == ("left", {"issue": 1, "one_click": True})


def test_pressing_twice_answers_the_same_and_is_proven_once(
    newsletter: Newsletter, reader: Reader, stranger: Client
) -> None:
    link = path(addresses.unsubscribe(reader.pk, newsletter.pk, 1))
    answers = [stranger.post(link).content for _ in range(2)]
    assert (answers[0] == answers[1], Consent.objects.count()) == (True, 1)


@pytest.mark.parametrize("token", ["x", "AAAA", make("preferences", 1, 1), make("unsubscribe", 1)])
def test_a_token_that_is_not_ours_does_nothing(reader: Reader, stranger: Client, token: str) -> None:
    assert (stranger.post(f"/u/{token}").status_code, state()) == (404, "active")


@pytest.mark.parametrize("kind", ["unsubscribe", "preferences", "view"])
def test_the_links_of_previews_say_that_they_are_dead(stranger: Client, kind: str) -> None:
    answer = stranger.get(path(addresses.dead(kind)))
    assert (answer.status_code, b"This is a preview" in answer.content) == (200, True)


def test_preferences_end_what_is_not_ticked(newsletter: Newsletter, reader: Reader, stranger: Client) -> None:
    link = path(addresses.preferences(reader.pk, newsletter.pk))
    stranger.post(link, {"keep": [newsletter.code]})
    kept = state()
    stranger.post(link, {})
    assert (kept, state()) == ("active", "left")


def test_preferences_keep_a_language_and_the_interests_that_are_offered(
    newsletter: Newsletter, reader: Reader, stranger: Client
) -> None:
    Newsletter.objects.update(interests=["Energy", "Asia"])
    Reader.objects.update(tags=["donor", "energy"])
    link = path(addresses.preferences(reader.pk, newsletter.pk))
    page = stranger.get(link).content.decode()
    assert ("Energy" in page, "Asia" in page, "donor" in page) == (True, True, False)
    given = {"keep": [newsletter.code], "language": "fr", "interest": ["Asia", "board member"]}
    stranger.post(link, given)
    reader.refresh_from_db()
    assert (state(), reader.language, reader.tags) == ("active", "fr", ["asia", "donor"])


@pytest.mark.parametrize("given", [{}, {"language": "french"}, {"language": "<script>"}])
def test_preferences_without_a_language_of_theirs_change_no_mark(
    newsletter: Newsletter, reader: Reader, stranger: Client, given: dict[str, str]
) -> None:
    Reader.objects.update(tags=["energy"], language="ru")
    stranger.post(path(addresses.preferences(reader.pk, newsletter.pk)), {"keep": [newsletter.code], **given})
    reader.refresh_from_db()
    assert (reader.language, reader.tags) == ("ru", ["energy"])


def test_tokens_travel_to_no_other_site(newsletter: Newsletter, reader: Reader, stranger: Client) -> None:
    answer = stranger.get(path(addresses.unsubscribe(reader.pk, newsletter.pk, 1)))
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")


def test_a_draft_is_not_shown_in_the_browser(stranger: Client) -> None:
    assert stranger.get(path(addresses.view(1))).status_code == 404


@pytest.mark.parametrize(("frozen_at", "status"), [(NOW, 200), (None, 404)])
def test_an_issue_stopped_while_it_went_out_is_still_shown_to_those_who_got_it(
    newsletter: Newsletter, stranger: Client, frozen_at: datetime | None, status: int
) -> None:
    make_article("The harbor")
    issue = approve(draft(newsletter, now=NOW, by="ada").pk, by="ada", now=NOW)
    Issue.objects.filter(pk=issue.pk).update(state=State.CANCELLED, frozen_at=frozen_at)
    assert stranger.get(path(addresses.view(issue.pk))).status_code == status
