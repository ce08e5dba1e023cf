"""Messages per second of a whole worker, every guarantee on: ``python -m benchmarks.send --connections 32``.

Runs PostgreSQL, Valkey, one `newsletter worker` and an SMTP sink on this machine, in a home of its own, and sends one
personalised multipart issue. The rate runs from the claim of the first chunk to the release of the last. ``--port``
names another sink on 127.0.0.1; the built-in one is written in Python and ends near 5,000 messages/s.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

_home = tempfile.mkdtemp(prefix="newsletter-bench-")
os.environ |= {"NEWSLETTER_ENV": "test", "NEWSLETTER_HOME": _home, "DJANGO_SETTINGS_MODULE": "newsletter.settings"}

from newsletter import embedded  # noqa: E402

embedded.ensure()

import django  # noqa: E402

django.setup()

import psutil  # noqa: E402
from django.core.management import call_command  # noqa: E402

from newsletter.delivery.status import status  # noqa: E402
from newsletter.delivery.wake import wake_freeze  # noqa: E402
from newsletter.issues.models import Issue  # noqa: E402
from tests.delivery.sink import sink  # noqa: E402
from tests.delivery.stage import make_issue  # noqa: E402


def main() -> None:
    """Run once for every number of connections and print one JSON line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--kilobytes", type=int, default=42)
    parser.add_argument("--port", type=int, help="a sink that runs already")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    try:
        for connections in options.connections:
            print(json.dumps(_run(options, connections)), flush=True)
    finally:
        embedded.wipe()
        shutil.rmtree(_home, ignore_errors=True)


def _run(options: argparse.Namespace, connections: int) -> dict[str, object]:
    newsletter = Issue.objects.first().newsletter if Issue.objects.exists() else None  # type: ignore[union-attr]
    issue = make_issue(newsletter, readers=0 if newsletter else options.readers, kilobytes=options.kilobytes)
    with ExitStack() as stack:
        port = options.port or stack.enter_context(sink(Path(_home))).port
        worker = _worker(port, connections)
        stack.callback(worker.wait)
        stack.callback(worker.terminate)
        time.sleep(5)  # start-up is not what is measured
        before = _cpu(worker.pid)
        wake_freeze(issue.pk)
        while (seen := status(issue.pk))["state"] != Issue.State.SENT:
            time.sleep(0.2)
        used = _cpu(worker.pid) - before
    return {
        "connections": connections,
        "messages": seen["counts"]["accepted"],
        "per_second": seen["rate"],
        "seconds": seen["elapsed_seconds"],
        "worker_cpu_us_each": round(used / options.readers * 1e6, 1),
    }


def _worker(port: int, connections: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "NEWSLETTER_SMTP_CONNECTIONS": str(connections),
        "NEWSLETTER_SAFE_LIST": "*",
    }
    quiet = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "newsletter", "worker"], env=environment, stdout=quiet, stderr=quiet)


def _cpu(pid: int) -> float:
    """CPU seconds of a worker and its children."""
    parent = psutil.Process(pid)
    times = [one.cpu_times() for one in [parent, *parent.children(recursive=True)]]
    return sum(time.user + time.system for time in times)


if __name__ == "__main__":
    main()
