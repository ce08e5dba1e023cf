"""The page of relays: what is set aside and why, escaped, without any reader's address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletter.delivery.pace.notices import Notices
from newsletter.delivery.relays.models import RelayTrouble, SlowedDomain, StandingRelay
from newsletter.web.policy import VIEWER, give_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> Client:
    user = User.objects.create_user("vera", password="x")
    give_role(user, VIEWER)
    client = Client()
    client.force_login(user)
    return client


def test_the_page_tells_what_ails_a_relay_escaped(viewer: Client) -> None:
    StandingRelay.objects.create(code="main", address="smtp://relay.example.org")
    now = timezone.now()
    RelayTrouble.objects.create(relay="main", words="<b>go away</b>", since=now, until=now + timedelta(minutes=1))
    page = viewer.get(reverse("desk:relays")).content.decode()
    assert "set aside" in page
    assert "&lt;b&gt;go away&lt;/b&gt;" in page
    assert "<b>go" not in page


def test_what_relays_say_of_readers_is_not_shown_with_a_domain() -> None:
    Notices().slow_down("a.example", base=10, words="4.7.1 <ada@a.example>: too fast")
    assert SlowedDomain.objects.get().words == "4.7.1 <(masked)>: too fast"
