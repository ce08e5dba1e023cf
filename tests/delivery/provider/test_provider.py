"""A provider's API as a transport: one call for many, nobody twice, and only what nobody can know is in doubt."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from functools import reduce
from pathlib import Path
from threading import Event

import pytest
from anymail.exceptions import AnymailAPIError
from anymail.message import AnymailRecipientStatus
from django.conf import settings
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from newsletter.delivery.deliver import deliver
from newsletter.delivery.letters import send_letters
from newsletter.delivery.models import Attempt, Delivery, DeliveryState
from newsletter.delivery.provider import dispatch
from newsletter.delivery.provider.merge import LANGUAGES
from newsletter.delivery.return_path import read_return_path
from newsletter.delivery.transports import current_transport
from newsletter.errors import Invalid
from newsletter.issues.models import Issue, IssueRendering
from newsletter.letters.models import Letter
from tests.delivery.provider.fake import Provider, provider
from tests.delivery.stage import database_url, sending_issue, states, take_back

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 120


@pytest.fixture(autouse=True)
def _patient_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stands still for a moment splits no call."""
    monkeypatch.setattr(dispatch, "LINGER_SECONDS", 1.0)


def go(seconds: float = 30.0) -> dict[str, int] | None:
    return deliver(place="t", seconds=seconds)


def check(issue: Issue, fake: Provider) -> None:
    """Nobody has two copies, everybody accepted has one, and nobody else but those in doubt may have one."""
    rows = dict(Delivery.objects.filter(issue=issue).values_list("address", "state"))
    accepted = {address for address, state in rows.items() if state == DeliveryState.ACCEPTED}
    doubtful = {address for address, state in rows.items() if state == DeliveryState.IN_DOUBT}
    assert fake.twice() == []
    assert accepted <= set(fake.accepted()) <= accepted | doubtful


def test_one_call_carries_many_readers_each_with_their_own_words() -> None:
    issue = sending_issue(readers=250)
    with provider(batch=100) as fake:
        assert go() == {"accepted": 250}
        check(issue, fake)
    assert len(fake.calls) <= 5
    call = next(call for call in fake.calls if "r7@readers.example" in call.to)
    text = call.text_for("r7@readers.example")
    assert text.startswith("Dear Reader 7\n")
    assert "%recipient" not in text


def test_the_header_to_leave_by_the_message_id_and_the_return_path_are_each_reader_s_own() -> None:
    issue = sending_issue(readers=5)
    with provider() as fake:
        go()
    (call,) = fake.calls
    own = call.own["r3@readers.example"]
    row = Delivery.objects.get(issue=issue, address="r3@readers.example")
    assert call.fields["h:List-Unsubscribe"] == "%recipient.h:List-Unsubscribe%"
    assert own["h:List-Unsubscribe"].startswith("<http")
    assert own["h:Message-Id"] == f"<{issue.pk}.{row.pk}@news.example>"
    assert own["h:List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read_return_path(own["v:return_path"]) == ("d", row.pk)
    assert len({values["h:List-Unsubscribe"] for values in call.own.values()}) == 5


def test_a_name_that_could_be_markup_goes_in_a_call_of_its_own_and_is_escaped_by_us() -> None:
    issue = sending_issue(readers=3)
    Delivery.objects.filter(issue=issue, address="r2@readers.example").update(name='<b>%recipient.nlslot1% & "Co"')
    with provider() as fake:
        assert go() == {"accepted": 3}
    (alone,) = [call for call in fake.calls if call.to == ["r2@readers.example"]]
    assert "Dear &lt;b&gt;%recipient.nlslot1% &amp; &quot;Co&quot;" in alone.fields["html"]
    assert sorted(len(call.to) for call in fake.calls) == [1, 2]


def test_words_of_the_issue_that_the_provider_would_fill_in_keep_everybody_apart() -> None:
    issue = sending_issue(readers=3)
    stored = IssueRendering.objects.get(issue=issue)
    IssueRendering.objects.filter(pk=stored.pk).update(html=stored.html.replace("Dear", "%recipient.secret%"))
    with provider() as fake:
        assert go() == {"accepted": 3}
    assert [len(call.to) for call in fake.calls] == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "place", "tag"),
    [("sparkpost", ("content", "html"), "{{{nlslot2}}}"), ("brevo", ("htmlContent",), "{{params.nlslot2}}")],
)
def test_another_provider_is_told_in_its_own_way(name: str, place: tuple[str, ...], tag: str) -> None:
    sending_issue(readers=4)
    with provider(name) as fake:
        assert go() == {"accepted": 4}
    (call,) = fake.calls
    assert len(call.to) == 4
    assert tag in reduce(lambda part, key: part[key], place, call.fields)
    assert "Reader 2" in call.own["r2@readers.example"].values()
    assert any(value.startswith("<http") for value in call.own["r2@readers.example"].values())


