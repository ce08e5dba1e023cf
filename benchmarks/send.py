"""How fast issues go out, every guarantee on, and how fast others are: ``python -m benchmarks.send``.

One run on one machine, so that the ratios mean something: the wire path alone, the whole service (PostgreSQL, Valkey,
a ``newsletter worker`` and the sink as processes) over several numbers of connections and over a relay that is slow
to answer, and what people use today. Prints one JSON line a measurement and a summary. A rate runs from the first
DATA to the last recorded result; the full path and ``smtp-source`` take turns, ``--rounds`` times, and the medians
count.
"""

from __future__ import annotations

import argparse
import json
from statistics import median

from django.utils import timezone

from benchmarks import home, wire, worker  # home first: it sets the environment
from benchmarks.digest import make_digest_issue
from benchmarks.machine import machine
from benchmarks.peers import run as peers
from newsletter.delivery.freeze import freeze

Measured = dict[str, object]


def main() -> None:
    """Measure everything and print it."""
    options = _options()
    home.migrate()
    try:
        print(json.dumps(machine()), flush=True)
        _summary(_measure(options))
    finally:
        home.wipe()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--connections", type=int, nargs="*", default=[32, 8])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--far-connections", type=int, default=256, help="to a relay that is slow to answer; 0: none")
    parser.add_argument("--far-milliseconds", type=float, default=50)
    parser.add_argument("--peer-messages", type=int, default=2000, help="0: no peers")
    parser.add_argument("--wire-messages", type=int, default=60_000, help="0: no wire path alone")
    parser.add_argument("--signed", nargs="*", default=[], help="rsa, ed25519: the service again, signing with DKIM")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: to see that it runs")
    options = parser.parse_args()
    if options.quick:
        options.readers, options.rounds, options.peer_messages, options.wire_messages = 5_000, 1, 200, 5_000
    return options


def _measure(options: argparse.Namespace) -> list[Measured]:
    done: list[Measured] = []

    def note(measured: Measured | None) -> None:
        if measured is not None:
            done.append(measured)
            print(json.dumps(measured), flush=True)

    issue = make_digest_issue(worker.newsletter_for(0))
    freeze(issue.pk, now=timezone.now())
    written = peers.write_digest(home.FOLDER)
    for _ in range(options.rounds):
        for connections in options.connections:
            note(worker.measure(readers=options.readers, connections=connections))
            if options.peer_messages:
                many = min(options.readers, 30_000)
                note(peers.measure("smtp-source -d", messages=many, connections=connections, written=written))
            if options.wire_messages:
                note(wire.measure(issue, messages=options.wire_messages, connections=connections))
        if options.peer_messages:
            for name in ("smtplib", "django mail", "nodemailer pool"):
                note(peers.measure(name, messages=options.peer_messages, connections=8, written=written))
        for kind in options.signed:
            note(worker.measure(readers=options.readers, connections=max(options.connections), signed=kind))
        if options.far_connections:
            note(
                worker.measure(
                    readers=options.readers,
                    connections=options.far_connections,
                    late_milliseconds=options.far_milliseconds,
                )
            )
    return done


def _summary(done: list[Measured]) -> None:
    """Medians of all rounds, and what they are of the rate of the service over the most connections."""
    groups: dict[str, list[Measured]] = {}
    for one in done:
        late = f", {one['late_milliseconds']:g} ms late" if one.get("late_milliseconds") else ""
        signed = f", {one['signed']}" if one.get("signed") else ""
        groups.setdefault(f"{one['what']}, {one['connections']} connections{late}{signed}", []).append(one)
    rates = {name: _median(ones, "per_second") for name, ones in groups.items()}
    ours = max(
        (rate for name, rate in rates.items() if name.startswith("newsletter, ") and name.endswith("connections")),
        default=0,
    )
    print(f"\n{'':48}{'messages/s':>12}{'CPU s/1,000':>13}{'newsletter is':>15}")
    for name, ones in groups.items():
        ratio = f"{ours / rates[name]:.2f} x" if rates[name] else ""
        print(f"{name:48}{rates[name]:>12,.0f}{_median(ones, 'cpu_seconds_per_1000'):>13.3f}{ratio:>15}")


def _median(ones: list[Measured], what: str) -> float:
    return median(float(str(one[what])) for one in ones)


if __name__ == "__main__":
    main()
