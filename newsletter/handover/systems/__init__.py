"""Every system that can send for us."""

from __future__ import annotations

from collections.abc import Callable

from newsletter.handover.system import System, Tags
from newsletter.handover.systems.listmonk import ListmonkTags, listmonk
from newsletter.handover.systems.mailchimp import MailchimpTags, mailchimp

SYSTEMS: dict[str, Callable[[], System]] = {  # each reads its settings; raises ``Invalid`` when they are not given
    "mailchimp": mailchimp,
    "listmonk": listmonk,
}
TAGS: dict[str, Callable[[], Tags]] = {"mailchimp": MailchimpTags, "listmonk": ListmonkTags}  # without any settings