def test_a_provider_that_refuses_some_of_a_call_and_does_not_say_whom_leaves_it_in_doubt() -> None:
    issue = sending_issue(readers=4)
    with provider("sparkpost") as fake:
        fake.answer = lambda _number, _to: "mixed"
        go()
    assert states(issue) == {"in_doubt": 4}


def test_a_provider_without_a_call_for_many_gets_one_each() -> None:
    issue = sending_issue(readers=4)
    with provider("mailersend") as fake:
        assert go() == {"accepted": 4}
        check(issue, fake)
    assert [len(call.to) for call in fake.calls] == [1, 1, 1, 1]


def test_an_answer_that_got_lost_leaves_that_call_in_doubt_and_nobody_gets_two() -> None:
    issue = sending_issue(readers=60)
    with provider(batch=20) as fake:
        fake.answer = lambda number, _to: "cut" if number == 1 else "200"
        go()
        lost = fake.calls[1].to
        check(issue, fake)
    assert states(issue) == {"accepted": 60 - len(lost), "in_doubt": len(lost)}
    assert 0 < len(lost) <= 20


@pytest.mark.parametrize("answer", ["500", "502", "504", "garbage"])
def test_an_answer_that_does_not_tell_leaves_the_call_in_doubt(answer: str) -> None:
    issue = sending_issue(readers=3)
    with provider() as fake:
        fake.answer = lambda _number, _to: answer
        go()
    assert states(issue) == {"in_doubt": 3}


def test_a_provider_that_asks_to_wait_is_left_alone_so_long_and_no_attempt_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With one call at once the next one is the first that could know."""
    monkeypatch.setattr(dispatch, "CALLS", 1)
    issue = sending_issue(readers=40)
    with provider(batch=10) as fake:
        fake.answer = lambda number, _to: "429 Retry-After: 2" if number == 1 else "200"
        while states(issue) != {"accepted": 40}:
            go()
        check(issue, fake)
    assert fake.calls[2].at >= fake.calls[1].at + 2
    assert set(Delivery.objects.filter(issue=issue).values_list("attempts", flat=True)) == {1}


def test_a_provider_that_is_not_there_costs_no_attempt_and_nobody_is_in_doubt() -> None:
    issue = sending_issue(readers=3)
    with provider() as fake, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        nowhere = {"MAILGUN_API_KEY": "k", "MAILGUN_API_URL": f"http://127.0.0.1:{nobody.getsockname()[1]}/v3/"}
        with override_settings(ANYMAIL=nowhere):
            go(seconds=1.0)
        assert states(issue) == {"queued": 3}
        assert set(Delivery.objects.filter(issue=issue).values_list("attempts", flat=True)) == {0}
        assert go() == {"accepted": 3}
        check(issue, fake)


def test_a_key_the_provider_does_not_know_pauses_the_issue_in_its_words() -> None:
    issue = sending_issue(readers=3)
    with provider() as fake:
        fake.answer = lambda _number, _to: "401"
        go()
    issue.refresh_from_db()
    assert issue.state == Issue.State.PAUSED
    assert states(issue) == {"queued": 3}


def test_one_bad_address_costs_the_others_of_its_call_nothing() -> None:
    issue = sending_issue(readers=8)
    with provider() as fake:
        fake.answer = lambda _number, to: "400" if "r4@readers.example" in to else "200"
        assert go() == {"accepted": 7, "refused": 1}
        check(issue, fake)
    assert Attempt.objects.get(outcome=DeliveryState.REFUSED).delivery.address == "r4@readers.example"


def test_each_recipient_s_own_status_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anymail's own test backend, told what to say of whom."""
    monkeypatch.setitem(LANGUAGES, "Test", LANGUAGES["Mailgun"])
    issue = sending_issue(readers=6)
    told = dict(enumerate(("sent", "queued", "rejected", "invalid", "failed"), 1))
    answer = {f"r{number}@readers.example": AnymailRecipientStatus("1", status) for number, status in told.items()}
    monkeypatch.setattr(
        "anymail.backends.test.EmailBackend.parse_recipient_status", lambda _self, _response, _payload, _message: answer
    )
    with override_settings(
        TRANSPORT="anymail", EMAIL_BACKEND="anymail.backends.test.EmailBackend", SAFE_LIST=["*"], ANYMAIL={"A": "1"}
    ):
        go()
    assert mail.outbox[-1].anymail_test_params["is_batch_send"] is True
    found = dict(Delivery.objects.filter(issue=issue).values_list("address", "state"))
    assert [DeliveryState(found[f"r{number}@readers.example"]).name for number in range(1, 7)] == [
        "ACCEPTED", "ACCEPTED", "REFUSED", "REFUSED", "DEFERRED", "IN_DOUBT",
    ]  # fmt: skip


