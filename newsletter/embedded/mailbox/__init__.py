"""The built-in mail catcher: takes any mail by SMTP on 127.0.0.1, lets nothing out, shows it safely on a page.

It runs as a process of its own (``python -m newsletter.embedded.mailbox``) until ``stop``. For every recipient it
writes one line to ``accepted.log`` before it answers 250, so that tests have an honest witness of what was accepted.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from newsletter.embedded.mailbox.spool import newest_message
from newsletter.embedded.place import Place, end, is_process
from newsletter.errors import NotFound, Unavailable

HOST = "127.0.0.1"
MODULE = "newsletter.embedded.mailbox"
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Catcher:
    """A running mail catcher: where it takes mail, where it shows it (a web address), where it keeps it."""

    folder: Path
    pid: int
    smtp_host: str
    smtp_port: int
    page: str

    def count(self) -> int:
        """Return how many recipients were accepted since the folder was new."""
        with (self.folder / "accepted.log").open("rb") as lines:
            return sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b""))

    def save_newest(self, file: Path) -> Path:
        """Write the newest message as .eml and return its path; raises ``NotFound`` when there is none."""
        content = newest_message(self.folder)
        if content is None:
            raise NotFound("No message was caught yet.", where=str(self.folder))
        file.write_bytes(content)
        return file


def start(home: Path, *, smtp_port: int = 0, http_port: int = 0) -> Catcher:
    """Have the mail catcher of ``home`` running and return it; port 0 means any free one.

    May be called by several processes at once. Raises ``Unavailable`` when it does not start.
    """
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return running(home) or _launch(home, smtp_port, http_port)


def running(home: Path) -> Catcher | None:
    """Return the mail catcher of ``home`` when it runs."""
    folder = _folder(home)
    try:
        seen = json.loads((folder / "address.json").read_text())
    except (OSError, ValueError):
        return None
    if not is_process(seen["pid"], *_words(folder)):
        return None
    return Catcher(folder, seen["pid"], HOST, seen["smtp"], f"http://{HOST}:{seen['http']}/")


def is_running(place: Place) -> bool:
    """Return whether the mail catcher of this place runs."""
    return running(place.home) is not None


def stop(place: Place) -> bool:
    """Stop the mail catcher of this place; returns whether one was running."""
    known = running(place.home)
    if known is None:
        return False
    end(known.pid, *_words(known.folder), seconds=STOP_SECONDS)
    return True


def _folder(home: Path) -> Path:
    return home.absolute() / "mailbox"


def _words(folder: Path) -> tuple[str, str]:
    return f"{MODULE}\0", f"--folder\0{folder}\0"


def _launch(home: Path, smtp_port: int, http_port: int) -> Catcher:
    folder = _folder(home)
    done = subprocess.run(
        [
            *(sys.executable, "-m", MODULE, "--folder", str(folder)),
            *("--smtp-port", str(smtp_port), "--http-port", str(http_port), "--detach"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )
    known = running(home)
    if known is None:
        words = done.stderr.decode(errors="replace").strip()[-500:]
        raise Unavailable(f"The mail catcher did not start: {words}", where=str(folder), fix="See the message.")
    return known
