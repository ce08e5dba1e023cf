"""The ``newsletter`` command: Django's commands under our name, on parts of our own where none are given."""

from __future__ import annotations

import difflib
import fcntl
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, execute_from_command_line, get_commands

from newsletter import embedded
from newsletter.errors import NewsletterError

BUILT_IN = frozenset({"help", "--help", "-h", "--version", "version"})
PARTLESS = BUILT_IN | {"down", "makemigrations", "compilemessages"}


def main() -> None:
    """Run the verb of the command line; see ``newsletter help``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
    verb = sys.argv[1] if len(sys.argv) > 1 else "help"
    try:
        if verb == "demo":
            _fresh_demo_home()
        if verb not in PARTLESS:
            _provide_parts(verb)
        _ = settings.SECRET_KEY  # reads the settings: a bad one ends here, by its name
        _check_verb()
    except ImproperlyConfigured as error:
        _refuse(NewsletterError(str(error), code="setting", where="environment", fix="See docs/reference/settings.md."))
    except NewsletterError as error:
        _refuse(error)
    except OSError as error:
        reason = f"{embedded.home()} cannot be used: {error.strerror}."
        _refuse(NewsletterError(reason, code="home", where="NEWSLETTER_HOME", fix="Name a folder you may write to."))
    execute_from_command_line(["newsletter", *sys.argv[1:]])


def _check_verb() -> None:
    """Refuse a verb there is none of, as wrong usage."""
    django.setup()
    verb = sys.argv[1] if len(sys.argv) > 1 else "help"
    if (spelled := verb.replace("-", "_")) in get_commands():  # back-test is a file back_test.py
        sys.argv[1:2] = [verb := spelled]
    if verb not in get_commands() and verb not in BUILT_IN:
        near = difflib.get_close_matches(verb, get_commands(), 1)
        fix = f"Did you mean {near[0]}?" if near else "See newsletter help."
        _refuse(NewsletterError(f"There is no verb {verb!r}.", code="usage", where="newsletter", fix=fix), code=2)


def _refuse(error: NewsletterError, *, code: int = 1) -> NoReturn:
    """End with the error, as JSON when JSON was asked for."""
    if "--json" in sys.argv or "--jsonl" in sys.argv:
        sys.stdout.write(json.dumps({"error": error.as_dict()}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"{error.message}\n{error.fix}\n")
    raise SystemExit(code)


def _fresh_demo_home() -> None:
    """The demo works on embedded parts in a home of its own, wiped at its start."""
    for address in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(address, None)
    home = Path(os.environ.get("NEWSLETTER_HOME", ".newsletter")).absolute() / "demo"
    os.environ["NEWSLETTER_HOME"] = str(home)
    embedded.wipe()


def _provide_parts(verb: str) -> None:
    """Start what a laptop lacks; tables of an embedded database follow the code by themselves."""
    ours = not os.environ.get("DATABASE_URL")
    embedded.ensure()
    if ours and verb != "migrate":
        _migrate_once()


def _migrate_once() -> None:
    """Migrate the embedded database when the list of migrations is not the one it was last migrated to."""
    known = "\n".join(sorted(place.name for place in (Path(__file__).parent / "migrations").glob("[0-9]*.py")))
    mark = embedded.home() / "migrated"
    if mark.exists() and mark.read_text() == known:
        return
    with (embedded.home() / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two that start at once one migrates, the other finds it done
        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
        mark.write_text(known)
