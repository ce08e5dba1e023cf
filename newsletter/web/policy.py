"""Who may do what: the one table of endpoints and least roles, enforced for every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase

PUBLIC = "public"  # no account needed: mail links, log-in, health
TOKEN = "token"  # noqa: S105 - no account and no cookie: the API asks for a token with a scope
VIEWER, EDITOR, PUBLISHER, ADMINISTRATOR = "viewer", "editor", "publisher", "administrator"
ROLES = (VIEWER, EDITOR, PUBLISHER, ADMINISTRATOR)  # each may do what those before it may

LEAST_ROLE = {
    "root": PUBLIC,
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "metrics": PUBLIC,  # it asks for a token of its own, or for this machine
    "public:unsubscribe": PUBLIC,
    "public:preferences": PUBLIC,
    "public:view": PUBLIC,
    "public:image": PUBLIC,
    "api:openapi-json": PUBLIC,
    "api:api-root": PUBLIC,
    "api:articles": TOKEN,
    "api:article": TOKEN,
    "api:explain": TOKEN,
    "api:check-selector": TOKEN,
    "api:complete-selector": TOKEN,
    "api:select": TOKEN,
    "api:newsletters": TOKEN,
    "api:newsletter": TOKEN,
    "api:back-test": TOKEN,
    "api:issues": TOKEN,
    "api:issue": TOKEN,
    "api:variant": TOKEN,
    "api:show-to": TOKEN,
    "api:proofread": TOKEN,
    "api:look-up": TOKEN,
    "api:approve": TOKEN,
    "api:rebuild": TOKEN,
    "api:verify": TOKEN,
    "api:images": TOKEN,
    "api:image": TOKEN,
    "api:article-image": TOKEN,
    "api:acts": TOKEN,
    "api:issue-status": TOKEN,
    "api:issue-deliveries": TOKEN,
    "api:issue-history": TOKEN,
    "api:quarantine": TOKEN,
    "api:fix": TOKEN,
    "api:record": TOKEN,
    "api:discard": TOKEN,
    "api:doctor": TOKEN,
    "api:doctor-counts": TOKEN,
    "api:set-right": TOKEN,
    "api:settle": TOKEN,
    "api:coverage": TOKEN,
    "api:database": TOKEN,
    "api:relays": TOKEN,
    "api:letters": TOKEN,
    "api:database-hold": TOKEN,
    "api:database-confirm": TOKEN,
    "desk:login": PUBLIC,
    "desk:logout": VIEWER,
    "desk:home": VIEWER,
    "desk:newsletters": VIEWER,
    "desk:newsletter": VIEWER,
    "desk:templates": VIEWER,
    "desk:template": EDITOR,
    "desk:template-html": EDITOR,
    "desk:keep-template": ADMINISTRATOR,
    "desk:drop-template": ADMINISTRATOR,
    "desk:articles": VIEWER,
    "desk:article": VIEWER,
    "desk:offers": VIEWER,
    "desk:issues": VIEWER,
    "desk:issue": VIEWER,
    "desk:issue-html": VIEWER,
    "desk:issue-text": VIEWER,
    "desk:issue-progress": VIEWER,
    "desk:deliveries": VIEWER,
    "desk:sources": VIEWER,
    "desk:quarantine": VIEWER,
    "desk:record": VIEWER,
    "desk:doctor": VIEWER,
    "desk:coverage": VIEWER,
    "desk:export": VIEWER,
    "desk:images": VIEWER,
    "desk:image": VIEWER,
    "desk:image-add": EDITOR,
    "desk:image-crop": EDITOR,
    "desk:image-caption": EDITOR,
    "desk:image-delete": EDITOR,
    "desk:article-image": EDITOR,
    "desk:database": VIEWER,
    "desk:relays": VIEWER,
    "desk:phrases": VIEWER,
    "desk:ban": EDITOR,
    "desk:allow": EDITOR,
    "desk:look-up": EDITOR,
    "desk:pull": EDITOR,
    "desk:fix": EDITOR,
    "desk:discard": EDITOR,
    "desk:set-right": EDITOR,
    "desk:settle": EDITOR,
    "desk:draft": EDITOR,
    "desk:pin": EDITOR,
    "desk:drop": EDITOR,
    "desk:move": EDITOR,
    "desk:reword": EDITOR,
    "desk:show-to": EDITOR,
    "desk:proof": EDITOR,
    "desk:submit": EDITOR,
    "desk:request-changes": PUBLISHER,
    "desk:approve": PUBLISHER,
    "desk:schedule": PUBLISHER,
    "desk:send": PUBLISHER,
    "desk:pull-back": PUBLISHER,
    "desk:pause": PUBLISHER,
    "desk:resume": PUBLISHER,
    "desk:hand-over": PUBLISHER,
    "desk:cancel": PUBLISHER,
    "desk:confirm-database": ADMINISTRATOR,
    "desk:resend": PUBLISHER,
    "desk:extend": PUBLISHER,
    "desk:correct": PUBLISHER,
}


def role_of(user: AbstractBaseUser | AnonymousUser) -> str:
    """Return the highest role of a user, "" without one."""
    if not isinstance(user, User) or not user.is_active:
        return ""
    if user.is_superuser:
        return ADMINISTRATOR
    held = set(user.groups.values_list("name", flat=True))
    return next((role for role in reversed(ROLES) if role in held), "")


def give_role(user: User, role: str) -> None:
    """Make ``role`` the one role of a user."""
    user.groups.set([Group.objects.get_or_create(name=role)[0]])


def may(role: str, endpoint: str) -> bool:
    """Return whether ``role`` reaches the least role of an endpoint; an endpoint without an entry is nobody's."""
    least = LEAST_ROLE.get(endpoint)
    if least is None:
        return False
    return least == PUBLIC or (role in ROLES and ROLES.index(role) >= ROLES.index(least))


class PolicyMiddleware:
    """Asks the table before any view runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        match = request.resolver_match
        endpoint = match.view_name if match else ""
        if LEAST_ROLE.get(endpoint) in (PUBLIC, TOKEN):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        if not may(role_of(request.user), endpoint):
            raise PermissionDenied
        return None
