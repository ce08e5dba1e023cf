"""``newsletter image``: take one in, cut it, describe it, give it to an article, delete it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from newsletter.articles.illustrate import illustrate
from newsletter.errors import Invalid
from newsletter.images.add import add
from newsletter.images.apart import MOST_OCTETS
from newsletter.images.caption import caption
from newsletter.images.crop import crop
from newsletter.images.models import Image
from newsletter.images.queries import describe_image, found
from newsletter.issues.delete_image import delete_image, users_of
from newsletter.management.verb import Verb, now, positive


class Command(Verb):
    help = (
        "`image add FILE --alt WORDS --credit WORDS`, `image show N`, "
        "`image crop N --box 0,0.1,1,0.9 --focus 0.5,0.3`, `image caption N --alt WORDS`, "
        "`image use N --article A` (`image use 0` goes back), `image delete N`."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["add", "show", "crop", "caption", "use", "delete"])
        parser.add_argument("what", metavar="FILE | N")
        parser.add_argument("--title", help="what people find it by (default: the name of the file)")
        parser.add_argument("--alt", help="what it shows")
        parser.add_argument("--credit", help="whose it is")
        parser.add_argument("--box", default="", metavar="L,T,R,B", help="fractions from the upper left corner")
        parser.add_argument("--focus", default="", metavar="X,Y", help="what stays in view, as fractions")
        parser.add_argument("--article", type=positive)

    def run(self, *, act: str, what: str, **given: Any) -> dict[str, Any]:
        if act == "add":
            return describe_image(_add(Path(what), given))
        if not what.isdecimal():
            raise Invalid(f"{what!r} is no image.", where="image", fix="Give its number; `newsletter images` tells.")
        number, moment = int(what), now()
        if act == "use":
            return _use(number, given)
        acts: dict[str, Callable[[], object]] = {
            "show": lambda: None,
            "crop": lambda: crop(
                number, box=_fractions(given["box"], "--box"), focus=_fractions(given["focus"], "--focus"), now=moment
            ),
            "caption": lambda: caption(
                number, title=given["title"], alt=given["alt"], credit=given["credit"], now=moment
            ),
            "delete": lambda: delete_image(number),
        }
        acts[act]()
        if act == "delete":
            return {"image": number, "deleted": True}
        image = found(number)
        return {**describe_image(image), "shown_by": users_of(image)}


def _add(file: Path, given: dict[str, Any]) -> Image:
    try:
        with file.open("rb") as stream:
            octets = stream.read(MOST_OCTETS + 1)
    except OSError as error:
        reason = f"{file} cannot be read: {error.strerror}."
        raise Invalid(reason, where=str(file), fix="Give a JPEG, PNG, GIF or WebP.") from None
    words = {name: given[name] or "" for name in ("alt", "credit")}
    return add(octets, title=given["title"] or file.name, **words, by=given["by"], now=now())


def _use(number: int, given: dict[str, Any]) -> dict[str, Any]:
    if given["article"] is None:
        raise Invalid("Which article?", where="--article", fix="Give its number.")
    article = illustrate(given["article"], number or None, by=given["by"], now=now())
    return {"article": article.pk, "image": article.image_id}


def _fractions(text: str, where: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")] if text else []
    except ValueError:
        raise Invalid(f"{text!r} are no fractions.", where=where, fix="Write them like 0,0.1,1,0.9.") from None
