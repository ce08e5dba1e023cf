"""Several relays: shares by weight, failover, what belongs to one relay, and how fast each may go."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from newsletter.catalogue.models import Sender
from newsletter.delivery.deliver import deliver
from newsletter.delivery.models import Attempt, Chunk, ChunkState, Delivery, DeliveryState
from newsletter.delivery.pace import turnstile
from newsletter.delivery.pace.slots import slot_locks
from newsletter.delivery.queries import issues_waiting
from newsletter.delivery.relays.models import Bucket, DomainPace, RelayTrouble, SlowedDomain, StandingRelay
from newsletter.issues.models import Issue
from tests.delivery.sink import Sink, sink
from tests.delivery.stage import add_readers, sending_issue, states
from tests.factories import make_newsletter

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = 1  # a port that refuses


def relay(code: str, port: int, **given: Any) -> StandingRelay:
    return StandingRelay.objects.create(code=code, address=f"smtp://127.0.0.1:{port}", **given)


def go(seconds: float = 30.0) -> dict[str, int] | None:
    with override_settings(SAFE_LIST=["*"], CONNECTIONS=4):
        return deliver(place="t", seconds=seconds)


def by_relay() -> Counter[str]:
    return Counter(Attempt.objects.values_list("relay", flat=True))


def check_once(readers: int, *sinks: Sink) -> None:
    """Everybody has exactly one copy, wherever it went."""
    seen = [address for one in sinks for address in one.accepted()]
    assert (len(seen), len(set(seen))) == (readers, readers)


def test_mail_is_shared_out_by_weight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE_SECONDS", 600)  # on a busy machine each would help the other out
    sending_issue(readers=400)
    with sink(tmp_path / "a") as one, sink(tmp_path / "b") as two:
        relay("one", one.port, weight=3)
        relay("two", two.port, weight=1)
        assert go() == {"accepted": 400}
        check_once(400, one, two)
    assert by_relay() == {"one": 300, "two": 100}


def test_a_relay_that_refuses_connections_burns_nothing_and_the_other_takes_its_share(tmp_path: Path) -> None:
    issue = sending_issue(readers=100)
    with sink(tmp_path) as two:
        relay("one", NOWHERE, weight=3)
        relay("two", two.port, weight=1)
        assert go() == {"accepted": 100}
        check_once(100, two)
    assert states(issue) == {"accepted": 100}
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {3}
    assert RelayTrouble.objects.get().relay == "one"


def test_a_slow_relay_s_worker_claims_no_more_than_it_can_send_soon(tmp_path: Path) -> None:
    issue = sending_issue(readers=12_000)
    with sink(tmp_path) as one:
        relay("one", one.port, rate="50/s")
        go(seconds=1)
    assert Chunk.objects.filter(issue=issue, claims__gt=0).count() <= turnstile.MOST_HELD // 1000 + 1


@pytest.mark.parametrize("rules", [{"greeting": "421 4.3.2 closing"}, {"mail": "530 5.7.0 log in first"}])
def test_a_relay_in_trouble_pauses_nothing_while_there_is_another(tmp_path: Path, rules: dict[str, str]) -> None:
    issue = sending_issue(readers=60)
    with sink(tmp_path / "a", **rules) as one, sink(tmp_path / "b") as two:
        relay("one", one.port)
        relay("two", two.port)
        assert go() == {"accepted": 60}
        check_once(60, two)
    issue.refresh_from_db()
    assert issue.state == Issue.State.SENT


def test_a_relay_killed_midway_loses_nothing_but_what_is_in_doubt(tmp_path: Path) -> None:
    issue = sending_issue(readers=600)
    with sink(tmp_path / "a", delay=0.005, without=["PIPELINING"]) as one, sink(tmp_path / "b") as two:
        relay("one", one.port)
        relay("two", two.port)
        points: list[str] = []

        def kill(point: str) -> None:
            points.append(point)
            if points.count("answered") == 100 and point == "answered":
                one.process.kill()

        with override_settings(SAFE_LIST=["*"], CONNECTIONS=4):
            deliver(place="t", witness=kill)
            deliver(place="t")  # one that was marked as its connection went, waits again
        seen = states(issue)
        assert seen.pop("in_doubt", 0) <= 4
        copies = Counter(one.accepted() + two.accepted())
        assert max(copies.values()) == 1
        assert set(seen) == {"accepted"}


def test_a_fallback_gets_mail_only_while_the_others_are_away(tmp_path: Path) -> None:
    sending_issue(readers=50)
    with sink(tmp_path / "a") as one, sink(tmp_path / "b") as two:
        relay("one", one.port, priority=1)
        relay("two", two.port, priority=2, weight=9)
        go()
        assert by_relay() == {"one": 50}
        assert two.accepted() == []


def test_a_relay_that_is_back_gets_its_share_again(tmp_path: Path) -> None:
    sending_issue(readers=2000)
    with ExitStack() as stack:
        two = stack.enter_context(sink(tmp_path / "b", delay=0.01, without=["PIPELINING"]))
        probe = stack.enter_context(sink(tmp_path / "probe"))
        port = probe.port
        probe.process.kill()
        probe.process.wait()
        relay("one", port)
        relay("two", two.port)
        late: list[Sink] = []

        def come_back(point: str) -> None:
            if point == "answered" and not late:
                late.append(stack.enter_context(sink(tmp_path / "a", port=port)))

        with override_settings(SAFE_LIST=["*"], CONNECTIONS=4):
            assert deliver(place="t", witness=come_back) == {"accepted": 2000}
        check_once(2000, two, late[0])
    assert by_relay()["one"] > 0
    assert not RelayTrouble.objects.exists()


def test_trouble_that_is_over_is_forgotten_with_the_first_message(tmp_path: Path) -> None:
    sending_issue(readers=10)
    now = timezone.now()
    RelayTrouble.objects.create(relay="one", words="gone", since=now, until=now + timedelta(seconds=1))
    with sink(tmp_path) as one:
        relay("one", one.port)
        assert go() == {"accepted": 10}
    assert not RelayTrouble.objects.exists()


def test_mail_of_a_sender_that_names_a_relay_goes_there_and_nowhere_else(tmp_path: Path) -> None:
    newsletter = make_newsletter()
    newsletter.sender.relay = "two"
    newsletter.sender.save()
    sending_issue(newsletter, readers=30)
    with sink(tmp_path / "a") as one, sink(tmp_path / "b") as two:
        relay("one", one.port)
        relay("two", two.port, weight=0)
        go()
        check_once(30, two)


def test_a_sender_that_names_a_relay_nobody_knows_pauses_the_issue_and_says_so(tmp_path: Path) -> None:
    newsletter = make_newsletter()
    newsletter.sender.relay = "lost"
    newsletter.sender.save()
    issue = sending_issue(newsletter, readers=3)
    with sink(tmp_path) as one:
        relay("one", one.port)
        go()
    issue.refresh_from_db()
    assert issue.pause_reason == "There is no relay 'lost'."


def test_connections_are_closed_after_so_many_messages(tmp_path: Path) -> None:
    sending_issue(readers=50)
    with sink(tmp_path, bye_after=6) as one:  # it would say 421 after the sixth
        relay("one", one.port, per_connection=5)
        assert go() == {"accepted": 50}
        check_once(50, one)


def test_no_more_connections_than_the_relay_takes_from_all_workers(tmp_path: Path) -> None:
    sending_issue(readers=20)
    with sink(tmp_path) as one, connection.cursor() as cursor:
        relay("one", one.port, connections=2)
        for lock in slot_locks("one", 2):
            _held_elsewhere(lock)
        assert go(seconds=1.5) == {}
        assert one.accepted() == []
        _let_go()
        assert go() == {"accepted": 20}
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert cursor.fetchone() == (0,)


def test_a_relay_takes_its_rate_and_no_more(tmp_path: Path) -> None:
    sending_issue(readers=100)
    with sink(tmp_path) as one:
        relay("one", one.port, rate="20/s")
        began = time.monotonic()
        assert go() == {"accepted": 100}
        assert time.monotonic() - began >= (100 - 41) / 20
        check_once(100, one)


def test_a_relay_full_for_today_gives_its_mail_to_the_others(tmp_path: Path) -> None:
    sending_issue(readers=80)
    warm_up = {"begins": timezone.now().date().isoformat(), "first": 15, "growth": 2.0, "days": 10}
    with sink(tmp_path / "a") as one, sink(tmp_path / "b") as two:
        relay("one", one.port, warm_up=warm_up)
        relay("two", two.port)
        assert go() == {"accepted": 80}
        check_once(80, one, two)
        assert len(one.accepted()) == 15
    assert Bucket.objects.get(name="relay:one").used == 15


def test_an_issue_whose_only_relay_is_full_for_today_rests_without_a_lease(tmp_path: Path) -> None:
    sending_issue(readers=40)
    with sink(tmp_path) as one:
        relay("one", one.port, per_day=10)
        assert go() == {"accepted": 10}
    chunk = Chunk.objects.get()
    assert (chunk.state, chunk.owner) == (ChunkState.WAITING, None)
    assert chunk.rest_until is not None
    assert chunk.rest_until > timezone.now()
    assert issues_waiting() == []


def test_who_waits_for_a_full_relay_does_not_hold_up_those_of_another(tmp_path: Path) -> None:
    bound, free = make_newsletter("bound"), make_newsletter("free")
    bound.sender.relay = "one"
    bound.sender.save()
    add_readers(bound, 3000, prefix="b")
    sending_issue(bound, readers=0)
    add_readers(free, 30, prefix="f")
    second = sending_issue(free, readers=0)
    with sink(tmp_path / "a") as one, sink(tmp_path / "b") as two:
        relay("one", one.port, per_day=5, weight=0)
        relay("two", two.port)
        go(seconds=8)
        assert len(two.accepted()) == 30
    assert states(second) == {"accepted": 30}


def test_a_limited_domain_waits_and_the_others_go_at_once(tmp_path: Path) -> None:
    newsletter = make_newsletter()
    add_readers(newsletter, 60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE newsletter_reader SET address = replace(address, 'readers.', 'slow.') WHERE id % 2 = 0")
    sending_issue(newsletter, readers=0)
    DomainPace.objects.create(domain="slow.example", rate="5/s")
    with sink(tmp_path) as one:
        relay("one", one.port)
        began = time.monotonic()
        assert go() == {"accepted": 60}
        assert time.monotonic() - began >= (30 - 11) / 5
        assert {address.rpartition("@")[2] for address in one.accepted()[-8:]} == {"slow.example"}
        check_once(60, one)


def test_an_issue_goes_out_over_its_window(tmp_path: Path) -> None:
    issue = sending_issue(readers=40)
    Issue.objects.filter(pk=issue.pk).update(spread=timedelta(seconds=4))
    with sink(tmp_path) as one:
        relay("one", one.port)
        began = time.monotonic()
        assert go() == {"accepted": 40}
        assert time.monotonic() - began >= 1.8


def test_a_domain_that_keeps_saying_later_is_slowed_down_for_everybody(tmp_path: Path) -> None:
    sending_issue(readers=40)
    with sink(tmp_path, rcpt={"@": ["451 4.7.1 too fast", 0]}) as one:
        relay("one", one.port)
        go(seconds=2)
    slowed = SlowedDomain.objects.get()
    assert (slowed.domain, slowed.words) == ("readers.example", "4.7.1 too fast")


def test_full_mailboxes_slow_nobody_down(tmp_path: Path) -> None:
    sending_issue(readers=40)
    with sink(tmp_path, rcpt={"@": ["452 4.2.2 mailbox full", 0]}) as one:
        relay("one", one.port)
        go(seconds=2)
    assert not SlowedDomain.objects.exists()


_elsewhere: list[Any] = []


def _held_elsewhere(lock: int) -> None:
    """Hold a lock in a session that is not ours, as another worker does."""
    if not _elsewhere:
        _elsewhere.append(connection.copy("elsewhere"))
    with _elsewhere[0].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [lock])


def _let_go() -> None:
    _elsewhere.pop().close()


def in_script(readers: int) -> Issue:
    """An issue to readers of whom the first three have addresses that need SMTPUTF8."""
    issue = sending_issue(readers=readers)
    for number, row in enumerate(Delivery.objects.filter(issue=issue).order_by("pk")[:3]):
        Delivery.objects.filter(pk=row.pk).update(address=f"用户{number}@readers.example")
    return issue


def test_a_reader_s_script_that_one_relay_does_not_take_goes_over_one_that_does(tmp_path: Path) -> None:
    issue = in_script(60)
    with sink(tmp_path / "a", without=["SMTPUTF8"]) as plain, sink(tmp_path / "b") as able:
        relay("plain", plain.port, weight=9)
        relay("able", able.port, priority=2)  # a fallback that would get nothing else
        assert go() == {"accepted": 60}
        check_once(60, plain, able)
        assert sorted(able.accepted()) == [f"用户{number}@readers.example" for number in range(3)]
    assert states(issue) == {"accepted": 60}


def test_a_reader_s_script_finds_its_relay_out_of_a_limited_domain_as_well(tmp_path: Path) -> None:
    in_script(30)
    DomainPace.objects.create(domain="readers.example", rate="20/s")
    with sink(tmp_path / "a", without=["SMTPUTF8"]) as plain, sink(tmp_path / "b") as able:
        relay("plain", plain.port)
        relay("able", able.port, priority=2)
        assert go() == {"accepted": 30}
        assert len(able.accepted()) == 3


def test_a_reader_s_script_that_no_relay_takes_is_refused_by_itself(tmp_path: Path) -> None:
    in_script(20)
    with sink(tmp_path / "a", without=["SMTPUTF8"]) as one, sink(tmp_path / "b", without=["SMTPUTF8"]) as two:
        relay("one", one.port)
        relay("two", two.port)
        assert go() == {"accepted": 17, "refused": 3}
    assert "SMTPUTF8" in Attempt.objects.filter(outcome=DeliveryState.REFUSED)[0].words


def test_a_reader_s_script_waits_for_the_one_relay_that_may_take_it(tmp_path: Path) -> None:
    issue = in_script(20)
    with sink(tmp_path / "a", without=["SMTPUTF8"]) as plain:
        relay("plain", plain.port)
        relay("away", NOWHERE)
        go(seconds=2)
        assert states(issue) == {"queued": 3, "accepted": 17}


def test_a_reader_s_script_keeps_to_the_relay_its_sender_names(tmp_path: Path) -> None:
    issue = in_script(5)
    with sink(tmp_path / "a", without=["SMTPUTF8"]) as plain, sink(tmp_path / "b") as able:
        relay("plain", plain.port)
        relay("able", able.port)
        Sender.objects.update(relay="plain")
        assert go() == {"accepted": 2, "refused": 3}
        assert able.accepted() == []
    assert states(issue) == {"accepted": 2, "refused": 3}
