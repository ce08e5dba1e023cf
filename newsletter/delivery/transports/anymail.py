"""Any provider django-anymail knows, through Django's EMAIL_BACKEND.

Content goes as the finished MIME message where the backend takes it. A provider's refusal of one recipient is a
refused delivery; an error before the request left is deferred; anything else stays in doubt.
"""

from __future__ import annotations

from email import message_from_bytes, policy

from django.core.mail import get_connection
from django.core.mail.message import EmailMultiAlternatives

from newsletter.delivery.instant import InstantChannel
from newsletter.delivery.transport import Channel, Envelope, Reply

# the provider writes these itself; a signature of ours would not hold for the mail it makes
KEPT_BY_PROVIDER = frozenset(
    {"from", "to", "subject", "date", "mime-version", "content-type", "reply-to", "dkim-signature"}
)


class Anymail:
    """Hands messages to the configured Django mail backend, one call a message."""

    name = "anymail"
    most = 8

    def ready(self) -> bool:
        """Return whether a channel can be opened at once: always."""
        return True

    def open(self) -> Channel:
        """Return a channel over one connection of the backend."""
        return InstantChannel(self._submit)

    def _submit(self, envelope: Envelope, message: bytes) -> Reply:
        sent = _as_django(envelope, message)
        sent.connection = get_connection()
        count = sent.send()
        status = getattr(sent, "anymail_status", None)
        states = getattr(status, "status", None) or set()
        if states & {"rejected", "invalid", "failed"}:
            return Reply(550, "5.0.0", f"5.0.0 the provider says {', '.join(sorted(states))}")
        if not count:
            return Reply(450, "4.0.0", "4.0.0 the provider took nothing")
        return Reply(250, "2.0.0", f"2.0.0 {getattr(status, 'message_id', None) or 'taken by the provider'}"[:500])


def _as_django(envelope: Envelope, octets: bytes) -> EmailMultiAlternatives:
    seen = message_from_bytes(octets, policy=policy.default)
    text, html = seen.get_body(("plain",)), seen.get_body(("html",))
    message = EmailMultiAlternatives(
        subject=str(seen["Subject"]),
        body=text.get_content() if text else "",
        from_email=str(seen["From"]),
        to=[str(seen["To"])],
        reply_to=[str(seen["Reply-To"])] if seen["Reply-To"] else None,
        headers={name: str(value) for name, value in seen.items() if name.lower() not in KEPT_BY_PROVIDER},
    )
    message.envelope_sender = envelope.sender.decode()  # type: ignore[attr-defined]  # anymail's own attribute
    if html:
        message.attach_alternative(html.get_content(), "text/html")
    return message
