"""The playground shows what is in the files now, to this machine only, and never runs what it shows."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.rendering.confined import OwnTemplate
from newsletter.rendering.playground import Playground, serve
from newsletter.rendering.render import TEMPLATES
from newsletter.rendering.words import LANGUAGES
from tests.rendering.sample import digest, item

CLASSIC = (TEMPLATES / "digests" / "classic.mjml.j2").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "mine.mjml.j2"
    made.write_text(CLASSIC, encoding="utf-8")
    return made


@pytest.fixture
def port(file: Path) -> Iterator[int]:
    real = digest(item(1, headline="<script>alert(1)</script>"))
    playground = Playground(
        lambda: OwnTemplate("mine", file.read_text(encoding="utf-8")), files=(file,), issues={"issue 7": real}
    )
    server = serve(playground, title="mine", port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Host": f"{host}:{port}"})
    answer = connection.getresponse()
    told = answer.status, answer.headers["Content-Security-Policy"], answer.read().decode()
    connection.close()
    return told


def test_a_change_of_the_template_is_told_and_shown(port: int, file: Path) -> None:
    stamp = re.search(r'data-stamp="([^"]+)"', get(port, "/?only=en&articles=3")[2])
    assert stamp
    assert "Brand new" not in get(port, "/mail?name=en&articles=3")[2]
    told: list[str] = []
    waiting = threading.Thread(target=lambda: told.append(get(port, f"/events?since={stamp[1]}")[2]))
    waiting.start()
    file.write_text(CLASSIC.replace("<mj-title>", "<mj-title>Brand new: "), encoding="utf-8")
    waiting.join(timeout=60)
    assert told == ["event: changed\ndata: now\n\n"]
    assert "<title>Brand new: " in get(port, "/mail?name=en&articles=3")[2]


def test_every_language_stands_at_both_widths_with_its_findings(port: int) -> None:
    html = get(port, "/?articles=3")[2]
    for language in LANGUAGES:
        for width in (700, 375):
            assert f'class="w{width}" sandbox loading="lazy" title="{width} pixels, light"' in html
            assert f"/mail?name={language}&amp;articles=3&amp;scheme=light" in html


def test_a_broken_template_is_told_with_file_and_line(port: int, file: Path) -> None:
    file.write_text("<mjml>\n{% if %}", encoding="utf-8")
    status, _, html = get(port, "/?only=en")
    assert (status, "mine.mjml.j2, line 2" in html, "<iframe" in html) == (200, True, False)


def test_a_file_that_went_away_is_told(port: int, file: Path) -> None:
    file.unlink()
    assert "cannot be read" in get(port, "/?only=en")[2]


def test_a_real_issue_is_shown_and_its_words_are_text(port: int) -> None:
    page, mail = get(port, "/?only=issue+7")[2], get(port, "/mail?name=issue+7")[2]
    assert "<script>alert" not in page + mail
    assert "&lt;script&gt;alert(1)" in mail


def test_dark_is_dark_whatever_the_browser_wants(port: int) -> None:
    dark, light = (get(port, f"/mail?name=en&articles=3&scheme={scheme}")[2] for scheme in ("dark", "light"))
    assert ("@media all" in dark, "@media not all" in light, "prefers-color-scheme" in dark + light) == (
        True,
        True,
        False,
    )


def test_pictures_of_made_up_issues_are_drawn_here(port: int) -> None:
    assert 'src="/picture/0.svg"' in get(port, "/mail?name=en&articles=3")[2]
    assert get(port, "/picture/0.svg")[2].startswith("<svg")


def test_the_text_part_is_text(port: int) -> None:
    assert get(port, "/text?name=zh&articles=3")[2].startswith("子午线中国中心")


def test_no_page_may_load_anything_from_elsewhere_or_run_what_it_shows(port: int) -> None:
    assert get(port, "/?only=en")[1].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    rules = get(port, "/mail?name=en&articles=3")[1]
    assert rules.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src http://127.0.0.1:")
    assert "script" not in rules


@pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example"])
def test_a_foreign_name_that_leads_here_is_refused(port: int, host: str) -> None:
    assert get(port, "/", host=host)[0] == 403


@pytest.mark.parametrize("path", ["/mail?name=nobody", "/mail", "/etc/passwd", "/picture/x.svg", "/?articles=x"])
def test_what_is_not_there_is_not_found(port: int, path: str) -> None:
    assert get(port, path)[0] == 404


def test_it_listens_on_this_machine_only(port: int) -> None:
    server = serve(Playground(lambda: "classic"), title="x", port=0)
    assert server.server_address[0] == "127.0.0.1"
    server.server_close()
