"""What people use today, run against the same sink with the same digest, a template filled for every reader."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import digest
from benchmarks.sink import sink

NODEMAILER = "nodemailer@7.0.10"
LENGTH = 44_000  # octets of our digest once encoded
HERE = Path(__file__).parent
WORK = Path(".newsletter") / "benchmarks"


@dataclass(frozen=True, slots=True)
class Run:
    """What a peer is given: the port, how many messages over how many connections, the digest as a JSON file."""

    port: int
    messages: int
    connections: int
    written: Path


Command = Callable[[Run], list[str] | None]


def measure(name: str, *, messages: int, connections: int, written: Path) -> dict[str, object] | None:
    """Return what one peer does; None, with a word on stderr, where it is not installed."""
    command_of = PEERS[name]
    if command_of(Run(0, 0, 0, written)) is None:
        print(f"{name} is not here: left out", file=sys.stderr)
        return None
    with sink() as seen:
        command = command_of(Run(seen.port, messages, connections, written))
        assert command is not None
        before = _children_cpu()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        used = _children_cpu() - before
    return {
        "what": name,
        "connections": 1 if name in ONE_CONNECTION else connections,
        "messages": seen.messages,
        "per_second": round(seen.per_second, 1),
        "cpu_seconds_per_1000": round(used / messages * 1000, 4),
    }


def write_digest(folder: Path) -> Path:
    """Write what all peers send: a template with a ``{{ place }}`` where readers differ, the stories already in it."""
    places = {name: f"{{{{ {name} }}}}" for name in digest.PLACES}
    written = folder / "digest.json"
    parts = {"subject": digest.subject(), "html": digest.html(places), "text": digest.text(places)}
    written.write_text(json.dumps(parts))
    return written


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _python(module: str) -> Command:
    def command(run: Run) -> list[str]:
        return [sys.executable, "-m", f"benchmarks.peers.{module}", str(run.port), str(run.messages), str(run.written)]

    return command


def _nodemailer(run: Run) -> list[str] | None:
    if shutil.which("node") is None or not _nodemailer_is_here():
        return None
    numbers = [str(number) for number in (run.port, run.messages, run.connections)]
    return ["node", str(HERE / "nodemailer_pool.js"), str(WORK.absolute()), *numbers, str(run.written)]


def _nodemailer_is_here() -> bool:
    """Install the pinned version on first use; the figure is worth no failure."""
    if (WORK / "node_modules" / "nodemailer").is_dir():
        return True
    if shutil.which("npm") is None:
        return False
    WORK.mkdir(parents=True, exist_ok=True)
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-save", NODEMAILER]
    return subprocess.run(install, cwd=WORK, check=False, stdout=subprocess.DEVNULL).returncode == 0


def _smtp_source(run: Run) -> list[str] | None:
    """Postfix's own generator: one fixed message of the same length, nothing personal, nothing recorded."""
    program = shutil.which("smtp-source", path="/usr/sbin:/usr/local/sbin") or shutil.which("smtp-source")
    if program is None:
        return None
    return [
        *(program, "-d", "-s", str(run.connections), "-m", str(run.messages), "-l", str(LENGTH)),
        *("-f", "a@news.example", "-t", "r@readers.example", f"127.0.0.1:{run.port}"),
    ]


PEERS: dict[str, Command] = {
    "smtplib": _python("smtplib_loop"),
    "django mail": _python("django_mail"),
    "nodemailer pool": _nodemailer,
    "smtp-source -d": _smtp_source,
}
ONE_CONNECTION = frozenset({"smtplib", "django mail"})
