"""What the database holds in the folded form is in the form of today, whenever it was written."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from newsletter.articles.facet_keys import facet_keys_of
from newsletter.articles.models import Article
from newsletter.readers.models import Reader
from newsletter.selectors.select import select
from tests.factories import NOW, make_article, make_newsletter, make_reader

pytestmark = pytest.mark.django_db
BEFORE = ["author=آمال", "author=أمال", "author=zoë", "region=الأردن", "region=iran"]


def test_every_alef_that_was_stored_becomes_one() -> None:
    article, other = make_article(regions=["الأردن", "Iran"], authors=["آمال", "أمال", "Zoë"]), make_article("Other")
    untouched = list(other.facet_keys)
    rest = [key for key in article.facet_keys if not key.startswith(("author=", "region="))]
    Article.objects.filter(pk=article.pk).update(facet_keys=[*rest, *BEFORE])
    reader = make_reader(make_newsletter())
    Reader.objects.filter(pk=reader.pk).update(tags=["أصدقاء", "إعلام", "donor"], center="أردن")
    with connection.cursor() as cursor:
        for operation in import_module("newsletter.migrations.0022_one_alef").Migration.operations:
            cursor.execute(operation.sql)
    for row in (article, other, reader):
        row.refresh_from_db()
    assert set(article.facet_keys) == set(facet_keys_of(article)) - {"author=zoe"} | {"author=zoë"}
    assert article.facet_keys == sorted(article.facet_keys)
    assert (other.facet_keys, reader.tags, reader.center) == (untouched, ["donor", "اصدقاء", "اعلام"], "اردن")


def test_an_article_is_found_whichever_alef_is_asked_for() -> None:
    make_article(regions=["الأردن"], available_at=NOW)
    found = [
        len(select(f"region:{word}", at=NOW, limit=5).articles) for word in ("الأردن", "الاردن", "الإردن", "اللردن")
    ]
    assert found == [1, 1, 1, 0]
