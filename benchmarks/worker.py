"""The full path: one issue through a real ``newsletter worker``, every guarantee on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection
from django.utils import timezone

from benchmarks import home, meter
from benchmarks.digest import make_digest_issue
from benchmarks.sink import Seen, sink
from newsletter.catalogue.models import Newsletter
from newsletter.delivery.freeze import freeze
from newsletter.delivery.models import Delivery, DeliveryState
from newsletter.issues.models import Issue
from tests.delivery.stage import add_readers
from tests.factories import make_newsletter

LONGEST_START = 60.0


def newsletter_for(readers: int) -> Newsletter:
    """Return the newsletter of a benchmark with exactly so many readers, the first of those made before."""
    newsletter = Newsletter.objects.filter(code=f"n{readers}").first() or make_newsletter(f"n{readers}")
    missing = readers - newsletter.subscriptions.count()
    if missing > 0:
        add_readers(newsletter, missing, prefix=f"n{readers}r")
        with connection.cursor() as cursor:
            cursor.execute("vacuum (analyze) newsletter_reader")
            cursor.execute("vacuum (analyze) newsletter_subscription")
    return newsletter


def measure(*, readers: int, connections: int, late_milliseconds: float = 0.0, signed: str = "") -> dict[str, object]:
    """Freeze and send one issue; the rate runs from the first DATA to the last recorded result.

    CPU seconds are those of the sending alone, the family of the worker, PostgreSQL and Valkey; the sink's are not in
    it. ``pss_megabytes`` is that of the largest process of the worker. ``signed`` names a kind of key
    (rsa, ed25519): every copy gets a DKIM signature.
    """
    newsletter = newsletter_for(readers)
    with sink(late_milliseconds=late_milliseconds) as seen, _worker(seen.port, connections, signed) as worker:
        issue = make_digest_issue(newsletter)  # only now: the worker takes what it finds
        began = time.monotonic()
        while _state(issue) == Issue.State.FREEZING:  # the worker may take a part of it
            freeze(issue.pk, now=timezone.now())
        frozen = time.monotonic() - began
        before = _used(worker)
        with meter.watch(worker) as peak:
            _await(issue)
        used = [after - sooner for after, sooner in zip(_used(worker), before, strict=True)]
    last = Delivery.objects.filter(issue=issue).order_by("-moved_at").values_list("moved_at", flat=True)[0]
    return _report(issue, seen, last, connections) | {
        "late_milliseconds": late_milliseconds,
        "signed": signed,
        "cpu_seconds_per_1000": round(sum(used) / readers * 1000, 4),
        "ours_us_each": round(used[0] / readers * 1e6, 1),
        "postgresql_us_each": round(used[1] / readers * 1e6, 1),
        "valkey_us_each": round(used[2] / readers * 1e6, 1),
        "pss_megabytes": round(peak.megabytes, 1),
        "freeze_seconds": round(frozen, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _report(issue: Issue, seen: Seen, last: datetime | None, connections: int) -> dict[str, object]:
    accepted = Delivery.objects.filter(issue=issue, state=DeliveryState.ACCEPTED).count()
    if accepted != seen.messages or seen.repeated:
        raise SystemExit(f"{accepted} are recorded as accepted, the sink has {seen.messages}, {seen.repeated} twice")
    assert last is not None
    first = seen.first_data or issue.chunks.earliest("first_claimed_at").first_claimed_at.timestamp()
    seconds = last.astimezone(UTC).timestamp() - first
    return {
        "what": "newsletter",
        "connections": connections,
        "messages": accepted,
        "per_second": round(accepted / seconds, 1),
        "seconds": round(seconds, 2),
    }


@contextmanager
def _worker(port: int, connections: int, signed: str) -> Iterator[int]:
    environment = {
        **os.environ,
        "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "NEWSLETTER_SMTP_CONNECTIONS": str(connections),
        "NEWSLETTER_SAFE_LIST": "*",
        "NEWSLETTER_DKIM_KEYS": f"bench@news.example={_key(signed)}" if signed else "",
    }
    command, quiet = [sys.executable, "-m", "newsletter", "worker"], subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as process:
        try:
            _settle(process.pid)
            yield process.pid
        finally:
            process.terminate()


def _key(kind: str) -> Path:
    """Return the file of a key of this kind, made once."""
    secret = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    place = home.FOLDER / f"{kind}.pem"
    if not place.exists():
        place.touch(mode=0o600)
        place.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return place


def _settle(pid: int) -> None:
    """Wait until a worker that starts has nothing more to do."""
    end, used = time.monotonic() + LONGEST_START, 0.0
    while time.monotonic() < end:
        time.sleep(1.5)
        now = meter.cpu_seconds(pid)
        if now > 1 and now - used < 0.05:
            return
        used = now


def _used(worker: int) -> list[float]:
    """CPU seconds of the worker's family, of PostgreSQL's and of Valkey's."""
    return [meter.cpu_seconds(pid) if pid else 0.0 for pid in (worker, meter.postmaster(), meter.broker())]


def _await(issue: Issue) -> None:
    while _state(issue) != Issue.State.SENT:
        time.sleep(0.25)


def _state(issue: Issue) -> str:
    return str(Issue.objects.values_list("state", flat=True).get(pk=issue.pk))
