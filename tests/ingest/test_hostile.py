"""Hostile text goes in and does nothing: in every field of every form, the push, a digest, and the desk's pages.

``STRINGS=FILE`` (a JSON list) and ``FEEDS=DIR`` name larger sets than our own: ``make hostile``.
"""

# ruff: noqa: E501 - hostile text is read better in one piece
from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletter.articles.models import Article
from newsletter.catalogue.models import Newsletter
from newsletter.ingest.models import QuarantinedRecord, Source
from newsletter.ingest.source import IncomingArticle
from newsletter.ingest.sources import SOURCES
from newsletter.ingest.store import IngestReport, store
from newsletter.issues.draft import draft
from newsletter.issues.render import rendering_of
from newsletter.web.policy import EDITOR, give_role
from tests.api.doorbell import Program
from tests.factories import make_newsletter
from tests.ingest import hostile

pytestmark = pytest.mark.django_db
BATCH = 12  # strings in one issue
LIMIT_SECONDS = float(os.environ.get("HOSTILE_SECONDS", "inf"))  # of CPU for one text or feed; `make hostile`: 1
SHOWN = 20  # pages of articles with one hostile field each, and of refused records, that are opened for a batch
OWN_FEEDS = {
    "bomb": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss><channel><item><title>&b;</title>',
    "file": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/hostname">]><rss><channel><item><title>&f;',
    "name of a file": b"/etc/hostname",
    "address": b"http://127.0.0.1:1/",
    "open entities": b"<!ENTITY a %" * 20_000,
    "open doctypes": b'<?xml version="1.0"?>' + b"\n<!DOCTYPE " * 20_000,
    "blank lines": b"\n" * 100_000 + b"<rss><channel><item><title>a</title></item></channel></rss>",
    "nested": b"<rss><channel><item><title>a</title><description>" + b"<b>" * 5_000,
    "nested items": b"<rss><channel>" + b"<item>" * 500,
    "wide": b"<rss><channel>" + b"<item><title>a</title></item>" * 2_001,
    "naked markup": b"<rss><channel><item><title><script>alert(1)</script>x</title><description><img src=x onerror=1>",
    "utf-16": '<?xml version="1.0"?><rss><channel><item><title>é</title></item></channel></rss>'.encode("utf-16"),
    "torn": b"\xff\xfe<rss",
    "openings": b"<rss><channel>" + b"<" * 50_000,
}


def strings() -> list[str]:
    file = os.environ.get("STRINGS", "")
    return json.loads(Path(file).read_text(encoding="utf-8")) if file else list(hostile.STRINGS)


def feeds() -> dict[str, bytes]:
    folder = os.environ.get("FEEDS", "")
    found = sorted(path for path in Path(folder).rglob("*") if path.is_file()) if folder else []
    return OWN_FEEDS | {str(path): path.read_bytes() for path in found}


def test_no_text_in_any_field_of_any_form_ends_in_an_exception_or_takes_long(capsys: Any) -> None:
    told: Counter[str] = Counter()
    longest, slow = 0.0, []
    for text in strings():
        for form, field, content in hostile.payloads(text):
            begun = time.process_time()
            found = list(SOURCES[form].read(content, key="k", url="https://m.example/"))
            took = time.process_time() - begun
            longest = max(longest, took)
            slow += [(form, field, text[:40], took)] if took > LIMIT_SECONDS else []
            assert found, (form, field, text)
            told[form] += 1
    with capsys.disabled():
        print(f"\n{len(strings())} strings: {dict(told)}, the longest {longest * 1000:.0f} ms")
    assert slow == []


def test_no_feed_ends_in_an_exception_or_takes_long(capsys: Any) -> None:
    told: Counter[str] = Counter()
    times, slow = [], []
    for name, content in feeds().items():
        begun = time.process_time()
        found = SOURCES["feed"].read(content, key="k", url="https://m.example/feed.xml")
        times.append(time.process_time() - begun)
        slow += [(name, times[-1])] if times[-1] > LIMIT_SECONDS else []
        assert found, name
        told.update("article" if isinstance(one, IncomingArticle) else one.reason for one in found)
    with capsys.disabled():
        print(f"\n{len(times)} feeds: {dict(told)}, the longest {max(times) * 1000:.0f} ms")
    assert slow == []


