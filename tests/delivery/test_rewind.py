"""Another life of the database holds all sending until a person confirms."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import ManagementUtility
from django.test import Client
from django.utils import timezone

from newsletter.delivery.control import send
from newsletter.delivery.deliver import deliver
from newsletter.delivery.epoch import current_mark, is_held
from newsletter.delivery.ledger import Ledger, claimed
from newsletter.delivery.letters import send_letters
from newsletter.delivery.models import Delivery, DeliveryState, Epoch
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.rewind import Waiting, confirm, hold, standing, watch
from newsletter.delivery.tick import tick
from newsletter.delivery.transports.memory import Memory
from newsletter.errors import Conflict, Refused
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.letters.models import Letter
from newsletter.web.policy import ADMINISTRATOR, PUBLISHER, give_role
from tests.api.doorbell import Program
from tests.delivery.stage import sending_issue, states
from tests.factories import make_newsletter

pytestmark = pytest.mark.django_db(transaction=True)


def rewind() -> None:
    """The life that was confirmed is another one from now on."""
    watch(timezone.now())
    Epoch.objects.update(mark="7.00000001.1")


def test_the_first_life_is_confirmed_by_itself_and_a_restart_keeps_it() -> None:
    assert not watch(timezone.now())
    assert not watch(timezone.now())
    assert list(Epoch.objects.values_list("mark", "confirmed_by")) == [(current_mark(), "system")]


def test_the_tables_know_their_life_before_any_worker_ran() -> None:
    assert list(Epoch.objects.values_list("mark", "confirmed_by")) == [(current_mark(), "system")]


def test_a_database_that_sent_and_knows_no_life_is_held() -> None:
    sending_issue(readers=1)
    Epoch.objects.all().delete()
    assert watch(timezone.now())
    assert is_held()


def test_a_claim_gets_nothing_in_another_life_even_before_anybody_noticed() -> None:
    issue = sending_issue(readers=3)
    rewind()
    ledger = Ledger(uuid4(), "t")
    assert claimed(ledger.claims.ask_and_wait("claim", [ledger._owner])) is None
    ledger.close()
    assert states(issue) == {"queued": 3}


def test_what_was_leased_or_on_the_wire_becomes_in_doubt() -> None:
    issue = sending_issue(readers=3)
    watch(timezone.now())
    ledger = Ledger(uuid4(), "t")
    claim = claimed(ledger.claims.ask_and_wait("claim", [ledger._owner]))
    assert claim is not None
    ledger.turns.ask_and_wait("turn", ledger._turn([claim.chunk], [], [claim.rows[0].id]))
    rewind()
    reconcile(timezone.now())
    ledger.close()
    assert states(issue) == {"in_doubt": 3}
    assert is_held()
    assert HistoryEntry.objects.filter(issue=issue, act="held").count() == 1


def test_nothing_at_all_goes_while_sending_is_held() -> None:
    issue = sending_issue(readers=3)
    sender = issue.newsletter.sender
    Letter.objects.create(
        key="k", kind="proof", sender=sender, address="a@readers.example", message_id="<1@x>",
        subject="s", text="t", html="", written_at=timezone.now() - timedelta(minutes=1),
    )  # fmt: skip
    hold(now=timezone.now())
    memory = Memory()
    deliver(place="t", transport=memory)
    send_letters(transport=memory)
    tick(timezone.now())
    assert memory.messages == []
    with pytest.raises(Refused, match="held"):
        send(issue.pk, by="ada", now=timezone.now())


def test_a_confirmation_that_nothing_is_missing_lets_what_waits_go() -> None:
    issue = sending_issue(readers=3)
    rewind()
    assert confirm(Waiting.SEND, by="ada", now=timezone.now()) == 0
    deliver(place="t", transport=Memory())
    assert states(issue) == {"accepted": 3}


def test_a_confirmation_in_doubt_sends_nothing_that_may_have_been_sent() -> None:
    issue, memory = sending_issue(readers=3), Memory()
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(state=DeliveryState.ACCEPTED)
    rewind()
    assert confirm(Waiting.DOUBT, by="ada", now=timezone.now()) == 2
    deliver(place="t", transport=memory)
    reconcile(timezone.now())
    assert memory.messages == []
    assert states(issue) == {"accepted": 1, "in_doubt": 2}
    assert HistoryEntry.objects.get(issue=issue, act="confirm").detail["in_doubt"] == 2
    assert Issue.objects.get(pk=issue.pk).state == Issue.State.SENT


def test_an_audience_half_frozen_waits_for_a_person_after_a_confirmation_in_doubt() -> None:
    issue = sending_issue(readers=1)
    Issue.objects.filter(pk=issue.pk).update(state=Issue.State.FREEZING)
    rewind()
    confirm(Waiting.DOUBT, by="ada", now=timezone.now())
    assert Issue.objects.get(pk=issue.pk).state == Issue.State.PAUSED


def test_a_second_confirmation_is_told_so() -> None:
    hold(now=timezone.now())
    confirm(Waiting.SEND, by="ada", now=timezone.now())
    with pytest.raises(Conflict):
        confirm(Waiting.SEND, by="bob", now=timezone.now())


def test_the_command_line_asks_what_becomes_of_what_waits(capsys: pytest.CaptureFixture[str]) -> None:
    hold(now=timezone.now())
    with pytest.raises(SystemExit) as refused:
        ManagementUtility(["newsletter", "database", "confirm"]).execute()
    assert refused.value.code == 1
    assert "--waiting" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        ManagementUtility(["newsletter", "database", "confirm", "--waiting", "send"]).execute()
    assert not is_held()


def test_a_program_confirms_with_the_scope_for_it() -> None:
    make_newsletter()
    program = Program("database:confirm")
    program.ask("POST", "/database/hold")
    status, answer = program.ask("GET", "/database")
    assert (status, answer["held"]) == (200, True)
    assert program.ask("POST", "/database/confirm", {"waiting": "doubt"}) == (200, {"in_doubt": 0})
    assert standing().confirmed_by == "api a program"


@pytest.mark.parametrize(("role", "offers"), [(PUBLISHER, False), (ADMINISTRATOR, True)])
def test_the_desk_says_that_sending_is_held_and_offers_the_way_on_to_administrators(role: str, offers: bool) -> None:
    hold(now=timezone.now())
    user, client = User.objects.create_user("ada"), Client()
    give_role(user, role)
    client.force_login(user)
    assert "Sending is held" in client.get("/desk/").content.decode()
    assert ("Send what waits" in client.get("/desk/database").content.decode()) == offers


def test_an_administrator_lets_sending_go_on_at_the_desk() -> None:
    hold(now=timezone.now())
    user, client = User.objects.create_user("ada"), Client()
    give_role(user, ADMINISTRATOR)
    client.force_login(user)
    client.post("/desk/database/confirm", {"waiting": "send"})
    assert not is_held()
    assert standing().confirmed_by == "ada"
