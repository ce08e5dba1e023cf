"""``newsletter images``: the library, and bringing remote images into it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from newsletter.images.queries import describe_image, newest
from newsletter.images.same_folder import accept_folder
from newsletter.issues.fetch_images import fetch_images
from newsletter.management.verb import Verb, now, page, positive


class Command(Verb):
    help = (
        "List the images of the library, newest first; `images fetch` brings in the remote images that open issues "
        "show (the worker does so every minute); `images accept` makes the folder of this host the one of all hosts."
    )
    lists = "images"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["list", "fetch", "accept"], nargs="?", default="list")
        parser.add_argument("--words", default="", help="that title, alt or credit holds")
        parser.add_argument("--issue", type=positive, help="fetch for this issue only")

    def in_words(self, answer: dict[str, Any]) -> str:
        shown = ("image", "title", "width", "height", "alt", "credit", "address", "state", "trouble")
        rows = [{key: row[key] for key in shown if key in row} for row in answer["images"]]
        return super().in_words({**answer, "images": rows})

    def run(self, *, act: str, words: str, issue: int | None, limit: int, after: str, **_: Any) -> dict[str, Any]:
        if act == "accept":
            accept_folder()
            return {"accepted": str(settings.MEDIA), "images": [], "next": None}
        if act == "fetch":
            rows = fetch_images(now=now(), issue_id=issue, most=limit)
            told = [
                {"address": one.address, "state": one.state, "image": one.image_id, "trouble": one.trouble}
                for one in rows
            ]
            return {"images": told, "next": None}
        found, more = page(newest(words=words, after=after), limit)
        return {"images": [describe_image(one) for one in found], "next": str(found[-1].pk) if more else None}
