"""Send, pause, resume, cancel, pull back, and the clock: each once, the second caller is told."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from newsletter.delivery.control import cancel, pause, pull_back, resume, send
from newsletter.delivery.deliver import deliver
from newsletter.delivery.extend import extend
from newsletter.delivery.freeze import freeze
from newsletter.delivery.tick import tick
from newsletter.delivery.transports.memory import Memory
from newsletter.errors import Conflict, NewsletterError, Refused
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.models import HistoryEntry, Issue, IssueRendering
from tests.delivery.stage import add_readers, states
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db(transaction=True)


def approved(**given: object) -> Issue:
    make_article("Rivers of ice")
    newsletter = make_newsletter(**given)  # type: ignore[arg-type]
    add_readers(newsletter, 20)
    issue = draft(newsletter, now=NOW, by="ada")
    return approve(issue.pk, by="ada", now=NOW)


def test_an_approved_issue_is_sent_to_its_readers_as_it_was_rendered() -> None:
    issue = approved()
    memory = Memory()
    assert send(issue.pk, by="ada", now=NOW).state == Issue.State.FREEZING
    freeze(issue.pk, now=NOW)
    assert deliver(place="t", transport=memory) == {"accepted": 20}
    issue.refresh_from_db()
    assert (issue.state, len(memory.messages)) == (Issue.State.SENT, 20)


def test_ten_clicks_on_send_send_once() -> None:
    issue = approved()
    outcomes: list[str] = []

    def click() -> None:
        try:
            send(issue.pk, by="ada", now=NOW)
            outcomes.append("sent")
        except Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 9 + ["sent"]


def test_what_differs_from_what_was_approved_is_not_sent() -> None:
    issue = approved()
    IssueRendering.objects.filter(issue=issue).update(content_hash="other")
    with pytest.raises(Refused, match="differs"):
        send(issue.pk, by="ada", now=NOW)


def test_a_draft_cannot_be_sent() -> None:
    make_article("Rivers of ice")
    issue = draft(make_newsletter(), now=NOW, by="ada")
    with pytest.raises(NewsletterError):
        send(issue.pk, by="ada", now=NOW)


def test_a_cool_off_lets_it_be_pulled_back_and_then_goes_by_the_clock() -> None:
    issue = approved()
    assert send(issue.pk, by="ada", now=NOW, cool_off=timedelta(minutes=10)).state == Issue.State.COOLING_OFF
    for _ in range(2):
        assert pull_back(issue.pk, by="ada", now=NOW).state == Issue.State.APPROVED
    assert HistoryEntry.objects.filter(issue=issue, act="pull_back").count() == 1
    send(issue.pk, by="ada", now=NOW, cool_off=timedelta(minutes=10))
    assert tick(NOW + timedelta(minutes=9)).sent == []
    assert tick(NOW + timedelta(minutes=10)).sent == [issue.pk]
    issue.refresh_from_db()
    assert issue.state == Issue.State.FREEZING


def test_pause_before_and_after_the_freeze_resumes_where_it_was() -> None:
    issue = approved()
    send(issue.pk, by="ada", now=NOW)
    pause(issue.pk, by="ada", now=NOW, reason="wait")
    assert resume(issue.pk, by="ada", now=NOW).state == Issue.State.FREEZING
    freeze(issue.pk, now=NOW)
    pause(issue.pk, by="ada", now=NOW, reason="wait")
    assert deliver(place="t", transport=Memory()) == {}
    assert resume(issue.pk, by="ada", now=NOW).state == Issue.State.SENDING
    assert deliver(place="t", transport=Memory()) == {"accepted": 20}


def test_a_cancelled_issue_sends_nothing_more() -> None:
    issue = approved()
    send(issue.pk, by="ada", now=NOW)
    freeze(issue.pk, now=NOW)
    cancel(issue.pk, by="ada", now=NOW)
    assert deliver(place="t", transport=Memory()) == {}
    assert states(issue) == {"cancelled": 20}


def test_a_scheduled_issue_goes_by_the_clock_once() -> None:
    issue = approved()
    assert issue.slot is not None
    assert tick(issue.slot + timedelta(minutes=1)).sent == [issue.pk]
    assert tick(issue.slot + timedelta(minutes=2)).sent == []


def paused_before_it_began(issue: Issue) -> None:
    """The audience is whole, and the pause came before sending began with it."""
    HistoryEntry.objects.filter(issue=issue, act="begin").latest("pk").delete()
    Issue.objects.filter(pk=issue.pk).update(state=Issue.State.FREEZING)
    pause(issue.pk, by="ada", now=NOW, reason="a look")


def test_an_issue_paused_between_its_freeze_and_its_beginning_begins_when_it_is_resumed() -> None:
    issue = approved()
    send(issue.pk, by="ada", now=NOW)
    freeze(issue.pk, now=NOW)
    Issue.objects.update(frozen_at=None)
    paused_before_it_began(issue)
    assert resume(issue.pk, by="ada", now=NOW).state == Issue.State.FREEZING
    assert freeze(issue.pk, now=NOW).complete
    issue.refresh_from_db()
    assert (issue.state, issue.frozen_at) == (Issue.State.SENDING, NOW)


def extended() -> Issue:
    """An issue that was sent, with late readers in its frozen audience."""
    issue = approved()
    send(issue.pk, by="ada", now=NOW)
    freeze(issue.pk, now=NOW)
    add_readers(issue.newsletter, 3, prefix="late")
    extend(issue.pk, by="ada", now=NOW)
    freeze(issue.pk, now=NOW)
    return issue


def test_an_extension_paused_before_its_beginning_begins_when_it_is_resumed() -> None:
    issue = extended()
    paused_before_it_began(issue)
    assert resume(issue.pk, by="ada", now=NOW).state == Issue.State.FREEZING


def test_an_extension_paused_behind_its_beginning_goes_on() -> None:
    issue = extended()
    pause(issue.pk, by="ada", now=NOW, reason="a look")
    assert resume(issue.pk, by="ada", now=NOW).state == Issue.State.SENDING
