"""Sending held after a restore or a failover, over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from newsletter.api.scope import Scope, token_behind
from newsletter.api.shapes.database import Confirmed, ConfirmIn, HoldIn, StandingShape
from newsletter.api.trouble import TROUBLE
from newsletter.delivery.rewind import confirm, hold, standing

router = Router(tags=["database"], auth=Scope("database:confirm"))


@router.get("/database", url_name="database", response={200: StandingShape, **TROUBLE}, summary="Is sending held?")
def look(request: HttpRequest) -> dict[str, Any]:
    """Say whether sending is held, since when, and which issues would go out on a confirmation."""
    return asdict(standing())


@router.post(
    "/database/hold", url_name="database-hold", response={200: StandingShape, **TROUBLE}, summary="Hold all sending"
)
def hold_sending(request: HttpRequest, given: Body[HoldIn | None] = None) -> dict[str, Any]:
    """Hold all sending until it is confirmed; twice changes nothing more."""
    hold(by=_by(request), reason=given.reason if given else "", now=timezone.now())
    return asdict(standing())


@router.post(
    "/database/confirm",
    url_name="database-confirm",
    response={200: Confirmed, **TROUBLE},
    summary="Let sending go on after a restore or a failover",
)
def confirm_database(request: HttpRequest, given: ConfirmIn) -> dict[str, Any]:
    """Let sending go on; ``doubt`` puts everything that waits in doubt instead of sending it."""
    return asdict(confirm(given.waiting, by=_by(request), now=timezone.now()))


def _by(request: HttpRequest) -> str:
    return f"api {token_behind(request).name}"
