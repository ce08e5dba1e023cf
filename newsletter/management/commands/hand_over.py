"""``newsletter hand-over``: an approved issue as a draft in another system."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from newsletter.handover.hand_over import hand_over
from newsletter.handover.systems import SYSTEMS
from newsletter.issues.variant_number import variant_number
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "Give an approved issue to Mailchimp or listmonk as a draft; a second time updates the same draft."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", type=int)
        parser.add_argument("system", choices=SYSTEMS)
        parser.add_argument("--list", dest="audience", default="", help="the list there (default: as set)")
        parser.add_argument("--variant", default="", help="which rendering (default: the one for everybody)")

    def run(self, *, issue: int, system: str, audience: str, variant: str, by: str, **_: Any) -> dict[str, Any]:
        done = hand_over(issue, system, by=by, now=now(), audience=audience, variant=variant)
        told = {"issue": issue, "system": system, "variant": variant_number(done.variant), "list": done.audience}
        return {**told, "draft": done.remote_id, "address": done.address, "done_at": done.done_at}
