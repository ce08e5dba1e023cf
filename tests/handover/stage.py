"""Offices with their settings, and a finished issue: fixtures for those who hand over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsletter.articles.illustrate import illustrate
from newsletter.images.add import add
from newsletter.issues.approve import approve
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.models import Issue
from tests.factories import NOW, make_article, make_newsletter
from tests.handover.offices import (
    LISTMONK_TOKEN,
    LISTMONK_USER,
    MAILCHIMP_KEY,
    ListmonkOffice,
    MailchimpOffice,
    Office,
    office,
)
from tests.images.drawings import picture

HOSTILE = "Rivers {{ .Subscriber.Email }} *|EMAIL|* {{{ `x` }} & <b>"


@pytest.fixture
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA = tmp_path / "media"


@pytest.fixture
def finished(media: None) -> Issue:
    article = make_article(HOSTILE, teaser=HOSTILE)
    image = add(picture(1200, 800), title="a.jpg", alt="Ships", by="ada", now=NOW)
    illustrate(article.pk, image.pk, by="ada", now=NOW)
    drafted = draft(make_newsletter(), now=NOW, by="ada")
    reword(drafted.pk, "note", "Dear [[name|friend]], read on.", by="ada", now=NOW)
    return approve(drafted.pk, by="ada", now=NOW)


@pytest.fixture
def mailchimp(settings: Any) -> Iterator[MailchimpOffice]:
    with office(MailchimpOffice) as own:
        settings.MAILCHIMP_KEY, settings.MAILCHIMP_URL = MAILCHIMP_KEY, own.url + "/3.0"
        settings.HANDOVER_LISTS = {"mailchimp": {"*": "abc123"}, "listmonk": {"ctw": "3+5"}}
        yield own


@pytest.fixture
def listmonk(settings: Any) -> Iterator[ListmonkOffice]:
    with office(ListmonkOffice) as own:
        settings.LISTMONK_URL, settings.LISTMONK_USER = own.url, LISTMONK_USER
        settings.LISTMONK_TOKEN, settings.LISTMONK_TEMPLATE = LISTMONK_TOKEN, 9
        settings.HANDOVER_LISTS = {"mailchimp": {"*": "abc123"}, "listmonk": {"ctw": "3+5"}}
        yield own


@pytest.fixture
def offices(mailchimp: MailchimpOffice, listmonk: ListmonkOffice) -> dict[str, Office]:
    return {"mailchimp": mailchimp, "listmonk": listmonk}
