"""Every act on an issue that goes out, asked twice through each door: done once, and once in the history."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import ManagementUtility
from django.utils import timezone

from newsletter.delivery.deliver import deliver
from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Chunk, Delivery, DeliveryState
from newsletter.delivery.pace.spread import spread_limit
from newsletter.delivery.status import status
from newsletter.delivery.transports.memory import Memory
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.letters.write import write
from tests.api.doorbell import Program
from tests.delivery.stage import add_readers
from tests.factories import NOW, make_article, make_newsletter

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., dict[str, Any]]  # act, issue, options -> answer


def by_api() -> Ask:
    program = Program()

    def ask(act: str, issue: int, **options: str) -> dict[str, Any]:
        status, answer = program.ask("POST", f"/issues/{issue}/acts", {"act": act, **options})
        assert status == 200, answer
        return dict(answer)

    return ask


def by_command(capsys: pytest.CaptureFixture[str]) -> Ask:
    def ask(act: str, issue: int, **options: str) -> dict[str, Any]:
        given = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
        with pytest.raises(SystemExit) as end:
            ManagementUtility(["newsletter", act, str(issue), "--json", *given]).execute()
        answer = json.loads(capsys.readouterr().out)
        assert end.value.code == 0, answer
        return dict(answer)

    return ask


@pytest.fixture(params=["api", "command"])
def ask(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Ask:
    return by_api() if request.param == "api" else by_command(capsys)


def approved(readers: int = 20) -> int:
    make_article("Rivers of ice")
    newsletter = make_newsletter()
    add_readers(newsletter, readers)
    return approve(draft(newsletter, now=NOW, by="ada").pk, by="ada", now=NOW).pk


def written(issue: int, act: str) -> int:
    return HistoryEntry.objects.filter(issue=issue, act=act).exclude(by="system").count()


def go(issue: int) -> None:
    freeze(issue, now=timezone.now())
    deliver(place="t", transport=Memory())


def test_a_cool_off_is_taken_back(ask: Ask) -> None:
    issue = approved()
    ask("send", issue, cool_off="10m", expires="2h")
    assert [ask("pull_back", issue)["state"] for _ in range(2)] == ["approved", "approved"]
    assert (written(issue, "cool_off"), written(issue, "pull_back")) == (1, 1)
    assert Issue.objects.get(pk=issue).expires_at is None


def test_pause_resume_and_cancel(ask: Ask) -> None:
    issue = approved()
    ask("send", issue)
    freeze(issue, now=timezone.now())
    for act, state in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        assert [ask(act, issue)["state"] for _ in range(2)] == [state, state]
        assert written(issue, act) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.CANCELLED}


def test_what_is_in_doubt_those_added_since_and_a_correction(ask: Ask) -> None:
    issue = approved()
    ask("send", issue)
    go(issue)
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(state=DeliveryState.IN_DOUBT)
    Chunk.objects.update(in_doubt=1, accepted=19)
    first, second = ask("resend", issue), ask("resend", issue)
    assert [one.get("resent", one.get("deliveries")) for one in (first, second)] == [1, 0]
    go(issue)
    add_readers(Issue.objects.get(pk=issue).newsletter, 3, prefix="late")
    assert ask("extend", issue).get("state") == "freezing"
    go(issue)
    again = ask("extend", issue)
    assert (again["state"], again.get("added", again.get("deliveries"))) == ("sent", 0)
    first, second = ask("correct", issue), ask("correct", issue)
    opened = [one["correction"] if one.get("correction") else one["issue"] for one in (first, second)]
    assert opened[0] == opened[1] == Issue.objects.get(corrects=issue).pk
    assert [written(issue, act) for act in ("resend", "extend", "correct")] == [1, 1, 1]


def test_an_issue_that_expires_says_so_in_its_history(ask: Ask) -> None:
    issue = approved()
    ask("send", issue, expires="1h")
    freeze(issue, now=timezone.now())
    Issue.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    deliver(place="t", transport=Memory())
    assert written(issue, "send") == 1
    assert "expires" in HistoryEntry.objects.get(issue=issue, act="send").detail


def test_letters_are_listed_with_the_relay_s_words(capsys: pytest.CaptureFixture[str]) -> None:
    letter = write(
        "confirmation", key="k", sender=make_newsletter().sender, address="ada@readers.example", subject="s", text="t",
        now=NOW,
    )  # fmt: skip
    type(letter).objects.update(state="refused", code="550", answer="5.1.1 <b>nobody</b>")
    status, answer = Program("deliveries:read").ask("GET", "/letters?state=refused")
    assert (status, answer["letters"][0]["reply"]) == (200, "550 5.1.1 <b>nobody</b>")
    with pytest.raises(SystemExit):
        ManagementUtility(["newsletter", "letters", "--json"]).execute()
    assert json.loads(capsys.readouterr().out)["letters"][0]["reply"] == "550 5.1.1 <b>nobody</b>"
    assert Program("deliveries:read").ask("GET", "/letters?state=odd")[0] == 422


def test_an_issue_goes_out_over_the_time_that_was_asked_for(ask: Ask) -> None:
    issue = approved()
    ask("send", issue, spread="30m")
    assert Issue.objects.get(pk=issue).spread == timedelta(minutes=30)
    freeze(issue, now=timezone.now())
    assert status(issue)["spread_seconds"] == 1800
    limit = spread_limit(issue)
    assert limit is not None
    assert (limit.name, round(limit.rate, 4)) == (f"issue:{issue}", round(20 / 1800, 4))


@pytest.mark.parametrize("spread", ["soon", "0m", "8d", "-1h", "99999w", "1h" * 500])
def test_a_time_no_issue_can_go_out_over_is_refused_by_the_name_of_the_field(spread: str) -> None:
    issue = approved(readers=1)
    code, answer = Program().ask("POST", f"/issues/{issue}/acts", {"act": "send", "spread": spread})
    assert (code, answer["error"]["where"]) == (422, "spread")
    assert Issue.objects.get(pk=issue).state == Issue.State.APPROVED
