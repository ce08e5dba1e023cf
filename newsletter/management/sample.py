"""The sample newsroom: an invented think-tank with newsletters, articles, images and readers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from newsletter.articles.models import Article
from newsletter.catalogue.load import load as load_definition
from newsletter.catalogue.models import Brand, Newsletter
from newsletter.errors import NotFound
from newsletter.ingest.store import IngestReport, ingest_paths
from newsletter.ingest.url_map import read_url_map
from newsletter.readers.group import check_group
from newsletter.readers.load import LoadReport
from newsletter.readers.load import load as load_readers
from newsletter.rendering.proofread import OVERRIDABLE
from newsletter.selectors.check import check_section


@dataclass(frozen=True, slots=True)
class Newsroom:
    """What was loaded."""

    newsletters: int
    articles: IngestReport
    readers: LoadReport


def load_newsroom(*, by: str, now: datetime, readers_of: tuple[str, ...] = ()) -> Newsroom:
    """Load ``examples/newsroom``; ``readers_of`` names the newsletters its readers get (none: all)."""
    place = newsroom_folder()
    for file in [
        *sorted(place.glob("brands/*.toml")),
        place / "authors.toml",
        *sorted(place.glob("newsletters/*.toml")),
    ]:
        text = file.read_text(encoding="utf-8")
        load_definition(text, where=file.name, check=check_section, check_group=check_group, rules=OVERRIDABLE)
    articles = ingest_paths([place / "pages"], url_map=read_url_map(place / "urls.tsv"), now=now)
    newsletters = Newsletter.objects.filter(code__in=readers_of) if readers_of else Newsletter.objects.all()
    for newsletter in newsletters:
        with (place / "readers.csv").open("rb") as rows:
            report = load_readers(rows, newsletter=newsletter, by=by, now=now)
    return Newsroom(Newsletter.objects.count(), articles, report)


def show_pictures() -> int:
    """Give sample articles their pictures, at addresses our own web serves; returns how many got one."""
    shown = 0
    for line in (newsroom_folder() / "images.tsv").read_text(encoding="utf-8").splitlines():
        page, image, alt = line.split("\t")
        shown += Article.objects.filter(records__key=page, image_url="").update(
            image_url=f"{settings.SITE_URL}/static/sample/{image}",
            image_alt=alt,
            image_credit="Meridian Institute",
            image_width=1200,
            image_height=675,
        )
    return shown


def show_logos() -> int:
    """Give sample brands their logos, at addresses our own web serves; returns how many got one."""
    shown = 0
    for brand in Brand.objects.all():
        file = newsroom_folder() / "images" / f"logo-{brand.code}.png"
        if file.is_file() and not brand.design.get("logo"):
            places = {"logo": f"logo-{brand.code}", "logo_dark": f"logo-{brand.code}-dark"}
            at = {key: f"{settings.SITE_URL}/static/sample/{name}.png" for key, name in places.items()}
            brand.design = {**brand.design, **at, "logo_width": _width(file) // 2}
            brand.save(update_fields=["design"])
            shown += 1
    return shown


def _width(file: Path) -> int:
    """Return the width of a PNG in pixels (ISO/IEC 15948, IHDR); logos are drawn at twice their size."""
    return int.from_bytes(file.read_bytes()[16:20])


def newsroom_folder() -> Path:
    """Return the folder of the sample newsroom; raises ``NotFound`` in an installation that lacks it."""
    place = settings.PACKAGE.parent / "examples" / "newsroom"
    if not place.is_dir():
        raise NotFound("The sample newsroom is not here.", where=str(place), fix="Work from a checkout of the project.")
    return place
