"""The built-in mail catcher: an honest witness, and a page that is safe to look at."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from newsletter.embedded import mailbox
from newsletter.embedded.mailbox import Catcher
from newsletter.embedded.mailbox.conversation import LONGEST_MESSAGE, Conversation
from newsletter.embedded.mailbox.pages import Pages
from newsletter.embedded.mailbox.spool import Spool, newest_message
from newsletter.embedded.place import place_of
from newsletter.errors import NotFound, Unavailable


@pytest.fixture(scope="module")
def catcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catcher]:
    home = tmp_path_factory.mktemp("mail home")
    yield mailbox.start(home)
    mailbox.stop(place_of(home))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    mailbox.stop(place_of(tmp_path))


def letter(subject: str = "Hello", html: str = "<p>Hello</p>") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "desk@newsroom.example"
    message.set_content("Hello in plain text.")
    message.add_alternative(html, subtype="html")
    return message


def post(catcher: Catcher, recipient: str, content: bytes | EmailMessage) -> None:
    raw = content if isinstance(content, bytes) else bytes(content)
    with smtplib.SMTP(catcher.smtp_host, catcher.smtp_port) as smtp:
        smtp.sendmail("bounce@newsroom.example", recipient, raw, ["BODY=8BITMIME"])


def talk(catcher: Catcher, *lines: bytes) -> list[bytes]:
    """Send all lines at once and return the first three bytes of every answer, continuations left out."""
    with socket.create_connection((catcher.smtp_host, catcher.smtp_port), timeout=10) as link:
        link.sendall(b"".join(line + b"\r\n" for line in lines))
        link.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: link.recv(65536), b"")).splitlines()
    return [answer[:3] for answer in answers if answer[3:4] == b" "]


def fetch(catcher: Catcher, path: str, **headers: str) -> tuple[str, str]:
    """Return a page of the catcher and the rules it came with."""
    asked = urllib.request.Request(catcher.page + path, headers=headers)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return answer.read().decode(), answer.headers["Content-Security-Policy"]


def test_every_recipient_is_witnessed(catcher: Catcher) -> None:
    before = catcher.count()
    talk(
        catcher,
        *(b"EHLO me", b"MAIL FROM:<a@a.example>", b"RCPT TO:<one@b.example>", b"RCPT TO:<two@b.example>", b"DATA"),
        *(b"Subject: x", b"", b"text", b".", b"QUIT"),
    )
    lines = (catcher.folder / "accepted.log").read_text().splitlines()
    assert (catcher.count() - before, lines[-2:]) == (2, ["one@b.example", "two@b.example"])


def test_pipelined_commands_are_answered_in_their_order(catcher: Catcher) -> None:
    lines = [
        b"EHLO me",
        b"DATA",
        b"RCPT TO:<a@b.example>",
        b"MAIL FROM:<>",
        b"RCPT TO:nobody",
        b"NOOP",
        b"WHAT",
        b"QUIT",
    ]
    assert talk(catcher, *lines) == [b"220", b"250", b"503", b"503", b"250", b"501", b"250", b"502", b"221"]


def test_nothing_is_answered_after_the_farewell(catcher: Catcher) -> None:
    assert talk(catcher, b"QUIT", b"NOOP") == [b"220", b"221"]


def test_a_reset_forgets_the_recipients(catcher: Catcher) -> None:
    lines = [b"HELO me", b"MAIL FROM:<a@a.example>", b"RCPT TO:<b@b.example>", b"RSET", b"DATA", b"QUIT"]
    assert talk(catcher, *lines) == [b"220", b"250", b"250", b"250", b"250", b"503", b"221"]


def test_a_message_announced_too_large_is_refused(catcher: Catcher) -> None:
    assert talk(catcher, b"MAIL FROM:<a@a.example> SIZE=%d" % (LONGEST_MESSAGE + 1), b"QUIT") == [
        b"220",
        b"552",
        b"221",
    ]


def test_an_endless_line_ends_the_conversation(catcher: Catcher) -> None:
    assert talk(catcher, b"x" * 5000 + b"y") in ([b"220", b"502"], [b"220", b"500"])


def test_an_address_with_control_characters_is_refused(catcher: Catcher) -> None:
    assert talk(catcher, b"MAIL FROM:<>", b"RCPT TO:<a\rb@c.example>", b"QUIT") == [b"220", b"250", b"501", b"221"]


def test_a_message_comes_out_as_it_was_sent(catcher: Catcher, tmp_path: Path) -> None:
    content = b".first dot\r\nSubject: dots\r\n\r\n..two\r\n.\r\nline\r\n"
    post(catcher, "dots@b.example", content)
    assert catcher.save_newest(tmp_path / "newest.eml").read_bytes() == content


def test_an_empty_message_is_kept(catcher: Catcher, tmp_path: Path) -> None:
    talk(catcher, b"MAIL FROM:<>", b"RCPT TO:<empty@b.example>", b"DATA", b".", b"QUIT")
    assert catcher.save_newest(tmp_path / "newest.eml").read_bytes() == b""


def test_a_big_message_in_many_pieces_is_kept_whole(catcher: Catcher, tmp_path: Path) -> None:
    content = b"Subject: big\r\n\r\n" + b"0123456789abcdef\r\n" * 120_000
    post(catcher, "big@b.example", content)
    assert catcher.save_newest(tmp_path / "newest.eml").read_bytes() == content


def test_no_mail_is_told_as_not_found(home: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        mailbox.start(home).save_newest(tmp_path / "none.eml")


def test_the_list_finds_mail_by_address(catcher: Catcher) -> None:
    post(catcher, "wanted.one@b.example", letter("Wanted"))
    post(catcher, "other@b.example", letter("Other"))
    page, _ = fetch(catcher, "?q=WANTED.one")
    assert ("Wanted" in page, "Other" in page) == (True, False)


def test_what_came_by_mail_is_escaped_on_our_pages(catcher: Catcher) -> None:
    post(catcher, "escape@b.example", letter("<script>alert(1)</script>", "<p>x</p>"))
    for path in ("", newest(catcher), newest(catcher) + "/text"):
        page, _ = fetch(catcher, path)
        assert "<script" not in page


def test_our_pages_run_and_fetch_nothing_and_stand_in_no_frame(catcher: Catcher) -> None:
    _, rules = fetch(catcher, "")
    assert re.sub("sha256-[^']+", "sha256", rules) == (
        "default-src 'none'; base-uri 'none'; style-src 'sha256'; frame-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def test_the_html_part_is_shown_in_a_sandbox_that_fetches_nothing(catcher: Catcher) -> None:
    html = '<p onclick="x()">Привет</p><script>x()</script><img src="https://tracker.example/x.gif">\n'
    post(catcher, "html@b.example", letter("Sandbox", html))
    page, rules = fetch(catcher, newest(catcher) + "/html")
    assert page == html
    assert rules == (
        "sandbox; default-src 'none'; base-uri 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
        "frame-ancestors 'self'"
    )
    assert '<iframe sandbox="" src=' in fetch(catcher, newest(catcher))[0]


def test_a_message_without_html_shows_its_text(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.add([b"a@b.example"], b"Subject: plain\r\n\r\nonly <text>\r\n.\r\n")
    page = ask(spool, "/1")
    assert ("iframe sandbox" in page, '<pre dir="auto">only &lt;text&gt;' in page) == (False, True)


def test_the_raw_message_is_plain_text(catcher: Catcher) -> None:
    post(catcher, "raw@b.example", b"Subject: raw\r\n\r\n<b>raw</b>\r\n")
    assert fetch(catcher, newest(catcher) + "/raw")[0] == "Subject: raw\r\n\r\n<b>raw</b>\r\n"


@pytest.mark.parametrize("path", ["999999", "0", "x", "1/elsewhere", "9" * 5000, "?page=x"])
def test_there_is_nothing_at_other_places(catcher: Catcher, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetch(catcher, path)
    with caught.value as answer:
        assert answer.code == 404


def test_a_page_asked_for_under_a_foreign_name_is_refused(catcher: Catcher) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetch(catcher, "", Host="rebound.example")
    with caught.value as answer:
        assert answer.code == 403


def test_only_reading_is_allowed(tmp_path: Path) -> None:
    answer = Pages(Spool(tmp_path)).answer("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 405 ")


def test_a_head_request_gets_no_body(tmp_path: Path) -> None:
    answer = Pages(Spool(tmp_path)).answer("HEAD / HTTP/1.1\r\nHost: localhost:80\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n")


def test_the_list_has_pages(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(60):
        spool.add([b"r%d@b.example" % number], b"Subject: s\r\n\r\n\r\n.\r\n")
    first = ask(spool, "/")
    second = ask(spool, "/?page=2")
    assert (first.count("<tr><td>"), second.count("<tr><td>")) == (50, 10)
    assert ("Older" in first, "Newer" in first, "Older" in second, "Newer" in second) == (True, False, False, True)


def test_a_part_in_an_unknown_charset_is_still_shown(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.add([b"a@b.example"], b"Content-Type: text/plain; charset=martian\r\n\r\nhello\r\n.\r\n")
    assert '<pre dir="auto">hello' in ask(spool, "/1/text")


def test_mail_and_counts_survive_a_killed_catcher(home: Path) -> None:
    first = mailbox.start(home)
    post(first, "one@b.example", letter("First"))
    os.kill(first.pid, signal.SIGKILL)
    wait_for_the_end(first.pid)
    second = mailbox.start(home)
    post(second, "two@b.example", letter("Second"))
    page, _ = fetch(second, "")
    assert (second.count(), "First" in page, "Second" in page) == (2, True, True)


def test_two_starts_at_once_make_one_catcher(home: Path) -> None:
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(mailbox.start(home).pid)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(seen), len(set(seen))) == (3, 1)


def test_a_stopped_catcher_leaves_its_mail_and_no_address(home: Path) -> None:
    post(mailbox.start(home), "one@b.example", letter())
    assert mailbox.stop(place_of(home))
    assert mailbox.running(home) is None
    assert not mailbox.stop(place_of(home))
    assert newest_message(home / "mailbox")


def test_a_taken_port_is_told(home: Path, catcher: Catcher) -> None:
    with pytest.raises(Unavailable, match="Address already in use"):
        mailbox.start(home, smtp_port=catcher.smtp_port)


def test_a_torn_record_is_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.add([b"a@b.example"], b"Subject: whole\r\n\r\n.\r\n")
    with (tmp_path / "spool-1").open("ab") as file:
        file.write(b"c@d.example\r\nSubject: torn")
    again = Spool(tmp_path)
    assert [caught.recipients for caught in again.newest()] == ["a@b.example"]
    assert newest_message(tmp_path) == b"Subject: whole\r\n\r\n"


def test_old_bodies_are_forgotten_and_counts_stay_exact(tmp_path: Path) -> None:
    spool = Spool(tmp_path, kept=5, spool_bytes=300)
    for number in range(1, 31):
        spool.add([b"r%d@b.example" % number], b"Subject: %d\r\n\r\n.\r\n" % number)
    again = Spool(tmp_path, kept=5, spool_bytes=300)
    assert (spool.accepted, again.accepted, len(list(tmp_path.glob("spool-*")))) == (30, 30, 2)
    assert [caught.number for caught in again.newest()] == [30, 29, 28, 27, 26]
    assert spool.find(30) == again.find(30)
    assert (spool.find(1), again.find(31)) == (None, None)


def test_a_full_disk_is_answered_as_such_and_not_witnessed(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool._file = os.open("/dev/full", os.O_WRONLY)
    conversation = Conversation(spool)
    conversation._recipients = [b"a@b.example"]
    assert conversation._keep(b"x\r\n.\r\n") == b"452 4.3.1 cannot keep it\r\n"
    assert (tmp_path / "accepted.log").read_bytes() == b""


def test_the_catcher_needs_no_django() -> None:
    """It is started for every demo; Django would cost most of a second."""
    program = "import sys, newsletter.embedded.mailbox; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def newest(catcher: Catcher) -> str:
    found = re.search('<td><a href="/([0-9]+)"', fetch(catcher, "")[0])
    assert found
    return found[1]


def ask(spool: Spool, path: str) -> str:
    return Pages(spool).answer(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8025\r\n\r\n").decode()


def wait_for_the_end(pid: int) -> None:
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        pass
