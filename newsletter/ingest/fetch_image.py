"""Bring a remote image into the library: once, through the guarded client, and never at the cost of an issue."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Q

from newsletter.errors import NewsletterError, Unavailable
from newsletter.images.add import add
from newsletter.images.apart import MOST_OCTETS
from newsletter.ingest.fetch import Limits, fetch
from newsletter.ingest.models import FetchedImage

log = logging.getLogger(__name__)
State = FetchedImage.State
LEASE = timedelta(minutes=5)
SECONDS = 20.0  # for one image
PAUSE = timedelta(minutes=5)  # after the first failure; doubled with every other
MOST_TRIES = 8
BY = "system"


def fetch_images(addresses: Iterable[str], *, now: datetime, most: int = 20) -> dict[str, FetchedImage]:
    """Fetch those of ``addresses`` that are due, at most ``most``; return what is known of all, by address.

    What cannot be fetched is written down with the reason. Two callers at once fetch every image once.
    """
    wanted = dict.fromkeys(address for address in addresses if is_foreign(address))
    known = known_images(wanted)
    missing = [FetchedImage(address=one, sha256=_hash(one), next_at=now) for one in wanted if one not in known]
    FetchedImage.objects.bulk_create(missing, ignore_conflicts=True)
    due = FetchedImage.objects.filter(sha256__in=map(_hash, wanted), state=State.WAITING, next_at__lte=now)
    for row in due.order_by("next_at", "pk")[:most]:
        if _lease(row, now):
            _fetch(row, now)
    return known_images(wanted)


def known_images(addresses: Iterable[str]) -> dict[str, FetchedImage]:
    """Return what became of fetching these addresses, of those anybody tried."""
    rows = FetchedImage.objects.select_related("image").filter(sha256__in=[_hash(one) for one in addresses if one])
    return {row.address: row for row in rows}


def is_foreign(address: str) -> bool:
    """Return whether an address of an image leads to somebody else's server."""
    return address.startswith(("https://", "http://")) and not address.startswith(f"{settings.SITE_URL}/")


def _lease(row: FetchedImage, now: datetime) -> bool:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    still = FetchedImage.objects.filter(free, pk=row.pk, state=State.WAITING, next_at=row.next_at)
    return bool(still.update(leased_until=now + LEASE))


def _fetch(row: FetchedImage, now: datetime) -> None:
    limits = Limits(octets=MOST_OCTETS, seconds=SECONDS, allowed=settings.PULL_ALLOW)
    try:
        answer = fetch(row.address, headers={"accept": "image/*"}, limits=limits)
        image = add(answer.content, title=_title(answer.url), came_from=row.address[:2000], by=BY, now=now)
    except Unavailable as error:
        _put_off(row, error, now)
    except NewsletterError as error:
        _done(row, state=State.REFUSED, trouble=_words(error))
    except Exception as error:  # one image in trouble must not stop the others
        log.exception("image_broke fetched=%s", row.pk)
        _put_off(row, NewsletterError(type(error).__name__), now)
    else:
        _done(row, state=State.FETCHED, image=image, trouble="")


def _put_off(row: FetchedImage, error: NewsletterError, now: datetime) -> None:
    tries = row.tries + 1
    state = State.REFUSED if tries >= MOST_TRIES else State.WAITING
    _done(row, state=state, tries=tries, trouble=_words(error), next_at=now + PAUSE * 2**row.tries)


def _done(row: FetchedImage, **told: object) -> None:
    FetchedImage.objects.filter(pk=row.pk).update(leased_until=None, **told)
    log.info("image_fetched fetched=%s state=%s", row.pk, told["state"])


def _words(error: NewsletterError) -> str:
    return error.message[:300]


def _title(url: str) -> str:
    """Return the last part of an address as a name."""
    return unquote(urlsplit(url).path.rpartition("/")[2], errors="replace")[:200] or "image"


def _hash(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()