def test_an_error_without_an_answer_is_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    issue = sending_issue(readers=1)

    def break_off(*_given: object) -> None:
        raise AnymailAPIError("it broke")

    monkeypatch.setattr("anymail.backends.test.EmailBackend.post_to_esp", break_off)
    with override_settings(
        TRANSPORT="anymail", EMAIL_BACKEND="anymail.backends.test.EmailBackend", SAFE_LIST=["*"], ANYMAIL={"A": "2"}
    ):
        go()
    assert states(issue) == {"in_doubt": 1}


def test_two_addresses_that_differ_in_case_alone_are_not_one_call() -> None:
    issue = sending_issue(readers=2)
    row = Delivery.objects.filter(issue=issue).earliest("pk")
    other = Delivery.objects.filter(issue=issue).latest("pk")
    Delivery.objects.filter(pk=other.pk).update(address=row.address.replace("r", "R", 1))
    with provider() as fake:
        assert go() == {"accepted": 2}
    assert [len(call.to) for call in fake.calls] == [1, 1]


def test_a_domain_in_another_script_finds_its_values() -> None:
    issue = sending_issue(readers=2)
    Delivery.objects.filter(issue=issue, address="r2@readers.example").update(address="r2@bücher.example")
    with provider() as fake:
        assert go() == {"accepted": 2}
    assert fake.calls[0].text_for("r2@xn--bcher-kva.example").startswith("Dear Reader 2\n")


def test_letters_go_one_by_one_and_wait_where_the_provider_says_so() -> None:
    newsletter = sending_issue(readers=0).newsletter
    now = timezone.now()
    Letter.objects.create(
        kind="confirmation", key="k1", sender=newsletter.sender, address="a@readers.example", name="A",
        subject="Please confirm", html="<p>Yes?</p>", text="Yes?", headers={}, written_at=now,
        message_id="<l1@news.example>",
    )  # fmt: skip
    with provider() as fake:
        fake.answer = lambda _number, _to: "503"
        assert send_letters(seconds=5) == 0
        assert Letter.objects.get().state == Letter.State.DEFERRED
    with provider() as fake:
        Letter.objects.update(next_attempt_at=now)
        assert send_letters(seconds=5) == 1
    assert fake.accepted() == ["a@readers.example"]


def test_a_worker_killed_within_its_calls_leaves_them_in_doubt_and_nobody_gets_two() -> None:
    issue = sending_issue(readers=200)
    program = Path(__file__).parents[1] / "pace" / "deliverers.py"
    taken, dead = Event(), Event()
    with provider(batch=10) as fake:

        def hold(number: int, _to: list[str]) -> str:
            if number >= 4:
                taken.set()
                dead.wait(PATIENCE_SECONDS)  # not yet answered when the worker dies
            return "200"

        fake.answer = hold
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "PYTHONPATH": str(Path.cwd()),
            "NEWSLETTER_SAFE_LIST": "*",
            "NEWSLETTER_TRANSPORT": "anymail",
            "NEWSLETTER_ANYMAIL_PROVIDER": "mailgun",
            "NEWSLETTER_ANYMAIL_BATCH": "10",
            **{f"NEWSLETTER_ANYMAIL_{name}": str(value) for name, value in settings.ANYMAIL.items()},
        }
        with subprocess.Popen([sys.executable, str(program), "t", str(PATIENCE_SECONDS)], env=environment) as worker:
            came = taken.wait(PATIENCE_SECONDS)
            worker.kill()
            worker.wait()
            dead.set()
        assert came
        assert len(fake.calls) >= 4
        take_back()
        while states(issue).get("queued"):
            go()
        check(issue, fake)
    found = states(issue)
    assert set(found) == {"accepted", "in_doubt"}
    assert found["in_doubt"] <= 2 * 10


def test_a_setting_that_the_provider_lacks_is_named() -> None:
    lacking = override_settings(
        TRANSPORT="anymail", EMAIL_BACKEND="anymail.backends.mailgun.EmailBackend", ANYMAIL={}, ANYMAIL_BATCH=100
    )
    with lacking, pytest.raises(Invalid, match="MAILGUN_API_KEY") as told:
        current_transport()
    assert told.value.where == "NEWSLETTER_ANYMAIL_PROVIDER"
