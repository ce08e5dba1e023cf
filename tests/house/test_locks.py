"""The locks: what is installed is what was looked at, from wherever it is fetched."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def wanted(name: str) -> list[str]:
    """The requirements of an input file, comments and includes left out."""
    lines = (ROOT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


def locked(name: str) -> dict[str, str]:
    """Every package of a lock with its version and hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    return {re.split("==", entry)[0]: entry for entry in entries}


def normal(requirement: str) -> str:
    return re.split(r"[\[<>=~;! ]", requirement)[0].lower().replace("_", "-")


def test_the_lock_is_made_of_what_the_project_names() -> None:
    assert wanted("requirements.in") == PROJECT["dependencies"]
    assert wanted("requirements-embedded.in") == PROJECT["optional-dependencies"]["embedded"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_version_and_hashes(lock: str) -> None:
    assert [
        name for name, entry in locked(lock).items() if not re.match(r"\S+==\S+.*--hash=sha256:", entry, re.S)
    ] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_address(lock: str) -> None:
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", (ROOT / lock).read_text()) == []


@pytest.mark.parametrize(
    ("lock", "inputs"),
    [
        ("requirements.txt", ["requirements.in"]),
        ("requirements-dev.txt", ["requirements.in", "requirements-embedded.in", "requirements-dev.in"]),
    ],
)
def test_everything_asked_for_is_locked(lock: str, inputs: list[str]) -> None:
    asked = {normal(requirement) for name in inputs for requirement in wanted(name)}
    assert asked - {normal(name) for name in locked(lock)} == set()


def test_both_locks_agree_on_every_version() -> None:
    service, everything = locked("requirements.txt"), locked("requirements-dev.txt")
    versions = {name: entry.split()[0] for name, entry in service.items()}
    assert {name: everything[name].split()[0] for name in versions} == versions


def test_every_extra_that_a_package_asks_for_is_locked_with_it() -> None:
    """pip (as Debian ships it) looks for ``x[extra]`` beside a locked ``x``, and takes the newest, without a hash."""
    entries = locked("requirements-dev.txt")
    extras = {normal(name): set(re.findall(r"[\w-]+", name.partition("[")[2])) for name in entries}
    asked = [
        (requirement.name.lower(), extra)
        for package in distributions()
        if package.metadata["Name"].lower().replace("_", "-") in extras
        for requirement in map(Requirement, package.requires or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        for extra in requirement.extras
    ]
    assert asked
    assert [(name, extra) for name, extra in asked if extra not in extras.get(name, set())] == []
