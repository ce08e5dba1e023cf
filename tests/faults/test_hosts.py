"""Two worker hosts, one database, one broker: one host is cut off in the middle of a send and comes back.

The hosts are network namespaces with homes of their own, and process groups behind proxies where namespaces cannot be
made; all they are given beside the secrets is the two addresses and the relay. The cut is a cable pulled: no process is
told, no connection is closed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from newsletter.delivery.ledger import LEASE_SECONDS
from tests.delivery.stage import make_issue, states
from tests.faults.account import account
from tests.faults.drive import is_sent
from tests.faults.groups import groups
from tests.faults.net import Net, Station, missing, net
from tests.faults.reachable import Reachable, reachable
from tests.faults.witness import shares, sink_at
from tests.workers.crew import Worker, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
_NONE = pytest.mark.skipif(bool(missing()), reason=missing() or "nothing")
RIGS = [pytest.param(net, id="namespaces", marks=_NONE), pytest.param(groups, id="groups")]
READERS, CONNECTIONS = 20_000, 8
RATE = 100  # messages a second the relay takes: the send outlasts the cut
AWAY_SECONDS = LEASE_SECONDS + 30


@contextmanager
def _worker(host: Station, parts: Reachable, relay: tuple[str, int], folder: Path) -> Iterator[Worker]:
    home = folder / host.name
    home.mkdir()
    database_url, redis_url = parts.urls(host)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    ours |= {
        "NEWSLETTER_ENV": "test",
        "NEWSLETTER_HOME": str(home),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": settings.SECRET_KEY,
        "NEWSLETTER_LINK_KEYS": " ".join(f"{number}:{secret}" for number, secret in settings.LINK_KEYS.items()),
        "NEWSLETTER_ADDRESS_KEY": settings.ADDRESS_KEY,
        "NEWSLETTER_SMTP_URL": "smtp://{}:{}".format(*host.through(*relay)),
        "NEWSLETTER_SMTP_CONNECTIONS": str(CONNECTIONS),
        "NEWSLETTER_SAFE_LIST": "*",
    }
    with (folder / f"{host.name}.log").open("ab") as log:
        command = host.command(sys.executable, "-m", "newsletter", "worker")
        process = subprocess.Popen(command, env=ours, stdout=log, stderr=log, start_new_session=True)
    worker = Worker(process)
    try:
        yield worker
    finally:
        worker.kill()


@pytest.mark.parametrize("rig", RIGS)
def test_a_host_that_was_cut_off_past_its_lease_is_fenced_and_joins_again(
    rig: Callable[[int], AbstractContextManager[Net]], tmp_path: Path
) -> None:
    issue = make_issue(readers=READERS, kilobytes=4)
    with rig(2) as bridge, reachable(tmp_path, bridge) as parts:
        stays, goes = bridge.hosts
        with (
            sink_at(bridge.address, tmp_path, rate=RATE) as relay,
            _worker(stays, parts, (bridge.address, relay.port), tmp_path),
            _worker(goes, parts, (bridge.address, relay.port), tmp_path),
        ):
            both = [stays.address, goes.address]
            wait_until(lambda: all(shares(tmp_path)[one] >= 500 for one in both), seconds=180)
            goes.cut()
            at_the_cut = shares(tmp_path)[goes.address]
            time.sleep(AWAY_SECONDS)
            assert shares(tmp_path)[goes.address] <= at_the_cut + CONNECTIONS  # what was on the wire
            back_at, meanwhile = time.monotonic(), shares(tmp_path)
            goes.mend()
            wait_until(
                lambda: shares(tmp_path)[goes.address] > meanwhile[goes.address] + 2 * CONNECTIONS or is_sent(issue),
                seconds=120,
            )
            joined = time.monotonic() - back_at
            wait_until(lambda: is_sent(issue), seconds=300)
            time.sleep(3)  # whatever would still come against the rules
            share = shares(tmp_path)
            account(
                "hosts",
                f"one of two hosts cut off for {AWAY_SECONDS:.0f} s ({rig.__name__})",
                issue,
                relay,
                cut=CONNECTIONS,
                recovered=joined,
                remark=f"recovered: until it sends again; {share[stays.address]} and {share[goes.address]} sent",
            )
        print(f"states {states(issue)}; shares {share[stays.address]} and {share[goes.address]},")
        print(f"at the cut {at_the_cut}, during it {meanwhile[stays.address]}; joined again after {joined:.1f} s")
    assert share[goes.address] > meanwhile[goes.address] + 2 * CONNECTIONS
