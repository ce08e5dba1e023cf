"""Where the embedded parts of one home lie, and as whom they run."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from newsletter.errors import Unavailable

LONGEST_SOCKET_PATH = 100  # bytes; sun_path holds 108
SYSTEM_ROOT = Path("/var/lib/newsletter")  # as root: the servers' user must reach its data
SERVER_USER = "nobody"


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one home. ``owner`` is the account that runs the servers when we are root, else None."""

    home: Path
    data: Path
    run: Path
    owner: pwd.struct_passwd | None

    def make(self) -> None:
        """Create the folders, private to the account that runs the servers; nothing else is touched."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.owner:
            SYSTEM_ROOT.mkdir(parents=True, exist_ok=True, mode=0o755)
        for folder in (self.data, self.run):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                if self.owner:
                    os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
            _refuse_strangers(folder, self.owner)

    def command(self, arguments: Sequence[str | Path], *, environment: dict[str, str] | None = None) -> str:
        """Run a server's tool to its end as the servers' account; raises ``Unavailable`` with its last words."""
        log = self.data / "commands.log"
        with log.open("ab+") as output:
            start = output.seek(0, os.SEEK_END)
            done = subprocess.run(
                [str(part) for part in arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", **(environment or {})},
                start_new_session=True,
                check=False,
                user=self.owner.pw_uid if self.owner else None,
                group=self.owner.pw_gid if self.owner else None,
                extra_groups=[] if self.owner else None,
            )
            output.seek(start)
            words = output.read().decode(errors="replace").strip()
        if done.returncode:
            raise Unavailable(
                f"{Path(str(arguments[0])).name} failed: {words[-500:]}",
                where=str(log),
                fix="Read the log; `newsletter down` and a new start often help.",
            )
        return words


def place_of(home: Path) -> Place:
    """Return the place of ``home``. As root, data and sockets lie below /var/lib/newsletter."""
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    if os.geteuid() == 0:
        base = SYSTEM_ROOT / digest
        return Place(home, base, base.with_name(f"{digest}.run"), pwd.getpwnam(SERVER_USER))
    run = home / "run"
    if len(os.fsencode(run / ".s.PGSQL.5432")) > LONGEST_SOCKET_PATH:
        run = Path("/tmp") / f"newsletter-{os.geteuid()}-{digest}"  # noqa: S108  private: 0700 and its owner checked
    return Place(home, home / "parts", run, None)


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
    if place.owner is None or _can_run(place, program):
        return program
    base = folders[0].parent
    mark = hashlib.sha256(f"{program}{program.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = SYSTEM_ROOT / f"programs-{mark}"
    if not copy.exists():
        fresh = SYSTEM_ROOT / f"programs-{mark}.{os.getpid()}"
        for folder in folders:
            shutil.copytree(folder, fresh / folder.relative_to(base), symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        fresh.rename(copy)
    return copy / program.relative_to(base)


def _can_run(place: Place, program: Path) -> bool:
    assert place.owner is not None
    try:
        done = subprocess.run(
            [str(program), "--version"],
            user=place.owner.pw_uid,
            group=place.owner.pw_gid,
            extra_groups=[],
            capture_output=True,
            cwd="/",
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0


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


def program_of(pid: int) -> str:
    """Return the file name of the program a process runs, or "" when there is no such process."""
    try:
        return Path(f"/proc/{pid}/exe").readlink().name.removesuffix(" (deleted)")
    except OSError:
        return ""


PLATFORM = f"{sys.platform}-{os.uname().machine}"
