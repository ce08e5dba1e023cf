"""A bad setting stops the start with its name; production refuses what only a laptop may do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SECRET = "0123456789" * 4
GOOD = {
    "NEWSLETTER_ENV": "production",
    "DATABASE_URL": "postgresql://u@127.0.0.1:1/x",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": SECRET,
    "NEWSLETTER_LINK_KEYS": f"1:{SECRET}",
    "NEWSLETTER_ADDRESS_KEY": SECRET,
    "NEWSLETTER_BASE_URL": "https://news.example.org",
}


def start(tmp_path: Path, **changed: str | None) -> tuple[int, str]:
    """Start a verb with these settings; returns the exit code and what it said in one error."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSLETTER", "DATABASE"))}
    environment |= {**GOOD, "NEWSLETTER_HOME": str(tmp_path / "home")}
    for name, value in changed.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    command = [sys.executable, "-m", "newsletter", "newsletters", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)["error"]["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEWSLETTER_ENV", "prod"),
        ("NEWSLETTER_BASE_URL", "news.example.org"),
        ("NEWSLETTER_SMTP_URL", "smtp://relay.example.org:25?tls=maybe"),
        ("NEWSLETTER_SMTP_CONNECTIONS", "many"),
        ("NEWSLETTER_TRANSPORT", "pigeon"),
        ("NEWSLETTER_ANYMAIL_PROVIDER", "pigeon"),
        ("NEWSLETTER_ANYMAIL_PROVIDER", "../mailgun"),
        ("NEWSLETTER_ANYMAIL_BATCH", "0"),
        ("DATABASE_URL", "postgresql://["),
        ("DATABASE_URL", None),
        ("REDIS_URL", "nonsense"),
        ("NEWSLETTER_WEB_PORT", "99999"),
        ("NEWSLETTER_BASE_URL", "http://a b/"),
        ("NEWSLETTER_BASE_URL", "https://x.example/?q=1"),
        ("NEWSLETTER_SAFE_LIST", "nonsense"),
        ("NEWSLETTER_LOG_LEVEL", "LOUD"),
        ("REDIS_URL", None),
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("NEWSLETTER_LINK_KEYS", None),
        ("NEWSLETTER_LINK_KEYS", "1:short"),
        ("NEWSLETTER_LINK_KEYS", f"1:{SECRET},1:{SECRET}"),
        ("NEWSLETTER_ADDRESS_KEY", None),
        ("NEWSLETTER_ALLOWED_HOSTS", "*"),
    ],
)
def test_a_bad_setting_is_named(tmp_path: Path, name: str, value: str | None) -> None:
    code, message = start(tmp_path, **{name: value})
    assert (code, name in message) == (1, True), message


def test_a_transport_without_its_provider_is_named(tmp_path: Path) -> None:
    assert "NEWSLETTER_ANYMAIL_PROVIDER" in start(tmp_path, NEWSLETTER_TRANSPORT="anymail")[1]


def test_good_settings_get_as_far_as_the_database(tmp_path: Path) -> None:
    assert start(tmp_path)[1].startswith("The database does not answer")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "http://127.0.0.1:8000 8000"),
        ({"NEWSLETTER_WEB_PORT": "9000"}, "http://127.0.0.1:9000 9000"),
        ({"NEWSLETTER_BASE_URL": "http://localhost:9000"}, "http://localhost:9000 9000"),
        ({"NEWSLETTER_BASE_URL": "https://news.example.org:9000"}, "https://news.example.org:9000 8000"),
        ({"NEWSLETTER_BASE_URL": "http://127.0.0.1:9000", "NEWSLETTER_WEB_PORT": "8001"}, "http://127.0.0.1:9000 8001"),
    ],
)
def test_address_and_port_of_the_desk_fit_together(tmp_path: Path, given: dict[str, str], told: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSLETTER", "DATABASE"))}
    environment |= {"NEWSLETTER_HOME": str(tmp_path), "DATABASE_URL": GOOD["DATABASE_URL"], **given}
    code = "from newsletter import settings; print(settings.SITE_URL, settings.WEB_PORT)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == told


def test_every_setting_stands_in_the_reference() -> None:
    root = Path(__file__).parents[2]
    read = (root / "newsletter" / "settings.py").read_text().replace("{_ANYMAIL}", "NEWSLETTER_ANYMAIL_")
    page = (root / "docs" / "reference" / "settings.md").read_text()
    names = set(re.findall(r'"(NEWSLETTER_[A-Z_]+[A-Z])"', read))
    assert (len(names) > 30, sorted(name for name in names if f"`{name}`" not in page)) == (True, [])
