"""Articles over HTTP: pushed, listed, looked at, explained."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from newsletter.api.once import once
from newsletter.api.push import push
from newsletter.api.scope import Scope, token_behind
from newsletter.api.shapes.articles import ArticlePage, ArticleShape, Explained, PushAnswer
from newsletter.api.shapes.trouble import Limit, TroubleAnswer
from newsletter.api.trouble import TROUBLE, newsletter_named
from newsletter.articles.models import Article
from newsletter.articles.queries import newest
from newsletter.errors import Invalid, NotFound
from newsletter.issues.describe import describe_article
from newsletter.issues.explain import explain
from newsletter.selectors.select import select

router = Router(tags=["articles"])
PUSH_EXAMPLE = {
    "articles": [
        {
            "key": "cms-4711",
            "title": "Rivers Without Treaties",
            "teaser": "Of the 310 rivers that cross a border, fewer than half are covered by any agreement.",
            "body": "<p>The first paragraph.</p>",
            "url": "https://example.org/2026/11/rivers-without-treaties",
            "published": "2026-11-20",
            "authors": ["Amal Haddad", "Sunil Rao"],
            "type": "paper",
            "englishNewsletterAll": "ctw",
            "centerAffiliationAll": "dc",
            "regions": ["Middle East"],
            "topics": ["Climate"],
        }
    ]
}
PUSH_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": (
            "An object with `articles`, a list of articles, or one article: at most 500. An article has the keys of a "
            "page export (authors, type, centers, englishNewsletterAll, programAffiliation, regions, ...) and the "
            "texts title, teaser, body, url, urls, published, modified, language, image_url, image_alt, image_credit, "
            "originally_published_in; or `page` with the text of a page export. `key` is its name in the CMS. `minor` "
            "says that a version is a small correction, `withdrawn` takes the article back, `embargo_until` holds it."
        ),
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        {"type": "object", "additionalProperties": True},
                        {"type": "array", "items": {"type": "object", "additionalProperties": True}, "maxItems": 500},
                    ]
                },
                "example": PUSH_EXAMPLE,
            }
        },
    },
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "maxLength": 200},
            "description": "The same key with the same body within a day gets the same answer and does nothing more.",
        }
    ],
}


@router.post(
    "/articles",
    url_name="articles",
    auth=Scope("articles:write"),
    response={200: PushAnswer, 413: TroubleAnswer, **TROUBLE},
    exclude_none=True,
    openapi_extra=PUSH_BODY,
    summary="Push articles",
)
def push_articles(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """Store articles. Every one ends as new, updated, unchanged or quarantined; one hurts no other."""
    now, token = timezone.now(), token_behind(request)
    objects = _objects(request.body)
    answer, again = once(
        token,
        request.headers.get("Idempotency-Key", "").strip(),
        request.body,
        lambda: push(objects, source=token.source, by=f"token {token.name}", now=now),
        now=now,
    )
    if again:
        response.headers["Idempotent-Replayed"] = "true"
    return answer


@router.get(
    "/articles",
    auth=Scope("articles:read"),
    response={200: ArticlePage, **TROUBLE},
    summary="List articles, or choose them by a selector",
)
def articles(request: HttpRequest, selector: str = "", limit: Limit = 50, after: str = "") -> dict[str, Any]:
    """Return articles, the newest first; ``after`` is the ``next`` of the page before."""
    if selector:
        found = select(selector, at=timezone.now(), limit=limit, after=after)
        words = [warning.words for warning in found.warnings]
        return {"articles": [describe_article(one) for one in found.articles], "next": found.next, "warnings": words}
    if after and not after.isdecimal():
        raise Invalid(f"{after!r} is no cursor.", where="after", fix="Give the `next` of the last page.")
    rows = list(newest(after=after)[: limit + 1])
    more = len(rows) > limit
    return {
        "articles": [describe_article(one) for one in rows[:limit]],
        "next": str(rows[limit - 1].pk) if more else None,
    }


@router.get(
    "/articles/{int:article_id}",
    url_name="article",
    auth=Scope("articles:read"),
    response={200: ArticleShape, **TROUBLE},
    summary="Look at one article",
)
def article(request: HttpRequest, article_id: int) -> dict[str, Any]:
    """Return one article with its addresses, facets, overrides and warnings."""
    found = Article.objects.filter(pk=article_id).first() if article_id < 2**63 else None
    if found is None:
        raise NotFound(f"There is no article {article_id}.", where="article", fix="List the articles.")
    return describe_article(found)


@router.get(
    "/explain/{code}/{int:article_id}",
    url_name="explain",
    auth=Scope("articles:read"),
    response={200: Explained, **TROUBLE},
    summary="Why an article is in or out of the next issue",
)
def explain_article(request: HttpRequest, code: str, article_id: int) -> dict[str, Any]:
    """Hold an article against every clause of every section of the next issue of a newsletter."""
    if article_id >= 2**63:
        raise NotFound(f"There is no article {article_id}.", where="article", fix="List the articles.")
    return explain(newsletter_named(code), article_id, now=timezone.now())


def _objects(body: bytes) -> list[Any]:
    try:
        told = json.loads(body or b"null")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Invalid(f"The body is not JSON: {error.msg}.", where=where, fix="Send a JSON object.") from None
    except (ValueError, RecursionError):  # other octets than UTF-8, a number of thousands of digits, too deep
        raise Invalid("The body is not JSON in UTF-8.", where="body", fix="Send a JSON object.") from None
    if isinstance(told, dict):
        told = told["articles"] if isinstance(told.get("articles"), list) else [told]
    if not isinstance(told, list) or not told:
        raise Invalid("The body holds no article.", where="body", fix='Send {"articles": [...]}.')
    return told
