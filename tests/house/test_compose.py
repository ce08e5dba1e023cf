"""The compose file is what compose understands, and runs what we say it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OURS = ("web", "worker", "beat", "migrate")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_compose_file_fits_the_compose_schema() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            "docker-compose.yml",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "ok -- validation done")


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_read_only_and_without_privileges(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert (service["read_only"], service["cap_drop"], service["security_opt"]) == (
        True,
        ["ALL"],
        ["no-new-privileges:true"],
    )


@pytest.mark.parametrize("name", ["web", "worker", "beat", "postgres", "redis", "mailbox"])
def test_every_lasting_service_has_a_health_check(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_given_every_setting_of_the_env_file(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["env_file"] == [".env"]


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_given_both_addresses_and_so_start_no_embedded_part(
    compose: dict[str, Any], name: str
) -> None:
    assert {"DATABASE_URL", "REDIS_URL"} <= compose["services"][name]["environment"].keys()


def test_the_image_runs_as_an_ordinary_user() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER newsletter" in lines[lines.index("FROM python:3.13-slim", 1) :]
