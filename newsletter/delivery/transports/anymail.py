"""Any provider django-anymail knows, over its HTTP API; a mail backend of Django's own works as well.

Where the provider has a call for many readers with values of their own (``delivery.provider.merge``), one call
carries many deliveries of an issue. Elsewhere, and for letters, each message is a call.
"""

from __future__ import annotations

from typing import Any

from anymail.backends.base import BasePayload
from anymail.exceptions import AnymailConfigurationError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection

from newsletter.delivery.provider.call import Caller
from newsletter.delivery.provider.channel import ProviderChannel
from newsletter.delivery.provider.dispatch import Dispatch
from newsletter.delivery.provider.merge import LANGUAGES
from newsletter.delivery.provider.tempo import Tempo
from newsletter.delivery.transport import Channel
from newsletter.errors import Invalid

_DISPATCHES: dict[tuple[str, str, int], Dispatch] = {}  # of this process


class Anymail:
    """Hands messages to the provider of the settings. Raises ``Invalid`` when it lacks a setting."""

    name = "anymail"

    def __init__(self) -> None:
        self._dispatch = _dispatch()

    @property
    def most(self) -> int:
        """Return how many messages may be under way just now; a call carries many of them."""
        return self._dispatch.room

    def ready(self) -> bool:
        """Return whether a channel can be opened at once: always."""
        return True

    def open(self) -> Channel:
        """Return a channel for one message at a time."""
        return ProviderChannel(self._dispatch)


def _dispatch() -> Dispatch:
    """Return the provider's one dispatch of this process, made when it is first asked for."""
    which = (settings.EMAIL_BACKEND, repr(getattr(settings, "ANYMAIL", {})), settings.ANYMAIL_BATCH)
    if which not in _DISPATCHES:
        backend = _backend()
        esp = getattr(backend, "esp_name", "")
        _DISPATCHES[which] = Dispatch(_connect, language=LANGUAGES.get(esp), most=settings.ANYMAIL_BATCH)
    return _DISPATCHES[which]


def _backend() -> Any:
    try:
        return get_connection()
    except (AnymailConfigurationError, ImproperlyConfigured, ImportError, TypeError) as error:  # boto's: an odd option
        raise Invalid(
            f"The provider cannot be used: {str(error).strip()}",
            where="NEWSLETTER_ANYMAIL_PROVIDER",
            fix="Give its settings as NEWSLETTER_ANYMAIL_<SETTING>, such as NEWSLETTER_ANYMAIL_MAILGUN_API_KEY.",
        ) from None


def _connect(tempo: Tempo) -> Caller:
    """Return a caller with an open connection of its own."""
    backend = _backend()
    language = LANGUAGES.get(getattr(backend, "esp_name", ""))
    without = frozenset({"message-id"}) if language is not None and not language.keeps_message_id else frozenset()
    caller = Caller(backend, tempo, metadata=_keeps_metadata(backend), without=without)
    backend.open()
    return caller


def _keeps_metadata(backend: Any) -> bool:
    """Return whether the backend has a place for metadata; anymail refuses to send what it has no place for."""
    if not hasattr(backend, "build_message_payload"):
        return False
    empty = EmailMultiAlternatives(subject="", body="", from_email="a@example.org", to=["b@example.org"])
    kind = type(backend.build_message_payload(empty, {}))
    return kind.set_metadata is not BasePayload.set_metadata
