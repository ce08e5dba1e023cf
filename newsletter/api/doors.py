"""The API: who may come in, how trouble is told, and which doors there are."""

from __future__ import annotations

import logging
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from newsletter.access.tokens import Forbidden, Unknown, token_of
from newsletter.api import articles, database, images, issues, newsletters, quarantine, selectors, sending
from newsletter.api.pace import TooMany
from newsletter.errors import Conflict, Invalid, NewsletterError, NotFound, Refused, Unavailable

log = logging.getLogger(__name__)
STATUS: tuple[tuple[type[NewsletterError], int], ...] = (  # the first that fits
    (Unknown, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (TooMany, 429),
    (Invalid, 422),
    (Refused, 409),
    (Unavailable, 503),
)

doors = NinjaAPI(
    title="Newsletter",
    version=version("newsletter"),
    description=(
        "Push articles in, choose and explain them, look at newsletters and issues. Every request carries "
        "`Authorization: Bearer TOKEN`; `newsletter tokens create` makes one. Trouble is always "
        '`{"error": {"code", "message", "where", "fix"}}`.'
    ),
    docs_url=None,
    urls_namespace="api",
)
for room in (articles, images, selectors, newsletters, issues, sending, quarantine, database):
    doors.add_router("", room.router)


@doors.exception_handler(NewsletterError)
def _refuse(request: HttpRequest, error: NewsletterError) -> HttpResponse:
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
    answer = _answer(request, error, status)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.seconds)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@doors.exception_handler(AuthenticationError)
def _no_token(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    try:
        token_of("", now=timezone.now())
    except Unknown as unknown:
        return _refuse(request, unknown)
    raise error


@doors.exception_handler(ValidationError)
def _wrong_input(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first: dict[str, Any] = error.errors[0] if error.errors else {}
    where = ".".join(str(part) for part in first.get("loc", ())[1:]) or "request"
    return _refuse(request, Invalid(f"{first.get('msg', 'The request is wrong')}.", where=where, fix="Correct it."))


@doors.exception_handler(HttpError)
def _not_json(request: HttpRequest, _: HttpError) -> HttpResponse:
    return _refuse(request, Invalid("The body is not JSON in UTF-8.", where="body", fix="Send a JSON object."))


@doors.exception_handler(OverflowError)
@doors.exception_handler(DataError)
def _beyond(request: HttpRequest, _: Exception) -> HttpResponse:
    beyond = Invalid(
        "The request holds a time, a number or a sign (NUL) that cannot be kept.", where="request", fix="Correct it."
    )
    return _refuse(request, beyond)


@doors.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, _: RequestDataTooBig) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024 // 1024
    large = Invalid(f"The request is larger than {most} MB.", code="too_large", where="body", fix="Send fewer at once.")
    return _answer(request, large, 413)


@doors.exception_handler(DatabaseError)
def _no_database(request: HttpRequest, error: DatabaseError) -> HttpResponse:
    log.error("api_database error=%s", type(error).__name__)
    return _refuse(request, Unavailable("The database does not answer.", where="database", fix="Try again later."))


def _answer(request: HttpRequest, error: NewsletterError, status: int) -> HttpResponse:
    return doors.create_response(request, {"error": error.as_dict()}, status=status)
