"""Every system that can send for us."""

from __future__ import annotations

from collections.abc import Callable

from newsletter.handover.system import System
from newsletter.handover.systems.listmonk import listmonk
from newsletter.handover.systems.mailchimp import mailchimp

SYSTEMS: dict[str, Callable[[], System]] = {  # each reads its settings; raises ``Invalid`` when they are not given
    "mailchimp": mailchimp,
    "listmonk": listmonk,
}
