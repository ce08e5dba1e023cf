"""``newsletter templates``: list, try, keep, show, drop, and the playground."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from newsletter.rendering.render import TEMPLATES
from tests.factories import make_newsletter
from tests.management.command import Run

CLASSIC = (TEMPLATES / "digests" / "classic.mjml.j2").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "ours.mjml.j2"
    made.write_text(CLASSIC, encoding="utf-8")
    return made


@pytest.mark.django_db
class TestTemplates:
    def test_a_good_template_is_tried_kept_shown_listed_and_dropped(self, run: Run, file: Path) -> None:
        code, tried = run("templates", "check", file, "--json")
        assert (code, {row["good"] for row in tried["trials"]}, tried["findings"]) == (0, {True}, [])
        assert run("templates", "keep", file, "--json")[1]["version"] == 1
        assert run("templates", "show", "ours", "--json")[1]["mjml"] == CLASSIC
        make_newsletter(template="ours")
        rows = {row["template"]: row["newsletters"] for row in run("templates", "--json")[1]["templates"]}
        assert (rows["ours"], sorted(rows)) == (["ctw"], ["briefing", "classic", "compact", "ours", "single"])
        assert run("templates", "drop", "ours", "--json")[1]["error"]["code"] == "in_use"

    def test_a_broken_template_is_told_with_its_place_and_not_kept(self, run: Run, file: Path) -> None:
        file.write_text("<mjml>\n{% if %}", encoding="utf-8")
        code, tried = run("templates", "check", file, "--json")
        assert (code, tried["findings"][0]["place"], tried["findings"][0]["in"]) == (1, "ours.mjml.j2, line 2", "en 10")
        code, refused = run("templates", "keep", file, "--json")
        assert (code, refused["error"]["where"]) == (1, "ours.mjml.j2, line 2")

    def test_a_file_that_is_not_there_is_refused(self, run: Run) -> None:
        assert run("templates", "check", "/nowhere/x.mjml.j2", "--json")[0] == 1
        assert run("templates", "serve", "nowhere", "--json")[0] == 1


@pytest.mark.parametrize("given", [signal.SIG_DFL, signal.SIG_IGN], ids=["shell", "background"])
def test_the_playground_starts_shows_a_change_and_ends_at_ctrl_c(file: Path, given: signal.Handlers) -> None:
    words = [sys.executable, "-m", "newsletter", "templates", "serve", str(file), "--port", "0"]

    def begin() -> None:
        signal.signal(signal.SIGINT, given)

    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ}, preexec_fn=begin) as served:
        try:
            assert served.stdout is not None
            address = served.stdout.readline().split()[0]
            assert address.startswith("http://127.0.0.1:")
            file.write_text(CLASSIC.replace("<mj-title>", "<mj-title>Brand new: "), encoding="utf-8")
            with urllib.request.urlopen(f"{address}mail?name=en&articles=3", timeout=60) as answer:
                assert "<title>Brand new: " in answer.read().decode()
            served.send_signal(signal.SIGINT)
            served.communicate(timeout=60)
        finally:
            served.kill()
    assert served.returncode == 0
