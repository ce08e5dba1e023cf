"""Messages as django-anymail takes them: one reader's, or one for many readers with what each has of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from email.utils import quote

from django.core.mail.message import EmailMultiAlternatives

from newsletter.delivery.headers import clean
from newsletter.delivery.message import Copy
from newsletter.delivery.provider.merge import Form, Language
from newsletter.delivery.provider.parcel import Parcel

# the provider writes these itself; a signature of ours would not hold for the mail it makes
KEPT_BY_PROVIDER = frozenset(
    {"from", "to", "subject", "date", "mime-version", "content-type", "reply-to", "dkim-signature"}
)
OWN = frozenset({"message-id", "list-unsubscribe"})  # of these every reader has one of their own
RETURN_PATH = "return_path"  # by this metadata an event that comes back is known, as a bounce is by its recipient


def for_one(parcel: Parcel, *, metadata: bool, without: frozenset[str] = frozenset()) -> EmailMultiAlternatives:
    """Return one finished copy; ``metadata`` says whether the provider keeps some, ``without`` names headers."""
    seen = _parsed(parcel)
    text, html = seen.get_body(("plain",)), seen.get_body(("html",))
    message = _message(
        seen,
        subject=str(seen["Subject"]),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        to=[str(seen["To"])],
    )
    message.extra_headers = {name: value for name, value in _headers(seen).items() if name.lower() not in without}
    if metadata:
        _set(message, metadata=_metadata(parcel))
    return message


def for_many(
    parcels: Sequence[Parcel],
    copies: Sequence[Copy],
    values: Sequence[Mapping[str, str]],
    form: Form,
    language: Language,
) -> EmailMultiAlternatives:
    """Return one message for many readers, each with their own values, headers and metadata."""
    seen = _parsed(parcels[0])
    to = [_mailbox(copy.name, parcel.address) for parcel, copy in zip(parcels, copies, strict=True)]
    message = _message(seen, subject=form.subject, text=form.text, html=form.html, to=to)
    shared = {name: value for name, value in _headers(seen).items() if name.lower() not in OWN}
    may_differ = language.headers
    if may_differ is not None:
        message.extra_headers = {name: value for name, value in shared.items() if name.lower() not in may_differ}
        shared = {}
    headers = {
        parcel.address: shared | _own_headers(copy, language) for parcel, copy in zip(parcels, copies, strict=True)
    }
    data = {parcel.address: dict(own) for parcel, own in zip(parcels, values, strict=True)}
    _set(message, merge_headers=headers, merge_metadata={one.address: _metadata(one) for one in parcels})
    if form.fields:
        _set(message, merge_data=data)
    if language.extra:
        _set(message, esp_extra=dict(language.extra))
    return message


def _own_headers(copy: Copy, language: Language) -> dict[str, str]:
    own = {"Message-ID": f"<{copy.message_id}>"} if language.keeps_message_id else {}
    if copy.unsubscribe is not None:
        web, mail = copy.unsubscribe
        own["List-Unsubscribe"] = f"<{web}>, <{mail}>"
    return own


def _parsed(parcel: Parcel) -> Parsed:
    seen = message_from_bytes(bytes(parcel.octets).replace(b"\r\n..", b"\r\n."), policy=policy.default)
    if not isinstance(seen, Parsed):
        raise TypeError("the default policy makes another kind of message")
    return seen


def _message(seen: Parsed, *, subject: str, text: str, html: str, to: list[str]) -> EmailMultiAlternatives:
    reply_to = [str(seen["Reply-To"])] if seen["Reply-To"] else None
    message = EmailMultiAlternatives(subject=subject, body=text, from_email=str(seen["From"]), to=to, reply_to=reply_to)
    if html:
        message.attach_alternative(html, "text/html")
    return message


def _headers(seen: Parsed) -> dict[str, str]:
    return {name: str(value) for name, value in seen.items() if name.lower() not in KEPT_BY_PROVIDER}


def _metadata(parcel: Parcel) -> dict[str, str]:
    return {RETURN_PATH: parcel.envelope.sender.decode()}


def _mailbox(name: str, address: str) -> str:
    """A mailbox in plain letters: anymail encodes it as the provider needs it."""
    words = clean(name)
    return f'"{quote(words)}" <{address}>' if words else address


def _set(message: EmailMultiAlternatives, **attributes: object) -> None:
    """Set what anymail reads from a message and Django does not declare."""
    for name, value in attributes.items():
        setattr(message, name, value)
