"""Letters over several relays: never behind a rate, never stuck behind a relay that is away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from time import sleep

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from newsletter.delivery.deliver import deliver
from newsletter.delivery.letters import send_letters
from newsletter.delivery.pace.book import draw
from newsletter.delivery.pace.rate import Limit
from newsletter.delivery.pace.slots import Slots
from newsletter.delivery.relays.models import Bucket, RelayTrouble, StandingRelay
from newsletter.letters.models import Letter
from tests.delivery.letter import make_letter
from tests.delivery.sink import sink
from tests.delivery.stage import sending_issue, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _anybody() -> object:
    with override_settings(SAFE_LIST=["*"]):
        yield


def relay(code: str, port: int, **given: object) -> StandingRelay:
    return StandingRelay.objects.create(code=code, address=f"smtp://127.0.0.1:{port}", **given)


def make_letters(number: int) -> list[Letter]:
    first = make_letter()
    return [first, *(make_letter(key=f"more-{one}", sender=first.sender) for one in range(number - 1))]


def test_a_letter_goes_to_the_next_relay_when_the_first_is_away(tmp_path: Path) -> None:
    letter = make_letter()
    with sink(tmp_path) as two:
        relay("one", 1, priority=1)
        relay("two", two.port, priority=2)
        assert send_letters() == 1
        assert two.accepted() == [letter.address]
    assert RelayTrouble.objects.get().relay == "one"


def test_a_letter_goes_at_once_and_what_comes_after_it_waits(tmp_path: Path) -> None:
    letters = make_letters(4)
    limit = Limit("relay:one", 1.0)
    with sink(tmp_path) as one:
        relay("one", one.port, rate="1/s")
        assert send_letters(seconds=20) == len(letters)
    assert draw(limit, 5).number == 0
    assert Bucket.objects.get(name="relay:one").used == len(letters)


def test_a_letter_counts_for_the_day_and_waits_when_the_day_is_full(tmp_path: Path) -> None:
    make_letters(2)
    with sink(tmp_path) as one:
        relay("one", one.port, per_day=1)
        assert send_letters() == 1
    assert sorted(Letter.objects.values_list("state", flat=True)) == ["accepted", "deferred"]


def test_a_letter_that_never_left_does_not_count_for_the_day() -> None:
    make_letters(2)
    relay("one", 1, per_day=5)
    assert send_letters() == 0
    assert Bucket.objects.get(name="relay:one").used == 0


def test_a_letter_without_a_connection_does_not_count_for_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.delivery.pace.slots.WAIT_SECONDS", 0.0)
    make_letters(2)
    with sink(tmp_path) as one, closing(Slots()) as others:
        relay("one", one.port, per_day=5, connections=1)
        others.take("one", 1)
        assert send_letters() == 0
    assert not Bucket.objects.filter(used__gt=0).exists()


def test_a_letter_gets_the_one_connection_of_a_relay_while_an_issue_goes_over_it(tmp_path: Path) -> None:
    letter = make_letter()
    issue = sending_issue(letter.sender.newsletters.get(), readers=1000)
    end = Event()
    with sink(tmp_path, delay=0.05) as one, ThreadPoolExecutor() as other:
        relay("one", one.port, connections=1)
        issues = other.submit(_deliver_until, end)
        try:
            while len(one.accepted()) < 5:
                sleep(0.02)
            assert send_letters() == 1
        finally:
            end.set()
            issues.result()
        assert one.accepted().index(letter.address) < 1000
        assert one.most_connections() == 1
    assert states(issue)["queued"] > 0


def test_an_issue_goes_on_over_the_one_connection_after_a_letter(tmp_path: Path) -> None:
    letter = make_letter()
    sending_issue(letter.sender.newsletters.get(), readers=60)
    end = Event()
    with sink(tmp_path, delay=0.05) as one, ThreadPoolExecutor() as other:
        relay("one", one.port, connections=1)
        issues = other.submit(_deliver_until, end)
        while len(one.accepted()) < 5:
            sleep(0.02)
        send_letters()
        issues.result()
        assert len(one.accepted()) == 61


def _deliver_until(end: Event) -> None:
    with closing(connection):
        deliver(place="t", seconds=40, stopping=end.is_set)


def test_a_letter_waits_for_no_connection_while_another_relay_has_one(tmp_path: Path) -> None:
    letter = make_letter()
    with sink(tmp_path / "a") as one, sink(tmp_path / "b") as two, closing(Slots()) as others:
        relay("one", one.port, connections=1, priority=1)
        relay("two", two.port, priority=2)
        others.take("one", 1)
        assert send_letters(seconds=5) == 1
        assert two.accepted() == [letter.address]


def test_a_letter_that_was_refused_after_it_left_counts_for_the_day(tmp_path: Path) -> None:
    make_letters(1)
    with sink(tmp_path, answer="550 5.7.1 no") as one:
        relay("one", one.port, per_day=5)
        assert send_letters() == 0
    assert Bucket.objects.get(name="relay:one").used == 1


def test_a_letter_takes_the_relay_its_sender_names(tmp_path: Path) -> None:
    letter = make_letter()
    letter.sender.relay = "two"
    letter.sender.save()
    with sink(tmp_path / "a") as one, sink(tmp_path / "b") as two:
        relay("one", one.port)
        relay("two", two.port, weight=0)
        send_letters()
        assert (one.accepted(), two.accepted()) == ([], [letter.address])
    assert letter.written_at <= timezone.now()


def test_a_letter_in_a_script_that_one_relay_does_not_take_goes_over_one_that_does(tmp_path: Path) -> None:
    letter = make_letter(address="用户@readers.example")
    with sink(tmp_path / "a", without=["SMTPUTF8"]) as plain, sink(tmp_path / "b") as able:
        relay("plain", plain.port, priority=1)
        relay("able", able.port, priority=2)
        assert send_letters() == 1
        assert (plain.accepted(), able.accepted()) == ([], [letter.address])
    assert not RelayTrouble.objects.exists()


def test_a_letter_in_a_script_that_no_relay_takes_is_refused(tmp_path: Path) -> None:
    letter = make_letter(address="用户@readers.example")
    with sink(tmp_path / "a", without=["SMTPUTF8"]) as one, sink(tmp_path / "b", without=["SMTPUTF8"]) as two:
        relay("one", one.port)
        relay("two", two.port)
        assert send_letters() == 0
    letter.refresh_from_db()
    assert (letter.state, "SMTPUTF8" in letter.answer) == (Letter.State.REFUSED, True)
