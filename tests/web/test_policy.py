"""Role by endpoint: every address has an entry, and only who may gets in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from newsletter.images.models import Image
from newsletter.ingest.models import QuarantinedRecord, Source
from newsletter.issues.models import Issue
from newsletter.web.policy import (
    ADMINISTRATOR,
    EDITOR,
    LEAST_ROLE,
    PUBLIC,
    PUBLISHER,
    ROLES,
    TOKEN,
    VIEWER,
    give_role,
    may,
    role_of,
)
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db
DRAWN = {"name": "a.jpg", "width": 1, "height": 1}
SHOWN = {"desk:template", "desk:template-html"}  # to editors and up, but nothing is done there
POSTED = {name for name, least in LEAST_ROLE.items() if least in (EDITOR, PUBLISHER, ADMINISTRATOR)} | {"desk:logout"}
POSTED -= SHOWN


def endpoints(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            name = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from endpoints(pattern.url_patterns, name)
        else:
            yield f"{prefix}{pattern.name}"


def user(role: str) -> User:
    made = User.objects.create_user(f"a-{role or 'nobody'}")
    if role:
        give_role(made, role)
    return made


@pytest.fixture
def issue() -> Issue:
    article = make_article()
    QuarantinedRecord.objects.create(
        pk=article.pk, source="cms", key="a", reason="no_title", position="line 1", first_seen_at=NOW, seen_at=NOW
    )
    Source.objects.create(code="cms", form="push", created_at=NOW, updated_at=NOW)
    renditions = {place: {"1": DRAWN, "2": DRAWN} for place in ("wide", "thumb")}
    Image.objects.create(
        pk=article.pk,
        sha256="a",
        master="a.jpg",
        width=1,
        height=1,
        renditions=renditions,
        created_at=NOW,
        updated_at=NOW,
    )
    return Issue.objects.create(
        pk=article.pk, newsletter=make_newsletter("ctw"), slot=NOW, window_to=NOW, created_at=NOW, updated_at=NOW
    )


def address(endpoint: str, issue: Issue) -> str:
    if endpoint in ("desk:newsletter", "desk:draft"):
        return reverse(endpoint, args=["ctw"])
    if endpoint == "desk:pull":
        return reverse(endpoint, args=["cms"])
    plain = {"home", "newsletters", "articles", "offers", "issues", "login", "logout"}
    if endpoint in (*SHOWN, "desk:drop-template"):
        return reverse(endpoint, args=["classic"])
    plain |= {"templates", "keep-template", "sources", "quarantine", "doctor", "coverage"}
    plain |= {"images", "image-add", "database", "confirm-database"}
    plain |= {"phrases", "ban", "relays"}
    return reverse(endpoint, args=[] if endpoint.removeprefix("desk:") in plain else [issue.pk])


def test_every_address_has_an_entry_and_every_entry_an_address() -> None:
    assert set(endpoints(get_resolver().url_patterns)) == set(LEAST_ROLE)


@pytest.mark.parametrize("role", ["", *ROLES])
@pytest.mark.parametrize("endpoint", sorted(name for name, least in LEAST_ROLE.items() if least not in (PUBLIC, TOKEN)))
def test_an_endpoint_opens_from_its_least_role_on(issue: Issue, endpoint: str, role: str) -> None:
    client = Client()
    client.force_login(user(role))
    call = client.post if endpoint in POSTED else client.get
    status = call(address(endpoint, issue)).status_code
    assert (status == 403) == (not may(role, endpoint)), status


@pytest.mark.parametrize("endpoint", sorted(name for name, least in LEAST_ROLE.items() if least not in (PUBLIC, TOKEN)))
def test_without_an_account_everybody_is_asked_to_log_in(issue: Issue, endpoint: str) -> None:
    client = Client()
    answer = (client.post if endpoint in POSTED else client.get)(address(endpoint, issue))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("desk:login"))


def test_an_endpoint_without_an_entry_is_nobodys() -> None:
    assert not may(ADMINISTRATOR, "desk:new-thing")


@pytest.mark.parametrize("endpoint", sorted(POSTED - {"desk:logout"}))
def test_acts_need_a_csrf_token(issue: Issue, endpoint: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user(ADMINISTRATOR))
    assert client.post(address(endpoint, issue)).status_code == 403


@pytest.mark.parametrize("endpoint", sorted(POSTED - {"desk:logout"}))
def test_acts_are_not_done_by_opening_a_link(issue: Issue, endpoint: str) -> None:
    client = Client()
    client.force_login(user(ADMINISTRATOR))
    assert client.get(address(endpoint, issue)).status_code == 405


def test_the_highest_role_counts() -> None:
    both = user(VIEWER)
    both.groups.add(*user(PUBLISHER).groups.all())
    assert role_of(both) == PUBLISHER


def test_who_is_switched_off_has_no_role() -> None:
    off = user(PUBLISHER)
    off.is_active = False
    assert role_of(off) == ""
