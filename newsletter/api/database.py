"""Sending held after a restore or a failover, over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from newsletter.api.scope import Scope, token_behind
from newsletter.api.shapes.database import Confirmed, ConfirmIn, StandingShape
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
def hold_sending(request: HttpRequest) -> dict[str, Any]:
    """Hold all sending until it is confirmed; twice changes nothing more."""
    hold(now=timezone.now())
    return asdict(standing())


@router.post(
    "/database/confirm",
    url_name="database-confirm",
    response={200: Confirmed, **TROUBLE},
    summary="Let sending go on after a restore or a failover",
)
def confirm_database(request: HttpRequest, given: ConfirmIn) -> dict[str, Any]:
    """Let sending go on; ``doubt`` puts everything that waits in doubt instead of sending it."""
    return {"in_doubt": confirm(given.waiting, by=f"api {token_behind(request).name}", now=timezone.now())}
