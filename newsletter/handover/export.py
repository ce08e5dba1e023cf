"""A finished issue as a folder that stands alone: pages, texts, messages, and the images they show."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation

from newsletter.delivery.files import date_of, issue_files, named
from newsletter.delivery.writer import dead_text
from newsletter.errors import Invalid, NotFound
from newsletter.handover.draft import tagged
from newsletter.handover.hand_over import check_finished
from newsletter.handover.system import Tags
from newsletter.handover.systems import TAGS
from newsletter.images.files import NAME, PATH, read
from newsletter.issues.lifecycle import find
from newsletter.issues.models import Issue, IssueRendering
from newsletter.issues.queries import stored_renderings
from newsletter.issues.sealed import as_sealed
from newsletter.issues.variant_number import variant_number

_SOURCE = re.compile(r'(\s(?:src|background)=")([^"]+)(")')
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date a zip knows: the same files make the same archive


@dataclass(slots=True)
class _Images:
    """The images of a folder, by the address they had."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_remote: set[str] = field(default_factory=set)

    def relative(self, found: re.Match[str]) -> str:
        """Return an attribute that leads into the folder, or as it is for what is not ours."""
        address = unescape(found[2])
        known = _ours(address)
        if known is None:
            if address.startswith(("http:", "https:", "//")):
                self.left_remote.add(address)
            return found[0]
        path = self._path(*known)
        self.files[path] = known[1]
        return f"{found[1]}{path}{found[3]}"

    def _path(self, name: str, octets: bytes) -> str:
        """Return where an image stands: another one of the same name gets a part of its SHA-256."""
        path = PurePosixPath("images", name)
        if self.files.get(str(path), octets) != octets:
            path = path.with_stem(f"{path.stem}-{hashlib.sha256(octets).hexdigest()[:12]}")
        return str(path)


def export(issue_id: int, *, now: datetime, tags_of: str = "") -> dict[str, bytes]:
    """Return the files of an approved issue by their path: issue.html, .txt and .eml of every variant, images/,
    manifest.json.

    Personal links are dead, or with ``tags_of`` a system's own tags. Raises ``NotFound`` and ``Refused``.
    """
    issue = find(issue_id)
    check_finished(issue)
    issue = as_sealed(issue)
    files: dict[str, bytes] = {}
    images = _Images()
    renderings = list(stored_renderings(issue))
    for rendering in renderings:
        made = _tagged(tags_of, rendering) if tags_of else issue_files(issue, rendering, date=date_of(issue, now=now))
        page = _SOURCE.sub(images.relative, made["issue.html"].decode())
        files |= named({**made, "issue.html": page.encode()}, rendering.variant)
    files |= images.files
    manifest = _manifest(issue, renderings, sorted(files), images, tags_of)
    return {**files, "manifest.json": json.dumps(manifest, ensure_ascii=False, indent=2).encode()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the files as a zip archive, the same octets for the same files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return target.getvalue()


def _tagged(name: str, rendering: IssueRendering) -> dict[str, bytes]:
    system = _tags(name)
    return {
        "issue.html": tagged(system, rendering.html, rendering.nonce, "html").encode(),
        "issue.txt": tagged(system, rendering.text, rendering.nonce, "text").encode(),
    }


def _tags(name: str) -> Tags:
    if name not in TAGS:
        raise Invalid(f"There is no system {name!r}.", where="--for", fix="One of: " + ", ".join(TAGS) + ".")
    return TAGS[name]()


def _subject(name: str, rendering: IssueRendering) -> str:
    """Return the subject for those who make the draft by hand: dead like the page, or with the system's own tags."""
    subject, nonce = rendering.subject, rendering.nonce
    return tagged(_tags(name), subject, nonce, "subject") if name else dead_text(subject, nonce)


def _ours(address: str) -> tuple[str, bytes] | None:
    """Return name and octets of an image that we serve ourselves."""
    parts = urlsplit(address)
    name = parts.path.rpartition("/")[2]
    if parts.path == f"/{PATH}/{name}" and NAME.fullmatch(name):
        try:
            return name, read(name)
        except NotFound:
            return None
    static = f"{settings.SITE_URL}/{settings.STATIC_URL.strip('/')}/"
    place = _static(unquote(address.removeprefix(static))) if address.startswith(static) else None
    return (Path(place).name, Path(place).read_bytes()) if place and Path(place).is_file() else None


def _static(path: str) -> str | None:
    try:
        place = finders.find(path)
    except SuspiciousFileOperation:
        return None
    return place if isinstance(place, str) else None


def _manifest(
    issue: Issue, renderings: list[IssueRendering], names: list[str], images: _Images, tags_of: str
) -> dict[str, Any]:
    return {
        "issue": issue.pk,
        "newsletter": issue.newsletter.code,
        "slot": issue.slot.isoformat() if issue.slot else None,
        "seal": issue.seal,
        "tags": tags_of or "dead",
        "variants": [
            {
                "variant": variant_number(one.variant),
                "for": one.rule.get("words", ""),
                "subject": _subject(tags_of, one),
                "content_hash": one.content_hash,
            }
            for one in renderings
        ],
        "files": names,
        "left_remote": sorted(images.left_remote),
    }
