"""What every page of the desk knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from newsletter.delivery.epoch import is_held
from newsletter.web.policy import LEAST_ROLE, may, role_of


def desk(request: HttpRequest) -> dict[str, Any]:
    """Return the user's role, and for every endpoint of the desk whether they may use it (``may.approve``);
    whether sending is held."""
    user = getattr(request, "user", None)
    role = role_of(user) if user is not None else ""
    allowed = {
        endpoint.removeprefix("desk:").replace("-", "_"): may(role, endpoint)
        for endpoint in LEAST_ROLE
        if endpoint.startswith("desk:")
    }
    return {"role": role, "may": allowed, "held": bool(role) and is_held()}
