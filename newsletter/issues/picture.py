"""The picture of an article in a digest: chosen by a person, else fetched from where the article names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from newsletter.articles.models import Article
from newsletter.images.files import address
from newsletter.images.models import Image as LibraryImage
from newsletter.images.queries import rendition
from newsletter.ingest.models import FetchedImage
from newsletter.issues.models import Pick
from newsletter.rendering.digest import Image
from newsletter.rendering.finding import Finding


def picture_of(article: Article, fetched: Mapping[str, FetchedImage], *, alt: str = "") -> Image | None:
    """Return the picture readers see; None without one, or when what the article names can be no picture.

    A remote image nobody fetched yet stands at its own address.
    """
    if article.image is not None:
        shown = article.image
        alt = alt or shown.alt or article.image_alt or article.title
        return _ours(shown, alt=alt, credit=shown.credit or article.image_credit)
    if not article.image_url:
        return None
    alt, known = alt or article.image_alt or article.title, fetched.get(article.image_url)
    if known is not None and known.image is not None:
        return _ours(known.image, alt=alt, credit=article.image_credit or known.image.credit)
    if known is not None and known.state == FetchedImage.State.REFUSED:
        return None
    return Image(
        url=article.image_url,
        alt=alt,
        credit=article.image_credit,
        width=article.image_width or 0,
        height=article.image_height or 0,
    )


def troubles(picks: Iterable[Pick], fetched: Mapping[str, FetchedImage]) -> Iterator[Finding]:
    """Return what became of remote images of these picks that could not be fetched; none of it stops an issue."""
    for pick in picks:
        known = fetched.get(pick.article.image_url)
        if known is None or not known.trouble or pick.article.image_id is not None:
            continue
        place = f"image of article {pick.article_id}"
        if known.state == FetchedImage.State.REFUSED:
            fix = f"It is left out: {known.trouble} Choose an image of the library, or correct it in the CMS."
        else:
            fix = f"It is shown from its own server: {known.trouble} It is tried again; or choose one of the library."
        yield Finding("fetched_image", "W", place, fix)


def _ours(image: LibraryImage, *, alt: str, credit: str) -> Image:
    wide, thumb = rendition(image, "wide"), rendition(image, "thumb")
    return Image(
        url=address(wide["name"]),
        alt=alt,
        credit=credit,
        width=wide["width"],
        height=wide["height"],
        thumb=address(thumb["name"]),
    )
