"""Refusals in a row: what one deliverer has seen, and what it tells the others."""

from __future__ import annotations

from contextlib import closing
from uuid import uuid4

import pytest

from newsletter.delivery.ledger import Ledger, Refusals, counted
from newsletter.delivery.models import RefusalRun
from newsletter.delivery.refusals import Runs
from newsletter.delivery.transport import Reply

NOT_YOU = Reply(550, "5.7.1", "5.7.1 not from you")


def test_a_turn_tells_the_issues_in_order_whether_accepted_or_refused() -> None:
    runs = Runs()
    for issue in (7, 2, 5):
        runs.accept(issue, runs.offer())
    for row in (1, 2):
        runs.refuse(4, row, NOT_YOU, connections=4)
    accepted, told = runs.tell()
    assert ([*accepted], [run.issue for run in told]) == ([], [2, 4, 5, 7])


def test_acceptances_alone_are_told_in_order() -> None:
    runs = Runs()
    for issue in (7, 2, 5):
        runs.accept(issue, runs.offer())
    assert runs.tell() == ([2, 5, 7], [])


@pytest.mark.django_db(transaction=True)
def test_an_acceptance_that_is_told_with_refusals_ends_the_run_of_its_issue() -> None:
    RefusalRun.objects.create(issue_id=1, reply="550 5.7.1", refusals=9)
    with closing(Ledger(uuid4(), "t")) as ledger:
        ledger.turn([], [], [], (), [Refusals(1, "", 0, (), fresh=True), Refusals(2, "550 5.7.1", 2, [1, 2])])
        answer = None
        while answer is None:
            answer = ledger.turns.hear()
    assert counted(answer) == {1: 0, 2: 2}


def test_what_was_refused_before_a_pause_does_not_count_after_it() -> None:
    runs = Runs()
    for row in range(9):
        runs.refuse(1, row, NOT_YOU, connections=4)
    runs.tell()
    runs.forget(1)
    assert not runs.refuse(1, 9, NOT_YOU, connections=4)


def test_what_no_turn_has_recorded_is_told_after_a_pause() -> None:
    runs = Runs()
    for row in range(3):
        runs.refuse(1, row, NOT_YOU, connections=4)
    runs.tell()
    for row in (3, 4):
        runs.refuse(1, row, NOT_YOU, connections=4)
    runs.forget(1)
    _, told = runs.tell()
    assert [(run.number, run.ids) for run in told] == [(2, [3, 4])]


def test_what_was_offered_before_the_first_refusal_does_not_hide_that_a_relay_refuses_all() -> None:
    runs = Runs()
    under_way = [runs.offer() for _ in range(4)]
    enough = []
    for row in range(20):
        enough.append(runs.refuse(1, row, NOT_YOU, connections=4))
        if row % 3 == 2 and under_way:
            runs.accept(1, under_way.pop())
    assert enough.index(True) == 13


def test_an_acceptance_of_what_was_offered_since_begins_the_count_anew() -> None:
    runs = Runs()
    for row in range(40):
        assert not runs.refuse(1, row, NOT_YOU, connections=4)
        if row % 3 == 2:
            runs.accept(1, runs.offer())
