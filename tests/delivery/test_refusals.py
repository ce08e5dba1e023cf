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
        runs.accept(issue)
    for row in (1, 2):
        runs.refuse(4, row, NOT_YOU)
    accepted, told = runs.tell()
    assert ([*accepted], [run.issue for run in told]) == ([], [2, 4, 5, 7])


def test_acceptances_alone_are_told_in_order() -> None:
    runs = Runs()
    for issue in (7, 2, 5):
        runs.accept(issue)
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
        runs.refuse(1, row, NOT_YOU)
    runs.tell()
    runs.forget(1)
    assert not runs.refuse(1, 9, NOT_YOU)


def test_what_no_turn_has_recorded_is_told_after_a_pause() -> None:
    runs = Runs()
    for row in range(3):
        runs.refuse(1, row, NOT_YOU)
    runs.tell()
    for row in (3, 4):
        runs.refuse(1, row, NOT_YOU)
    runs.forget(1)
    _, told = runs.tell()
    assert [(run.number, run.ids) for run in told] == [(2, [3, 4])]
