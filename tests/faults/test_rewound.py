"""A dump put back, a replica promoted: sending is held until a person confirms (F17, F18)."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from newsletter.delivery.deliver import deliver
from newsletter.delivery.reconcile import reconcile
from newsletter.delivery.rewind import Waiting, confirm, standing, watch
from tests.delivery.sink import Sink, sink
from tests.delivery.stage import sending_issue, to
from tests.faults.account import account
from tests.faults.drive import drive
from tests.faults.parts import Parts, own_parts
from tests.workers.crew import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.short]
READERS, SOME = 3000, 100


def test_an_old_dump_holds_sending_and_a_confirmation_in_doubt_sends_no_second_copy(tmp_path: Path) -> None:
    with own_parts(tmp_path / "own") as parts, sink(tmp_path) as relay:
        issue = sending_issue(readers=READERS)
        watch(timezone.now())
        dump = subprocess.run([parts.program("pg_dump"), "-Fc", parts.database_url], capture_output=True, check=True)
        sent = _deliver_some(relay)
        connection.close()
        restore = [parts.program("pg_restore"), "--clean", "-d", parts.database_url]
        subprocess.run(restore, input=dump.stdout, check=True)
        reconcile(timezone.now())
        assert standing().held
        assert deliver(place="t", transport=to(relay.port), seconds=1) == {}
        assert len(relay.accepted()) == sent
        confirm(Waiting.DOUBT, by="ada", now=timezone.now())
        drive(issue, lambda: to(relay.port))
        account("F18", "an old dump restored", issue, relay, cut=READERS, remark="what waited is in doubt by decision")


def test_a_promoted_replica_that_lags_holds_sending(tmp_path: Path) -> None:
    with own_parts(tmp_path / "own") as parts, sink(tmp_path) as relay:
        issue = sending_issue(readers=READERS)
        watch(timezone.now())
        copy = parts.place.data / "replica"
        _back_up(parts, copy)
        sent = _deliver_some(relay)
        parts.kill_database()
        connection.close()
        time.sleep(0.2)
        parts.cluster.rename(parts.cluster.with_name("lost"))
        copy.rename(parts.cluster)
        parts.start_database()
        wait_until(lambda: parts.ask("SELECT pg_is_in_recovery()") == [(False,)], seconds=30)
        reconcile(timezone.now())
        assert standing().held
        assert deliver(place="t", transport=to(relay.port), seconds=1) == {}
        assert len(relay.accepted()) == sent
        confirm(Waiting.DOUBT, by="ada", now=timezone.now())
        drive(issue, lambda: to(relay.port))
        account(
            "F17", "a late replica promoted", issue, relay, cut=READERS, remark="what waited is in doubt by decision"
        )


def test_after_a_plain_restart_sending_goes_on_by_itself(tmp_path: Path) -> None:
    with own_parts(tmp_path / "own") as parts, sink(tmp_path) as relay:
        issue = sending_issue(readers=300)
        watch(timezone.now())
        parts.kill_database()
        connection.close()
        parts.start_database()
        drive(issue, lambda: to(relay.port))
        account("F18", "a plain restart goes on by itself", issue, relay)


def _deliver_some(relay: Sink) -> int:
    """Deliver until the relay has some and not all; returns how many."""
    deliver(place="t", transport=to(relay.port), seconds=60, stopping=lambda: len(relay.accepted()) >= SOME)
    sent = len(relay.accepted())
    assert SOME <= sent < READERS
    return sent


def _back_up(parts: Parts, copy: Path) -> None:
    """A base backup by hand that becomes a server with a history of its own when it is started."""
    with psycopg.connect(parts.database_url, autocommit=True) as own:
        own.execute("select pg_backup_start('lag', true)")
        subprocess.run(["cp", "-a", parts.cluster, copy], check=True)
        label = own.execute("select labelfile from pg_backup_stop(false)").fetchone()
        own.execute("select pg_switch_wal()")
        subprocess.run(["cp", "-a", f"{parts.cluster}/pg_wal/.", f"{copy}/pg_wal"], check=True)
    assert label is not None
    (copy / "postmaster.pid").unlink()
    for name, text in {
        "backup_label": label[0],
        "recovery.signal": "",
        "postgresql.auto.conf": "restore_command = 'false'\n",
    }.items():
        parts.place.write(copy / name, text)
