"""The weight a person gives an article."""

from __future__ import annotations

import pytest

from newsletter.articles.weigh import weigh
from newsletter.errors import Invalid, NotFound
from tests.factories import NOW, make_article

pytestmark = pytest.mark.django_db


def test_a_weight_stays_with_the_article() -> None:
    article = make_article()
    weigh(article.pk, 7, now=NOW)
    article.refresh_from_db()
    assert article.weight == 7


def test_a_weight_beyond_reason_is_refused() -> None:
    with pytest.raises(Invalid, match="no weight"):
        weigh(make_article().pk, 1001, now=NOW)


def test_an_unknown_article_is_said_to_be_unknown() -> None:
    with pytest.raises(NotFound):
        weigh(10**9, 1, now=NOW)
