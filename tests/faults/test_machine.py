"""Any order of freeze, claim, intent, result, kill, expiry, pause, cancel, unsubscribing and time keeps the promise.

The real verbs on the real database; deliverers are played by hand, and the only witness is what they handed over.
I1-I6 hold after every step, and every story comes to an end: whatever happened, the rest goes out.
"""

from __future__ import annotations

import select
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from newsletter.delivery import freeze as audience
from newsletter.delivery.control import cancel, pause, resume
from newsletter.delivery.finish import finish_if_done
from newsletter.delivery.freeze import freeze
from newsletter.delivery.ledger import Ledger, Result, claimed, marked
from newsletter.delivery.models import Chunk, ChunkState, Delivery, DeliveryState, Sending
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.rewind import watch
from newsletter.errors import Conflict
from newsletter.issues.models import Issue
from newsletter.readers.models import Reader
from newsletter.readers.unsubscribe import unsubscribe as leave
from tests.delivery.stage import FINAL, _check_totals, make_issue, take_back
from tests.faults.account import Line, dice, write
from tests.faults.drive import let_time_pass

READERS = 6
A_CHUNK = 2  # readers: several deliverers at once have something to hold
ENDINGS = [DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.DEFERRED, DeliveryState.QUEUED]
OVER = {Issue.State.SENT, Issue.State.CANCELLED}


