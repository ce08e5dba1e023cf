"""Hold a mail against one approved rendering: the words, the links, the values, the headers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime

from django.conf import settings

from newsletter.delivery.files import READER
from newsletter.delivery.message import Copy
from newsletter.delivery.models import Delivery
from newsletter.delivery.proof import mark
from newsletter.delivery.verify.mail import Mail, readable, unfolded
from newsletter.delivery.writer import compile_rendering, dead_values, message_id
from newsletter.errors import Invalid
from newsletter.issues.models import Issue, IssueRendering
from newsletter.issues.rebuild import Locked
from newsletter.issues.variant_number import variant_number
from newsletter.letters.models import Letter
from newsletter.links.addresses import DEAD, PATHS
from newsletter.links.sign import read
from newsletter.rendering.personal import LINKS, Slot, split
from newsletter.rendering.unfill import LONGEST_VALUE, fits, unfill

OURS = re.compile(r"<([0-9]{1,18})\.([0-9]{1,18})@[^<>@\s]+>")  # our Message-ID: issue, delivery
MISLEADING = frozenset(("reply-to", "sender", "cc", "bcc"))  # never ours unless the message was built with them


@dataclass(slots=True)
class Findings:
    """What came out: which copy it is, what differs, what could not be compared."""

    copy: str = ""
    delivery: int | None = None
    differs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def compare(mail: Mail, issue: Issue, locked: Locked, rendering: IssueRendering) -> Findings:
    """Return in what the mail differs from a variant of a locked issue: nothing when it is a copy of it."""
    found = Findings()
    values: dict[Slot, str] = {}
    for part, filled, stored in (("html", mail.html, rendering.html), ("text", mail.text, rendering.text)):
        stored = stored.replace("\r\n", "\n")
        seen = unfill(stored, rendering.nonce, filled)
        if seen is None:
            found.differs.append(_place(part, split(stored, rendering.nonce), filled))
        else:
            values |= seen
    if found.differs:
        return found
    links = _links(values, found)
    if ways := _ways_out(mail):
        links.setdefault("unsubscribe", ways[0])
    readers = _readers(links, issue, locked, rendering, found)
    copy = _copy(mail, locked, rendering, links, readers, found)
    if copy is not None and not found.differs:
        _compare_values(mail, rendering, copy, found)
        _compare_headers(mail, issue, locked, rendering, copy, found)
    return found


def _place(part: str, parts: Iterable[str | Slot], filled: str) -> str:
    """Return in words where a text leaves the rendering for the first time."""
    at = 0
    for one in parts:
        if not isinstance(one, str):
            continue
        next_at = filled.find(one, at)
        if next_at < 0 or (at == 0 and next_at > 0):
            same = _shared(one, filled, at)
            begins = filled.find(one[:same], at)
            line = filled.count("\n", 0, begins + same) + 1
            seen = filled[begins + same :][:80]
            return f"{part}, line {line}: {seen!r} stands where {one[same:][:80]!r} was approved."
        at = next_at + len(one)
    return f"{part}: a personal value is not what a reader's value can be, or something follows the end."


def _shared(one: str, filled: str, at: int) -> int:
    """Return how many signs of ``one`` stand together behind ``at``: after the value of a slot, if there is one."""
    least, most = 0, len(one)
    while least < most:
        middle = (least + most + 1) // 2
        begins = filled.find(one[:middle], at, at + LONGEST_VALUE + middle)
        if begins == 0 or begins >= at > 0:
            least = middle
        else:
            most = middle - 1
    return least


def _links(values: Mapping[Slot, str], found: Findings) -> dict[str, str]:
    """Return the address in every link slot; two for one slot are told."""
    links: dict[str, str] = {}
    for slot, value in values.items():
        if slot.name in LINKS and links.setdefault(slot.name, value) != value:
            found.differs.append(f"There are two addresses for {slot.name}.")
    return links


def _readers(
    links: Mapping[str, str], issue: Issue, locked: Locked, rendering: IssueRendering, found: Findings
) -> set[int]:
    """Check every link and return the readers they name: none in a copy with dead links."""
    sites = {settings.SITE_URL, locked.lock.manifest["site"]}
    readers: set[int] = set()
    alive: set[bool] = set()
    for kind, address in links.items():
        site, _, token = address.rpartition(f"/{PATHS[kind]}/")
        if site not in sites:
            found.differs.append(f"The link {kind} leads elsewhere: {address[:120]!r}.")
            continue
        alive.add(token != DEAD)
        if token == DEAD:
            continue
        try:
            named = read(kind, token)
        except (Invalid, ValueError):
            found.differs.append(f"The link {kind} is not signed by a key of ours.")
            continue
        meant = {"unsubscribe": (issue.newsletter_id, issue.pk), "preferences": (issue.newsletter_id,)}
        if kind == "view":
            right = named == ((issue.pk, int(rendering.variant)) if rendering.variant else (issue.pk,))
        else:
            right = named[1:] == meant[kind]
            readers.update(named[:1])
        if not right:
            found.differs.append(f"The link {kind} belongs to another issue or newsletter.")
    if len(alive) > 1 or len(readers) > 1:
        found.differs.append("Its links are not those of one copy.")
    return readers


def _copy(
    mail: Mail,
    locked: Locked,
    rendering: IssueRendering,
    links: Mapping[str, str],
    readers: set[int],
    found: Findings,
) -> Copy | None:
    """Return what this copy must have of its own: a reader's from our books, or what stands in previews."""
    issue = locked.material.issue
    named = OURS.fullmatch(mail.first("message-id"))
    number = int(named[2]) if named and int(named[1]) == issue.pk else None
    if not readers:
        return _dead_copy(mail, issue, links, found)
    found.copy, found.delivery = "delivery", number
    if number is None:
        found.notes.append("Its Message-ID is not the one we gave; a relay may have replaced it.")
        row = Delivery.objects.filter(issue_id=issue.pk, reader_id__in=readers).first()
    else:
        row = Delivery.objects.filter(pk=number, issue_id=issue.pk).first()
    name, address = parseaddr(mail.first("to"))
    if row is None:
        found.notes.append("The delivery is not in the books any more: name and address were not compared.")
        name = str(make_header(decode_header(name)))
    elif row.reader_id not in readers:
        found.differs.append("Its links are those of another reader than the delivery's.")
    elif row.variant != rendering.variant:
        got, this = variant_number(row.variant), variant_number(rendering.variant)
        found.differs.append(f"The delivery got variant {got}, this is {this}.")
    else:
        name, address, found.delivery = row.name, row.address, row.pk
    given = message_id(issue.pk, found.delivery or 0, issue.newsletter.sender)
    ways = _ways_out(mail)
    if ways is None or ways != _ways_meant(links, issue.newsletter.sender.bounce_domain):
        found.differs.append("List-Unsubscribe does not name the reader's own way out.")
        return None
    return Copy(given, name, address, {**links, "name": name, "address": address}, ways)


