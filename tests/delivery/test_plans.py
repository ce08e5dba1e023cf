"""The statements of the hot path go through indexes, however much history there is."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Max
from django.test.utils import CaptureQueriesContext

from newsletter.delivery.ledger import Ledger
from newsletter.letters.models import Letter
from tests.delivery.stage import sending_issue

pytestmark = pytest.mark.django_db(transaction=True)


def _plan(ledger: Ledger, line: str, call: str) -> str:
    answer = getattr(ledger, line)._pg.exec_(f"EXPLAIN EXECUTE {call}".encode())
    return "\n".join((answer.get_value(row, 0) or b"").decode() for row in range(answer.ntuples))


def test_a_claim_finds_a_free_chunk_and_its_rows_by_index() -> None:
    sending_issue(readers=3)
    ledger = Ledger(uuid4(), "t")
    plan = _plan(ledger, "claims", f"claim('{uuid4()}')")
    ledger.close()
    assert "chunk_free" in plan or "chunk_of_issue" in plan
    assert "Seq Scan" not in plan


def test_when_the_relay_last_took_a_letter_is_found_without_reading_all_of_them() -> None:
    accepted = Letter.objects.filter(state=Letter.State.ACCEPTED).aggregate
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        accepted(at=Max("finished_at"))
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("EXPLAIN " + asked.captured_queries[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "letter_accepted" in plan


def test_a_turn_touches_rows_by_their_keys_only() -> None:
    sending_issue(readers=3)
    ledger = Ledger(uuid4(), "t")
    empty = ", ".join(["'{}'"] * 9)
    plan = _plan(ledger, "turns", f"turn('{uuid4()}', '{{}}', {empty}, 'relay', '{{}}', '{{}}', '{{}}')")
    ledger.close()
    assert "Seq Scan" not in plan
    assert "Hash Join" not in plan
    assert "newsletter_delivery_pkey" in plan


def test_a_turn_walks_no_chunk_even_while_the_table_has_no_statistics() -> None:
    sending_issue(readers=3)
    with connection.cursor() as cursor:  # as when a first large audience has just been written
        cursor.execute("delete from pg_statistic where starelid = 'newsletter_delivery'::regclass")
    ledger = Ledger(uuid4(), "t")
    empty = ", ".join(["'{}'"] * 9)
    plan = _plan(ledger, "turns", f"turn('{uuid4()}', '{{}}', {empty}, 'relay', '{{}}', '{{}}', '{{}}')")
    ledger.close()
    assert "newsletter_delivery_chunk" not in plan
