"""How long a freeze takes, and the planning of variants before it: ``python -m benchmarks.freeze --readers 100000``.

First an issue without variants; then one with three groups whose stories stood in four other newsletters' issues,
which every reader got in some mixture. All on PostgreSQL of this machine, in a home of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from datetime import timedelta

_home = tempfile.mkdtemp(prefix="newsletter-bench-")
os.environ |= {"NEWSLETTER_ENV": "test", "NEWSLETTER_HOME": _home, "DJANGO_SETTINGS_MODULE": "newsletter.settings"}

from newsletter import embedded  # noqa: E402

embedded.ensure()

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from newsletter.catalogue.models import Newsletter  # noqa: E402
from newsletter.delivery.control import send  # noqa: E402
from newsletter.delivery.freeze import freeze  # noqa: E402
from newsletter.delivery.models import Sending  # noqa: E402
from newsletter.issues.approve import approve  # noqa: E402
from newsletter.issues.draft import draft  # noqa: E402
from newsletter.issues.edit import reword  # noqa: E402
from newsletter.issues.models import Issue  # noqa: E402
from newsletter.issues.render import renderings_of  # noqa: E402
from newsletter.issues.show_to import show_to  # noqa: E402
from tests.delivery.stage import add_readers  # noqa: E402
from tests.factories import make_article, make_newsletter  # noqa: E402

OTHERS = 4  # newsletters that had some of the stories


def main() -> None:
    """Print one JSON line a freeze."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="few readers: to see that it runs")
    options = parser.parse_args()
    options.readers = 2_000 if options.quick else options.readers
    call_command("migrate", verbosity=0)
    try:
        print(json.dumps(_plain(options.readers)), flush=True)
        print(json.dumps(_varied()), flush=True)
    finally:
        embedded.wipe()
        shutil.rmtree(_home, ignore_errors=True)


def _plain(readers: int) -> dict[str, object]:
    newsletter = make_newsletter("plain")
    add_readers(newsletter, readers)
    _mark_readers()
    _story("plain")
    return {"issue": "without variants", **_frozen(_approved(newsletter))}


def _varied() -> dict[str, object]:
    """Send four issues to mixtures of the readers, then freeze one that shares a story with each."""
    for number in range(OTHERS):
        other = make_newsletter(f"other{number}")
        _subscribe(other, f"r.id %% {2 + number} = 0")
        _story(other.code, "varied")
        _frozen(_approved(other))
    newsletter = make_newsletter("varied", repeats=Newsletter.Repeats.REPLACE)
    _subscribe(newsletter, "true")
    own = _story("varied")
    issue = draft(newsletter, at=timezone.now() - timedelta(minutes=1), now=timezone.now(), by="bench")
    reword(issue.pk, "note", "For some.", by="bench", now=timezone.now())
    show_to(issue.pk, "plan:paid", by="bench", now=timezone.now())
    show_to(issue.pk, "language:fr", article_id=own, by="bench", now=timezone.now())
    begun = time.perf_counter()
    issue.refresh_from_db()
    variants = renderings_of(issue, now=timezone.now())
    first = time.perf_counter() - begun
    begun = time.perf_counter()
    renderings_of(issue, now=timezone.now())
    again = time.perf_counter() - begun
    told = _frozen(approve(issue.pk, by="bench", now=timezone.now()))
    planned = {"planned_and_rendered": round(first, 2), "planned_again": round(again, 2)}
    return {"issue": f"{len(variants)} variants, {OTHERS} other newsletters", **planned, **told}


def _frozen(issue: Issue) -> dict[str, object]:
    send(issue.pk, by="bench", now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    begun = time.perf_counter()
    while not freeze(issue.pk, now=timezone.now()).complete:
        pass
    seconds = time.perf_counter() - begun
    sending = Sending.objects.get(issue=issue)
    return {
        "readers": sending.deliveries,
        "seconds": round(seconds, 2),
        "readers_a_second": round(sending.deliveries / seconds),
        "variants": sending.variants,
        "repeated": sending.repeated,
    }


def _approved(newsletter: Newsletter) -> Issue:
    issue = draft(newsletter, at=timezone.now() - timedelta(minutes=1), now=timezone.now(), by="bench")
    return approve(issue.pk, by="bench", now=timezone.now())


def _story(*newsletters: str) -> int:
    ago = timezone.now() - timedelta(hours=2)
    return make_article(newsletters=list(newsletters), available_at=ago, published_on=ago.date()).pk


def _mark_readers() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_reader SET plan = CASE WHEN id % 3 = 0 THEN 'paid' ELSE 'plain' END, "
            "language = CASE WHEN id % 5 = 0 THEN 'fr' ELSE 'en' END"
        )
        cursor.execute("ANALYZE")


def _subscribe(newsletter: Newsletter, condition: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO newsletter_subscription (reader_id, newsletter_id, state, since) "
            f"SELECT r.id, %s, 'active', now() FROM newsletter_reader r WHERE {condition}",
            [newsletter.pk],
        )
        cursor.execute("ANALYZE newsletter_subscription")  # as autovacuum does


if __name__ == "__main__":
    main()