@pytest.mark.django_db(transaction=True)  # thousands of pushes in one transaction would hold a lock each
def test_nothing_hostile_is_live_in_a_digest_or_a_page_of_the_desk(capsys: Any) -> None:
    own, wholes = strings(), feeds()
    pages: Counter[str] = Counter()
    client = _editor()
    _stock()
    for start in range(0, len(own), BATCH):
        _take_in(own[start : start + BATCH])
        _look(client, pages)
    for start in range(0, len(names := list(wholes)), 100):
        for name in names[start : start + 100]:
            _store("feed", wholes[name], key=name, url="https://m.example/feed.xml")
        _look(client, pages)
    with capsys.disabled():
        print(f"\n{len(own)} strings and {len(wholes)} feeds shown in {dict(pages)}: nothing live")
    assert pages["issue-html"] > 0


def _stock() -> None:
    now = timezone.now()
    for form in (*SOURCES, "push"):
        mapping = {"defaults": {"newsletter": ["ctw"]}}
        Source.objects.create(code=form, form=form, mapping=mapping, created_at=now, updated_at=now)
    make_newsletter(sections=[{"selector": "newsletter:any", "limit": 200}])


def _take_in(texts: Sequence[str]) -> None:
    program = Program("articles:write", source="push")
    for at, text in enumerate(texts):
        for form, field, content in hostile.payloads(text):
            if "*" in field or field.split()[-1] in ("link", "url"):
                _store(form, content, key=f"{form} {field} {at}", url="https://m.example/2026/11/rivers")
        link = f"https://m.example/2026/11/{at}"
        told = [
            one if field in ("url", "*", "key") else {**one, "url": f"{link}-{field}", "key": f"{at} {field}"}
            for field, one in hostile.pushes(text)
        ]
        begun = time.perf_counter()
        status, answer = program.ask("POST", "/articles", told)
        each = (time.perf_counter() - begun) / len(told)
        assert (status, each <= LIMIT_SECONDS) == (200, True), (text, each, answer)


def _store(form: str, content: bytes, *, key: str, url: str) -> None:
    found = list(SOURCES[form].read(content, key=key, url=url))
    store(found, source=form, form=form, now=timezone.now(), report=IngestReport())


def _look(client: Client, pages: Counter[str]) -> None:
    """Open everything there is, and clear the table."""
    everything = Article.objects.exclude(title__in=("Rivers", "a"))
    for article in [*everything, *Article.objects.filter(title="Rivers").order_by("-pk")[:SHOWN]]:
        _open(client, pages, "article", article.pk, query="?newsletter=ctw")
    for record in QuarantinedRecord.objects.order_by("-pk")[:SHOWN]:
        _open(client, pages, "record", record.pk)
    for name in ("quarantine", "doctor", "articles", "sources", "coverage"):
        _open(client, pages, name)
    if Article.objects.exclude(url="").filter(withdrawn_at=None).exists():
        issue = draft(Newsletter.objects.get(), now=timezone.now(), by="ada")
        rendering_of(issue, now=timezone.now())
        for name in ("issue", "issue-html"):
            _open(client, pages, name, issue.pk)
        issue.delete()
    QuarantinedRecord.objects.all().delete()
    Article.objects.all().delete()


def _open(client: Client, pages: Counter[str], name: str, *args: object, query: str = "") -> None:
    answer = client.get(reverse(f"desk:{name}", args=args) + query)
    assert answer.status_code == 200, (name, args, answer.status_code)
    text = answer.content.decode()
    assert hostile.live(text, own_scripts=name != "issue-html") == [], (name, args)
    pages[name] += 1


def _editor() -> Client:
    user = User.objects.create_user("edna")
    give_role(user, EDITOR)
    client = Client()
    client.force_login(user)
    return client
