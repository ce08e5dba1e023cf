"""The library of images over HTTP."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from newsletter.api.scope import Scope, token_behind
from newsletter.api.shapes.images import ArticleImage, Deleted, ImageIn, ImageList, ImageShape
from newsletter.api.shapes.trouble import Limit, TroubleAnswer
from newsletter.api.trouble import TROUBLE
from newsletter.articles.illustrate import illustrate
from newsletter.errors import Invalid, NotFound
from newsletter.images.add import add
from newsletter.images.caption import caption
from newsletter.images.crop import crop
from newsletter.images.queries import BIGGEST_ID, describe_image, found, newest
from newsletter.issues.delete_image import delete_image

router = Router(tags=["images"])
READ, WRITE = Scope("images:read"), Scope("images:write")
ONE = "/images/{int:image_id}"
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself: JPEG, PNG, GIF or WebP, at most 5 MB and 40 million pixels.",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/images", url_name="images", auth=READ, response={200: ImageList, **TROUBLE}, summary="List images")
def images(request: HttpRequest, words: str = "", limit: Limit = 50, after: str = "") -> dict[str, Any]:
    """Return images, the newest first, of which title, alt or credit holds ``words``."""
    if after and not after.isdecimal():
        raise Invalid(f"{after!r} is no cursor.", where="after", fix="Give the `next` of the last page.")
    rows = list(newest(words=words, after=after)[: limit + 1])
    more = len(rows) > limit
    return {"images": [describe_image(one) for one in rows[:limit]], "next": str(rows[limit - 1].pk) if more else None}


@router.post(
    "/images",
    url_name="images",
    auth=WRITE,
    response={200: ImageShape, 413: TroubleAnswer, **TROUBLE},
    openapi_extra=FILE_BODY,
    summary="Take an image in",
)
def add_image(request: HttpRequest, title: str = "", alt: str = "", credit: str = "") -> dict[str, Any]:
    """Take a file into the library; the same file again is the image that is there."""
    known = {"title": title, "alt": alt, "credit": credit, "by": _by(request)}
    return describe_image(add(request.body, **known, now=timezone.now()))


@router.get(ONE, url_name="image", auth=READ, response={200: ImageShape, **TROUBLE}, summary="Look at one image")
def image(request: HttpRequest, image_id: int) -> dict[str, Any]:
    """Return an image with the public addresses of its files."""
    return describe_image(found(image_id))


@router.patch(
    ONE,
    url_name="image",
    auth=WRITE,
    response={200: ImageShape, **TROUBLE},
    summary="Describe an image, or cut it anew",
)
def change_image(request: HttpRequest, image_id: int, given: ImageIn) -> dict[str, Any]:
    """Set what is given. Files that stand in mail already stay."""
    now = timezone.now()
    one = caption(image_id, title=given.title, alt=given.alt, credit=given.credit, now=now)
    if given.crop is not None or given.focus is not None:
        box = one.crop if given.crop is None else given.crop
        focus = one.focus if given.focus is None else given.focus
        one = crop(image_id, box=box, focus=focus, now=now)
    return describe_image(one)


@router.delete(
    ONE, url_name="image", auth=WRITE, response={200: Deleted, **TROUBLE}, summary="Delete an image nobody shows"
)
def remove_image(request: HttpRequest, image_id: int) -> dict[str, Any]:
    """Delete an image and its files; refused (409) when an issue, an article or a brand shows it."""
    delete_image(image_id)
    return {"image": image_id, "deleted": True}


@router.put(
    "/articles/{int:article_id}/image",
    url_name="article-image",
    auth=WRITE,
    response={200: ArticleImage, **TROUBLE},
    summary="Show an image of the library with an article",
)
def article_image(request: HttpRequest, article_id: int, image_id: int | None = None) -> dict[str, Any]:
    """Choose the image of an article; without ``image_id`` the imported one is shown again."""
    if article_id > BIGGEST_ID:
        raise NotFound(f"There is no article {article_id}.", where="article", fix="List the articles.")
    shown = illustrate(article_id, image_id, by=_by(request), now=timezone.now())
    return {"article": article_id, "image": shown.image_id}


def _by(request: HttpRequest) -> str:
    return f"token {token_behind(request).name}"
