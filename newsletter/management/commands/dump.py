"""``newsletter dump``: definitions out, the exact inverse of ``load``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.catalogue.authors import dump_authors
from newsletter.catalogue.dump import dump, dump_brand
from newsletter.catalogue.models import Author, Brand
from newsletter.errors import NotFound
from newsletter.management.verb import Verb, newsletter_named


class Command(Verb):
    help = "Write the definition of a newsletter, of a brand, or of all authors as TOML."

    def arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("code", nargs="?", help="of a newsletter")
        what.add_argument("--brand", metavar="CODE")
        what.add_argument("--authors", action="store_true")

    def run(self, *, code: str | None, brand: str | None, authors: bool, **_: Any) -> dict[str, Any]:
        if authors:
            return {"authors": Author.objects.count(), "toml": dump_authors()}
        if code is None:
            found = _brand_named(str(brand))
            return {"brand": found.code, "toml": dump_brand(found)}
        newsletter = newsletter_named(code)
        return {"newsletter": newsletter.code, "toml": dump(newsletter)}

    def in_words(self, answer: dict[str, Any]) -> str:
        return str(answer["toml"])


def _brand_named(code: str) -> Brand:
    brand = Brand.objects.filter(code=code).first()
    if brand is None:
        known = ", ".join(Brand.objects.order_by("code").values_list("code", flat=True)[:20]) or "none is loaded yet"
        raise NotFound(f"There is no brand {code!r}.", where="--brand", fix=f"Known: {known}.")
    return brand
