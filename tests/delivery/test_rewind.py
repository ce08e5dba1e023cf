"""Another life of the database holds all sending until a person confirms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import ManagementUtility
from django.test import Client
from django.utils import timezone

from newsletter.catalogue.models import Newsletter
from newsletter.delivery.control import resume, send
from newsletter.delivery.deliver import deliver
from newsletter.delivery.epoch import current_mark, is_held
from newsletter.delivery.extend import extend
from newsletter.delivery.freeze import freeze
from newsletter.delivery.ledger import Ledger, claimed
from newsletter.delivery.letters import send_letters
from newsletter.delivery.models import Delivery, DeliveryState, Epoch
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.resend import resend
from newsletter.delivery.rewind import BY_HAND, REASON, Confirmed, Waiting, confirm, hold, standing, watch
from newsletter.delivery.tick import tick
from newsletter.delivery.transports.memory import Memory
from newsletter.errors import Conflict, Refused
from newsletter.issues.models import HistoryEntry, Issue
from newsletter.issues.schedule import schedule
from newsletter.letters.models import Letter
from newsletter.web.policy import ADMINISTRATOR, PUBLISHER, give_role
from tests.api.doorbell import Program
from tests.delivery.meanwhile import held_up
from tests.delivery.sink import sink
from tests.delivery.stage import add_readers, database_url, sending_issue, states, to
from tests.delivery.test_lifecycle_while_sending import approved
from tests.factories import make_article, make_newsletter

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
    hold(by="ada", now=timezone.now())
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
    assert confirm(Waiting.SEND, by="ada", now=timezone.now()) == Confirmed(0, ())
    deliver(place="t", transport=Memory())
    assert states(issue) == {"accepted": 3}


def test_a_confirmation_in_doubt_sends_nothing_that_may_have_been_sent() -> None:
    issue, memory = sending_issue(readers=3), Memory()
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(state=DeliveryState.ACCEPTED)
    rewind()
    assert confirm(Waiting.DOUBT, by="ada", now=timezone.now()) == Confirmed(2, ())
    deliver(place="t", transport=memory)
    reconcile(timezone.now())
    assert memory.messages == []
    assert states(issue) == {"accepted": 1, "in_doubt": 2}
    assert HistoryEntry.objects.get(issue=issue, act="confirm").detail["in_doubt"] == 2
    assert Issue.objects.get(pk=issue.pk).state == Issue.State.SENT


def test_a_policy_sends_nothing_again_that_a_restore_put_in_doubt() -> None:
    issue, memory = sending_issue(readers=3), Memory()
    Newsletter.objects.update(in_doubt="resend")
    rewind()
    confirm(Waiting.DOUBT, by="ada", now=timezone.now())
    reconcile(timezone.now())
    deliver(place="t", transport=memory)
    assert (memory.messages, states(issue)) == ([], {"in_doubt": 3})


def test_a_policy_sends_nothing_again_while_sending_is_held(tmp_path: Path) -> None:
    issue = sending_issue(readers=3)
    with sink(tmp_path, cut_after_dot=1) as relay:
        deliver(place="t", transport=to(relay.port))
    resend(issue.pk, by="ada", now=timezone.now())
    with sink(tmp_path / "again", cut_after_dot=1) as relay:
        deliver(place="t", transport=to(relay.port))
    assert states(issue) == {"in_doubt": 3}
    Issue.objects.update(state=Issue.State.SENDING)
    Newsletter.objects.update(in_doubt="resend")
    hold(by="ada", now=timezone.now())
    reconcile(timezone.now())
    assert states(issue) == {"in_doubt": 3}


def test_an_extension_under_way_is_put_in_doubt_with_its_issue() -> None:
    issue, memory = sending_issue(readers=5), Memory()
    add_readers(issue.newsletter, 2, prefix="late")
    extend(issue.pk, by="ada", now=timezone.now())
    rewind()
    assert confirm(Waiting.DOUBT, by="ada", now=timezone.now()) == Confirmed(5, (issue.pk,))
    assert Issue.objects.get(pk=issue.pk).state == Issue.State.PAUSED
    resume(issue.pk, by="ada", now=timezone.now())
    freeze(issue.pk, now=timezone.now())
    deliver(place="t", transport=memory)
    assert {address[:4] for address, _ in memory.messages} == {b"late"}


def on_its_way(state: str) -> Issue:
    """An approved issue that leaves by itself: scheduled, cooling off, or at its slot."""
    issue = approved(readers=3)
    if state == Issue.State.SCHEDULED:
        schedule(issue.pk, at=timezone.now(), by="ada", now=timezone.now())
    elif state == Issue.State.COOLING_OFF:
        send(issue.pk, by="ada", now=timezone.now(), cool_off=timedelta(seconds=-1))
    else:
        Issue.objects.update(kind=Issue.Kind.REGULAR, slot=timezone.now())
    return issue


@pytest.mark.parametrize("state", ["scheduled", "cooling_off", "approved"])
def test_an_issue_that_would_leave_by_itself_is_held_by_a_confirmation_in_doubt(state: str) -> None:
    issue = on_its_way(state)
    rewind()
    assert confirm(Waiting.DOUBT, by="ada", now=timezone.now()) == Confirmed(0, (issue.pk,))
    assert issue.pk not in tick(timezone.now()).sent
    issue.refresh_from_db()
    assert (issue.sending_at, issue.hold_reason) == (None, REASON)


@pytest.mark.parametrize("state", ["scheduled", "cooling_off", "approved"])
def test_the_same_leaves_after_a_confirmation_that_nothing_is_missing(state: str) -> None:
    issue = on_its_way(state)
    rewind()
    confirm(Waiting.SEND, by="ada", now=timezone.now())
    assert tick(timezone.now()).sent == [issue.pk]


@pytest.mark.parametrize(("waiting", "sent"), [(Waiting.DOUBT, 0), (Waiting.SEND, 1)])
def test_an_issue_that_was_due_meanwhile_and_approves_itself_is_held_too(waiting: Waiting, sent: int) -> None:
    """The dump is older than its draft; in the life that is lost it may have been sent."""
    slot = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    newsletter = make_newsletter(approval="automatic")
    Newsletter.objects.update(created_at=slot - timedelta(days=5))
    make_article("In time", available_at=slot - timedelta(days=4))
    add_readers(newsletter, 1)
    rewind()
    confirm(waiting, by="ada", now=slot + timedelta(minutes=1))
    assert len(tick(slot + timedelta(minutes=2)).sent) == sent


def test_a_held_issue_goes_when_a_person_sends_it() -> None:
    issue = on_its_way(Issue.State.SCHEDULED)
    rewind()
    confirm(Waiting.DOUBT, by="ada", now=timezone.now())
    assert send(issue.pk, by="ada", now=timezone.now()).hold_reason == ""


def test_what_was_claimed_while_a_hold_was_noted_is_put_in_doubt_by_the_next_look() -> None:
    issue = sending_issue(readers=3)
    watch(timezone.now())
    ledger = Ledger(uuid4(), "t")
    assert claimed(ledger.claims.ask_and_wait("claim", [ledger._owner])) is not None
    Epoch.objects.create(mark=current_mark(), since=timezone.now(), confirmed_by="")
    watch(timezone.now())
    ledger.close()
    assert states(issue) == {"in_doubt": 3}


def test_nothing_is_claimed_while_a_hold_takes_back_what_is_in_hand() -> None:
    sending_issue(readers=1500)
    watch(timezone.now())
    ledger = Ledger(uuid4(), "t")
    first = claimed(ledger.claims.ask_and_wait("claim", [ledger._owner]))
    assert first is not None
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT FROM newsletter_chunk WHERE id = %s FOR NO KEY UPDATE", [first.chunk])
        with held_up(lambda: hold(by="ada", now=timezone.now())):
            assert claimed(ledger.claims.ask_and_wait("claim", [ledger._owner])) is None
            other.rollback()
    ledger.close()


def test_a_hold_by_hand_stands_in_the_history_of_what_is_under_way_with_its_reason() -> None:
    issue = sending_issue(readers=1)
    with pytest.raises(SystemExit):
        ManagementUtility(["newsletter", "database", "hold", "--reason", "a copied data folder"]).execute()
    told = HistoryEntry.objects.get(issue=issue, act="held")
    assert told.by.startswith("operator ")
    assert told.detail == {"reason": "a copied data folder"}


def test_a_program_s_hold_stands_in_the_history_with_its_name_and_reason() -> None:
    issue = sending_issue(readers=1)
    Program("database:confirm").ask("POST", "/database/hold", {"reason": "a copied data folder"})
    told = HistoryEntry.objects.get(issue=issue, act="held")
    assert (told.by, told.detail) == ("api a program", {"reason": "a copied data folder"})


def test_a_hold_by_hand_is_not_called_a_restore() -> None:
    hold(by="ada", now=timezone.now())
    assert standing().reason == BY_HAND


def test_a_restore_is_called_so() -> None:
    rewind()
    watch(timezone.now())
    assert standing().reason == REASON


def test_an_audience_half_frozen_waits_for_a_person_after_a_confirmation_in_doubt() -> None:
    issue = sending_issue(readers=1)
    Issue.objects.filter(pk=issue.pk).update(state=Issue.State.FREEZING)
    rewind()
    confirm(Waiting.DOUBT, by="ada", now=timezone.now())
    assert Issue.objects.get(pk=issue.pk).state == Issue.State.PAUSED


def test_a_second_confirmation_is_told_so() -> None:
    hold(by="ada", now=timezone.now())
    confirm(Waiting.SEND, by="ada", now=timezone.now())
    with pytest.raises(Conflict):
        confirm(Waiting.SEND, by="bob", now=timezone.now())


def test_the_command_line_asks_what_becomes_of_what_waits(capsys: pytest.CaptureFixture[str]) -> None:
    hold(by="ada", now=timezone.now())
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
    assert program.ask("POST", "/database/confirm", {"waiting": "doubt"}) == (200, {"in_doubt": 0, "held": []})
    assert standing().confirmed_by == "api a program"


@pytest.mark.parametrize(("role", "offers"), [(PUBLISHER, False), (ADMINISTRATOR, True)])
def test_the_desk_says_that_sending_is_held_and_offers_the_way_on_to_administrators(role: str, offers: bool) -> None:
    hold(by="ada", now=timezone.now())
    user, client = User.objects.create_user("ada"), Client()
    give_role(user, role)
    client.force_login(user)
    assert "Sending is held" in client.get("/desk/").content.decode()
    assert ("Send what waits" in client.get("/desk/database").content.decode()) == offers


def test_an_administrator_lets_sending_go_on_at_the_desk() -> None:
    hold(by="ada", now=timezone.now())
    user, client = User.objects.create_user("ada"), Client()
    give_role(user, ADMINISTRATOR)
    client.force_login(user)
    client.post("/desk/database/confirm", {"waiting": "send"})
    assert not is_held()
    assert standing().confirmed_by == "ada"
