"""A wheel installed into an empty environment is whole: it finds its templates, pages and words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.rendering.specimens import english

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment that holds the wheel, and the dependencies of ours by a path file."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False, symlinks=True)
    packages = next((place / "lib").glob("python*")) / "site-packages"
    with zipfile.ZipFile(wheel) as content:
        content.extractall(packages)
    ours = Path(pytest.__file__).parents[1]
    (packages / "dependencies.pth").write_text(f"{ours}\n")
    return place / "bin" / "python"


def run(program: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NEWSLETTER_HOME": str(home), "PYTHONSAFEPATH": "1"}
    for name in ("PYTHONPATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        environment.pop(name, None)
    command = [str(program), "-m", *words]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_carries_templates_and_words(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    wanted = (
        "templates/digests/classic.mjml.j2",
        "templates/web/base.html",
        "web/static/desk.css",
        "locale/ar/",
        "samples/ar.toml",
    )
    assert [any(part in name for name in names) for part in wanted] == [True] * 5


def test_the_wheel_can_run_doctor(program: Path, tmp_path: Path) -> None:
    done = run(program, tmp_path, "newsletter", "doctor", "--json")
    assert done.stdout.startswith('{"ok": '), done.stderr


def test_the_wheel_can_render_an_issue(program: Path, tmp_path: Path) -> None:
    (tmp_path / "digest.json").write_text(json.dumps(english().as_dict()))
    done = run(program, tmp_path, "newsletter.rendering", "digest.json", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").glob("*.html"))
