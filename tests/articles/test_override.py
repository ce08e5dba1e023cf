"""A person corrects an article."""

from __future__ import annotations

import pytest

from newsletter.articles.override import override, restore
from newsletter.errors import Invalid, NotFound
from tests.factories import NOW, make_article

pytestmark = pytest.mark.django_db


def test_an_override_is_in_force_and_keeps_the_imported_value_beside_it() -> None:
    article = make_article(regions=["Iran"])
    changed = override(article.pk, "regions", ["Georgia"], by="ed", now=NOW)
    changed.refresh_from_db()
    assert changed.regions == ["Georgia"]
    assert changed.overrides["regions"] == {
        "value": ["Georgia"], "imported": ["Iran"], "by": "ed", "at": NOW.isoformat()
    }  # fmt: skip
    assert "region=georgia" in changed.facet_keys
    assert "region=iran" not in changed.facet_keys


def test_restoring_brings_the_imported_value_back() -> None:
    article = make_article(regions=["Iran"])
    override(article.pk, "regions", ["Georgia"], by="ed", now=NOW)
    override(article.pk, "regions", ["Turkey"], by="ed", now=NOW)
    changed = restore(article.pk, "regions", now=NOW)
    assert (changed.regions, changed.overrides) == (["Iran"], {})
    assert restore(article.pk, "regions", now=NOW).regions == ["Iran"]


@pytest.mark.parametrize(
    ("field", "value"), [("identity", "x"), ("regions", "Iran"), ("title", ["x"]), ("topics", [1])]
)
def test_another_field_or_kind_is_refused(field: str, value: object) -> None:
    article = make_article()
    with pytest.raises(Invalid):
        override(article.pk, field, value, by="ed", now=NOW)


def test_an_article_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        override(0, "title", "x", by="ed", now=NOW)