class Deliverers(RuleBasedStateMachine):
    """Up to three deliverers by hand: what each holds, what it marked, what the relay has.

    ``counted`` is the account over all stories that came to their end.
    """

    counted: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[UUID, Ledger] = {}
        self.held: dict[UUID, tuple[int, list[int]]] = {}
        self.on_wire: dict[int, UUID] = {}  # delivery -> who marked it and may hand it over
        self.late: list[tuple[UUID, int, int]] = []  # owner, chunk, delivery: answers that come after the lease
        self.relay: Counter[int] = Counter()
        self.cut = 0
        self.left: set[int] = set()
        _empty_tables()

    @initialize()
    def begin(self) -> None:
        self.issue = make_issue(readers=READERS)

    @rule()
    def freeze_audience(self) -> None:
        freeze(self.issue.pk, now=timezone.now())

    @precondition(lambda self: len(self.owners) < 3)
    @rule()
    def claim_chunk(self) -> None:
        owner = uuid4()
        self.owners[owner] = ledger = Ledger(owner, "t")
        claim = claimed(ledger.claims.ask_and_wait("claim", [ledger._owner]))
        if claim is not None:
            skips = [Result(row.id, DeliveryState.SKIPPED, reason=row.unwanted) for row in claim.rows if row.unwanted]
            ledger.turn_and_wait([claim.chunk], skips)
            self.held[owner] = (claim.chunk, [row.id for row in claim.rows if not row.unwanted])

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def mark_intent(self, data: st.DataObject) -> None:
        owner = data.draw(st.sampled_from(list(self.held)))
        rows = [row for row in self.held[owner][1] if row not in self.on_wire]
        if rows:
            self._mark(owner, data.draw(st.sampled_from(rows)))

    def _mark(self, owner: UUID, row: int) -> bool:
        ledger, chunk = self.owners[owner], self.held[owner][0]
        states = marked(ledger.turns.ask_and_wait("turn", ledger._turn([chunk], [], [row])))
        if states.get(row) != DeliveryState.WIRE:
            return False
        assert self._state() == Issue.State.SENDING  # nothing begins after a pause or a cancellation
        assert Delivery.objects.get(pk=row).reader_id not in self.left  # I5
        assert Chunk.objects.get(pk=chunk).owner == owner
        self.on_wire[row] = owner
        return True

    @precondition(lambda self: self.on_wire)
    @rule(data=st.data(), ending=st.sampled_from(ENDINGS))
    def hear_result(self, data: st.DataObject, ending: DeliveryState) -> None:
        self._hear(data.draw(st.sampled_from(sorted(self.on_wire))), ending)

    def _hear(self, row: int, ending: DeliveryState) -> None:
        owner = self.on_wire.pop(row)
        self.relay[row] += ending == DeliveryState.ACCEPTED
        chunk, rows = self.held[owner]
        wait = 300 if ending == DeliveryState.DEFERRED else 0
        result = Result(row, ending, code=250, burnt=int(ending != DeliveryState.QUEUED), wait=wait, phase="answer")
        self.owners[owner].turn_and_wait([chunk], [result])
        rows.remove(row)

    @precondition(lambda self: self.late)
    @rule(ending=st.sampled_from(ENDINGS))
    def hear_too_late(self, ending: DeliveryState) -> None:
        """An answer comes to a deliverer that was fenced: it changes nothing."""
        owner, chunk, row = self.late.pop()
        before = Delivery.objects.get(pk=row).state
        result = Result(row, ending, code=250, burnt=1, wait=300, phase="answer")
        self.owners[owner].turn_and_wait([chunk], [result])
        assert Delivery.objects.get(pk=row).state == before

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def let_go(self, data: st.DataObject) -> None:
        owner = data.draw(st.sampled_from(list(self.held)))
        if owner not in self.on_wire.values():
            self._let_go(owner)

    def _let_go(self, owner: UUID) -> None:
        chunk, _ = self.held.pop(owner)
        ledger = self._farewell(owner)
        ledger.release(chunk)
        while ledger.claims.busy:
            select.select([ledger.claims.fileno()], [], [], 10)
            ledger.claims.hear()
        ledger.close()

    @precondition(lambda self: self.owners)
    @rule(data=st.data(), handed_over=st.booleans())
    def kill(self, data: st.DataObject, handed_over: bool) -> None:
        """A deliverer dies; what it had marked is at the relay, or is not."""
        owner = data.draw(st.sampled_from(list(self.owners)))
        self._farewell(owner).close()
        self.held.pop(owner, None)
        self._cut(owner, handed_over=handed_over)

    def _farewell(self, owner: UUID) -> Ledger:
        self.late = [one for one in self.late if one[0] != owner]
        return self.owners.pop(owner)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), handed_over=st.booleans())
    def expire_lease(self, data: st.DataObject, handed_over: bool) -> None:
        """A deliverer stands still for longer than its lease; its messages went out before, or do not any more."""
        owner = data.draw(st.sampled_from(list(self.held)))
        Chunk.objects.filter(owner=owner).update(lease_until=timezone.now() - timedelta(seconds=1))
        reconcile(timezone.now())
        chunk, _ = self.held[owner]
        self.late += [(owner, chunk, row) for row, marker in self.on_wire.items() if marker == owner]
        self._cut(owner, handed_over=handed_over)

    def _cut(self, owner: UUID, *, handed_over: bool) -> None:
        for row in [row for row, marker in self.on_wire.items() if marker == owner]:
            del self.on_wire[row]
            self.relay[row] += handed_over
            self.cut += 1

    @rule()
    def set_right(self) -> None:
        reconcile(timezone.now())

    @rule()
    def time_passes(self) -> None:
        let_time_pass()
        reconcile(timezone.now())

    @rule(chance=st.integers(0, 9))
    def the_issue_is_over(self, chance: int) -> None:
        """The clock passes the moment after which nothing of it goes out."""
        if chance == 0:
            Issue.objects.filter(pk=self.issue.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    @rule()
    def hold(self) -> None:
        with suppress(Conflict):
            pause(self.issue.pk, by="ada", now=timezone.now(), reason="a look")

    @rule()
    def go_on(self) -> None:
        with suppress(Conflict):
            resume(self.issue.pk, by="ada", now=timezone.now())

    @rule(chance=st.integers(0, 9))
    def cancel_it(self, chance: int) -> None:
        if chance == 0:
            with suppress(Conflict):
                cancel(self.issue.pk, by="ada", now=timezone.now())

    @rule(number=st.integers(1, READERS))
    def unsubscribe(self, number: int) -> None:
        reader = Reader.objects.get(address=f"r{number}@readers.example")
        leave(reader.pk, self.issue.newsletter_id, by="reader", now=timezone.now())
        self.left.add(reader.pk)

    @rule()
    def finish(self) -> None:
        finish_if_done(self.issue.pk, now=timezone.now())

    @invariant()
    def nobody_has_two_copies(self) -> None:
        assert [row for row, times in self.relay.items() if times > 1] == []  # I2

    @invariant()
    def the_books_agree_with_the_relay(self) -> None:
        rows = dict(Delivery.objects.values_list("pk", "state"))
        has = {row for row, times in self.relay.items() if times}
        doubtful = {row for row, state in rows.items() if state == DeliveryState.IN_DOUBT}
        on_wire = {row for row, state in rows.items() if state == DeliveryState.WIRE}
        accepted = {row for row, state in rows.items() if state == DeliveryState.ACCEPTED}
        assert accepted <= has <= accepted | doubtful | on_wire  # I3
        assert len(doubtful) <= self.cut  # I4
        assert set(self.on_wire) <= on_wire

    @invariant()
    def the_totals_are_the_counts(self) -> None:
        if not hasattr(self, "issue"):
            return
        _check_totals(self.issue)  # I6
        sending = Sending.objects.filter(issue=self.issue, complete=True).first()
        if sending is not None:
            assert Delivery.objects.filter(issue=self.issue).count() == sending.deliveries

    @invariant()
    def what_is_sent_is_final(self) -> None:
        if hasattr(self, "issue") and self._state() == Issue.State.SENT:
            assert set(Delivery.objects.values_list("state", flat=True)) <= FINAL  # I1
            assert not Chunk.objects.filter(state=ChunkState.LEASED).exists()

    def _state(self) -> str:
        return Issue.objects.get(pk=self.issue.pk).state

    def teardown(self) -> None:
        """The end: those who hold something die, and one that nothing happens to sends the rest."""
        if hasattr(self, "issue"):
            self._send_the_rest()
            self.nobody_has_two_copies()
            self.the_books_agree_with_the_relay()
            self.the_totals_are_the_counts()
            assert set(Delivery.objects.values_list("state", flat=True)) <= FINAL  # I1
            self._count()

    def _count(self) -> None:
        rows = dict(Delivery.objects.values_list("pk", "state"))
        frozen = sum(Sending.objects.values_list("deliveries", flat=True))
        self.counted["stories"] += 1
        self.counted["readers"] += frozen
        self.counted["second_copies"] += sum(max(0, times - 1) for times in self.relay.values())
        self.counted["lost"] += (
            frozen
            - len(rows)
            + sum(
                state not in FINAL or (state == DeliveryState.ACCEPTED and not self.relay[row])
                for row, state in rows.items()
            )
        )
        self.counted["in_doubt"] += sum(state == DeliveryState.IN_DOUBT for state in rows.values())
        self.counted["cut"] += self.cut

    def _send_the_rest(self) -> None:
        for owner in list(self.owners):
            self._farewell(owner).close()
            self.held.pop(owner, None)
            self._cut(owner, handed_over=True)
        self.go_on()
        take_back()
        for _ in range(4 * READERS):
            if self._state() in OVER:
                break
            self.freeze_audience()
            self._send_a_chunk()
            self.time_passes()
        assert self._state() in OVER

    def _send_a_chunk(self) -> None:
        self.claim_chunk()
        (owner,) = self.owners
        if owner not in self.held:
            self._farewell(owner).close()
            return
        for row in list(self.held[owner][1]):
            if self._mark(owner, row):
                self._hear(row, DeliveryState.ACCEPTED)
        self._let_go(owner)


def _empty_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public' "
            "AND tablename LIKE 'newsletter\\_%%' AND tablename <> 'newsletter_epoch'"  # the life goes on
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} RESTART IDENTITY CASCADE")
    watch(timezone.now())


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    smaller = audience._PORTION.replace(f"/ {audience.CHUNK} AS part", f"/ {A_CHUNK} AS part")
    assert smaller != audience._PORTION
    monkeypatch.setattr(audience, "_PORTION", smaller)


def _run(examples: int, steps: int) -> None:
    number, _ = dice()
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    told = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=quiet,
        print_blob=True,
    )
    Deliverers.counted.clear()
    run_state_machine_as_test(seed(number)(Deliverers), settings=told)
    counted = Deliverers.counted
    assert counted["stories"] >= examples
    write(
        Line(
            "any order",
            f"a state machine of 14 events, stories of up to {steps}",
            runs=counted["stories"],
            readers=counted["readers"],
            second_copies=counted["second_copies"],
            lost=counted["lost"],
            in_doubt=counted["in_doubt"],
            cut=counted["cut"],
            seed=number,
            remark="I1-I6 after every event; in doubt never more than cut; summed over the stories",
        )
    )


@pytest.mark.short
@pytest.mark.django_db(transaction=True)
def test_any_order_of_events_keeps_the_promise() -> None:
    _run(10, 25)


@pytest.mark.django_db(transaction=True)
def test_many_orders_of_events_keep_the_promise() -> None:
    _run(60, 40)