def _dead_copy(mail: Mail, issue: Issue, links: Mapping[str, str], found: Findings) -> Copy:
    values = {**dead_values(), **links}
    found.copy = "proof" if Letter.objects.filter(message_id=mail.first("message-id")).exists() else "preview"
    ways = _ways_out(mail) if found.copy == "preview" else None
    if ways is not None and not ways[0].endswith(f"/{PATHS['unsubscribe']}/{DEAD}"):
        found.differs.append("List-Unsubscribe names a live way out in a copy with dead links.")
    return Copy(message_id(issue.pk, 0, issue.newsletter.sender), "", READER, values, ways)


def _ways_out(mail: Mail) -> tuple[str, str] | None:
    """Return the two addresses of List-Unsubscribe."""
    found = re.fullmatch(r"<(https?://[^<>\s]+)>,\s*<(mailto:[^<>\s]+)>", mail.first("list-unsubscribe"))
    return (found[1], found[2]) if found else None


def _ways_meant(links: Mapping[str, str], bounce_domain: str) -> tuple[str, str]:
    """Return both addresses of List-Unsubscribe: they carry the token of the reader's own link."""
    token = links["unsubscribe"].rpartition("/")[2]
    return links["unsubscribe"], f"mailto:leave+{token}@{bounce_domain}?subject=unsubscribe"


def _compare_values(mail: Mail, rendering: IssueRendering, copy: Copy, found: Findings) -> None:
    """The whole of both texts once more: the rendering with exactly these values."""
    for part, filled, stored in (("html", mail.html, rendering.html), ("text", mail.text, rendering.text)):
        if not fits(stored.replace("\r\n", "\n"), rendering.nonce, filled, copy.values):
            found.differs.append(f"{part}: the personal values are not those of this copy.")


def _compare_headers(
    mail: Mail, issue: Issue, locked: Locked, rendering: IssueRendering, copy: Copy, found: Findings
) -> None:
    """Every header we write stands there once, as we wrote it; what relays add is left alone."""
    sent_at = issue.sending_at if found.copy == "delivery" else None
    date = sent_at or _date(mail) or locked.lock.at
    prefix = mark(rendering.variant) if found.copy == "proof" else ""
    compiled = compile_rendering(locked.material.issue, rendering, date=date, subject_prefix=prefix)
    ours = message_from_bytes(compiled.file(copy))
    meant = {name.lower(): unfolded(str(value)) for name, value in ours.items()}
    left_alone = {"message-id"} if _has_other_id(mail, copy) else set()
    if found.copy == "proof":  # a letter: to an editor, without list headers
        left_alone |= {"to", "message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post"}
    counted = Counter(name for name, _ in mail.headers)
    for name, value in meant.items():
        if name in left_alone:
            continue
        if counted[name] != 1:
            found.differs.append(f"The header {name} stands there {counted[name]} times.")
        elif name != "content-type" and readable(mail.first(name)) != readable(value):
            found.differs.append(f"The header {name} is not the approved one.")
    found.differs += [f"A header {name} was added." for name in sorted(MISLEADING & counted.keys() - meant.keys())]


def _has_other_id(mail: Mail, copy: Copy) -> bool:
    """Return whether a relay put its own Message-ID: one that does not claim to be ours."""
    return copy.unsubscribe is not None and OURS.fullmatch(mail.first("message-id")) is None


def _date(mail: Mail) -> datetime | None:
    try:
        return parsedate_to_datetime(mail.first("date"))
    except ValueError:
        return None
