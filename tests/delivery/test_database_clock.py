"""The clock of a host decides nothing: the database's does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from newsletter.delivery.database_clock import database_now
from newsletter.delivery.letters import send_letters
from newsletter.delivery.transports.memory import Memory
from newsletter.letters.models import Letter
from newsletter.letters.write import write
from tests.factories import make_newsletter
from workers import tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def host_is_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """This host believes it to be two hours later."""
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + timedelta(hours=2))


@pytest.mark.usefixtures("host_is_ahead")
def test_the_time_is_the_database_s() -> None:
    assert abs(database_now() - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.usefixtures("host_is_ahead")
def test_a_letter_does_not_expire_by_the_clock_of_a_host() -> None:
    letter = write(
        "confirmation", key="k", sender=make_newsletter().sender, address="ada@readers.example", subject="Confirm",
        text="Please.", html="<p>Please.</p>", now=database_now(), expires_at=database_now() + timedelta(hours=1),
    )  # fmt: skip
    assert send_letters(transport=Memory()) == 1
    letter.refresh_from_db()
    assert letter.state == Letter.State.ACCEPTED


@pytest.mark.usefixtures("host_is_ahead")
def test_the_tick_of_a_worker_goes_by_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[datetime] = []
    monkeypatch.setattr(tasks, "turn_of_the_clock", told.append)
    tasks.tick()
    assert abs(told[0] - datetime.now(UTC)) < timedelta(minutes=1)
