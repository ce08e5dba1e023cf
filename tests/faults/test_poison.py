"""A reader or an article that poisons what touches it: that row ends, the others go on (F41, F42)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.utils import timezone

from newsletter.catalogue.models import Template
from newsletter.delivery.deliver import deliver
from newsletter.delivery.models import Attempt, Delivery, DeliveryState
from newsletter.delivery.outcome import GIVE_UP_AFTER, MOST_CUT_OFF
from newsletter.delivery.reconcile import reconcile
from newsletter.errors import Refused
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.models import Issue
from newsletter.issues.render import rendering_of
from newsletter.rendering.confined import confined
from tests.delivery.sink import sink
from tests.delivery.stage import sending_issue, states, to
from tests.factories import NOW, make_article, make_newsletter
from tests.faults.account import account
from tests.faults.drive import drive, is_sent, let_time_pass

pytestmark = pytest.mark.django_db(transaction=True)
CONNECTIONS = 4
POISON = "r77@"


@pytest.mark.short
def test_readers_no_message_can_be_written_for_are_refused_alone(tmp_path: Path) -> None:
    """An address no relay takes, one that would be a command, a variant that is not there."""
    issue = sending_issue(readers=200)
    poison = list(Delivery.objects.filter(issue=issue).order_by("pk")[10:60:10])
    poison[0].address = "no-address-at-all"
    poison[1].address = "a@b.example>\r\nRCPT TO:<c@d.example"
    poison[2].address = "x" * 200 + "@" + "y" * 100
    poison[3].variant = "9"
    poison[4].address = "\ud83d\ude00 @b.example".encode("utf-16", "surrogatepass").decode("utf-16")
    Delivery.objects.bulk_update(poison, ["address", "variant"])
    with sink(tmp_path) as relay:
        took = drive(issue, lambda: to(relay.port, most=CONNECTIONS))
        account("F41", "five readers no message can be written for", issue, relay, runs=5, recovered=took)
    refused = set(Delivery.objects.filter(issue=issue, state=DeliveryState.REFUSED).values_list("pk", flat=True))
    assert refused == {row.pk for row in poison}
    assert states(issue) == {"accepted": 195, "refused": 5}


@pytest.mark.short
@pytest.mark.parametrize(
    ("name", "answer"), [("421 at one recipient", "421 4.3.2 not now"), ("a cut wire at one recipient", "cut")]
)
def test_a_recipient_who_ends_every_connection_holds_nobody_up_and_comes_to_an_end(
    name: str, answer: str, tmp_path: Path
) -> None:
    issue = sending_issue(readers=400)
    with sink(tmp_path, rcpt={POISON: [answer, 0]}) as relay:
        _until_deferred(issue, relay.port)
        [row] = Delivery.objects.filter(issue=issue, address__startswith=POISON)
        assert states(issue) == {"accepted": 399, "deferred": 1}
        assert (row.attempts, row.reason) == (1, f"cut_off:{MOST_CUT_OFF}")
        _until_deferred(issue, relay.port, again=True)
        assert Delivery.objects.get(pk=row.pk).attempts == 2
        Attempt.objects.filter(delivery=row).update(at=F("at") - GIVE_UP_AFTER - timedelta(minutes=1))
        let_time_pass()
        reconcile(timezone.now())
        assert is_sent(issue)
        account("F41", name, issue, relay, runs=MOST_CUT_OFF + 1, remark="a later try each time, expired after 48 h")
    assert states(issue) == {"accepted": 399, "expired": 1}


def _until_deferred(issue: Issue, port: int, *, again: bool = False) -> None:
    """Deliver until nothing waits but what was put off."""
    if again:
        let_time_pass()
        reconcile(timezone.now())
    for _ in range(4):
        deliver(place="t", transport=to(port, most=CONNECTIONS), seconds=30)
        if not Delivery.objects.filter(issue=issue, state=DeliveryState.QUEUED).exists():
            return
    pytest.fail("it was tried for ever")


LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}"


def _store(name: str, mjml: str) -> None:
    Template.objects.create(name=name, mjml=mjml, kept_by="ada", kept_at=NOW)


@pytest.mark.short
def test_a_poison_article_or_template_is_caught_at_the_preview_and_stops_no_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template that includes itself, one that takes ten seconds and more, a story of 2 MB; a send goes on beside."""
    monkeypatch.setattr("newsletter.rendering.confined.WORK_SECONDS", 2)
    confined.close()
    issue = sending_issue(readers=2000, kilobytes=10)
    found = {}
    with sink(tmp_path) as relay:
        deliver(place="t", transport=to(relay.port, most=CONNECTIONS), seconds=0.2)
        for name, mjml in (("circle", "{% include 'circle.mjml.j2' %}"), ("slow", LOOP)):
            _store(name, mjml)
            make_article(f"A story for {name}", newsletters=[name])
            draft_id = draft(make_newsletter(name, template=name), now=NOW, by="ada").pk
            found[name] = _errors(draft_id)
            with pytest.raises(Refused):
                approve(draft_id, by="ada", now=NOW)
            deliver(place="t", transport=to(relay.port, most=CONNECTIONS), seconds=0.2)
        make_article("A long story", newsletters=["long"], teaser="All work and no play. " * 100_000)
        draft_id = draft(make_newsletter("long"), now=NOW, by="ada").pk
        found["long"] = _errors(draft_id)
        took = drive(issue, lambda: to(relay.port, most=CONNECTIONS))
        account("F42", "a circle, a render without end, 2 MB of teaser", issue, relay, runs=3, recovered=took)
    confined.close()
    assert found["circle"] == found["slow"] == {"broken_template"}
    assert found["long"] == set()
    assert 0 < rendering_of(Issue.objects.get(pk=draft_id), now=NOW).html.count("All work") < 100  # a teaser is cut
    assert states(issue) == {"accepted": 2000}


def _errors(issue_id: int) -> set[str]:
    """What the preview says is wrong."""
    rendering = rendering_of(Issue.objects.get(pk=issue_id), now=NOW)
    return {str(one["rule"]) for one in rendering.findings if one["level"] == "E"}
