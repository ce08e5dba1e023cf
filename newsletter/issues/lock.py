"""The lock of an approval: all that the approved bytes are made of, kept by content so that they can be made again.

A manifest names, by SHA-256, the rows of the database (``issues.material``), the template sources, the interface
words, the library versions and every rendering; the texts themselves are kept once each (``LockedFile``).
"""

from __future__ import annotations

import hashlib
import json
import platform
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from lxml import etree

from newsletter.errors import Conflict, Invalid, NotFound
from newsletter.images.files import names_in
from newsletter.issues.audience import audience_words
from newsletter.issues.compose import compose
from newsletter.issues.made_of import made_of
from newsletter.issues.material import Material, pack
from newsletter.issues.models import Issue, IssueLock, IssueRendering, LockedFile
from newsletter.rendering import words

FORM = 1  # of the manifest
LIBRARIES = (
    *("mjml-python", "premailer", "jinja2", "markupsafe", "lxml", "babel", "cssutils", "cssselect", "wcwidth", "nh3"),
    "sentencex",
    "newsletter",
)
PACKAGE = Path(__file__).parents[1]
OUR_CODE = (
    *("rendering", "catalogue/authors.py", "issues/blocks.py", "issues/compose.py", "issues/picture.py"),
    *("issues/disclaimers.py", "issues/material.py", "issues/paint.py"),
)


def lock(
    material: Material,
    renderings: Sequence[IssueRendering],
    *,
    seal: str,
    now: datetime,
    overrides: Sequence[Mapping[str, str]] = (),
) -> IssueLock:
    """Keep everything under the seal, once; returns the lock.

    Raises ``Conflict`` when what was gathered is no longer what the rendering shows.
    """
    shown = next((kept.digest for kept in renderings if not kept.variant), None)
    if shown != plain(compose(material).as_dict()):
        raise Conflict(
            f"Issue {material.issue.pk} changed while it was being approved.",
            where=f"issue {material.issue.pk}",
            fix="Look at it again and approve it as it is now.",
        )
    texts: dict[str, bytes] = {}
    manifest = _manifest(material, renderings, texts)
    if overrides:
        manifest["overrides"] = plain(overrides)
    digest = _hash(_canonical(manifest))
    with transaction.atomic():
        LockedFile.objects.bulk_create(
            (LockedFile(sha256=name, octets=zlib.compress(octets, 9)) for name, octets in texts.items()),
            ignore_conflicts=True,
        )
        try:
            with transaction.atomic():
                return IssueLock.objects.create(
                    issue_id=material.issue.pk, seal=seal, manifest=manifest, digest=digest, at=now
                )
        except IntegrityError:  # approved by somebody else before, under the same seal
            return IssueLock.objects.get(issue_id=material.issue.pk, seal=seal)


def lock_of(issue: Issue, *, seal: str = "") -> IssueLock:
    """Return the lock of the approval in force, else of the last one; or of the one whose seal begins so.

    Raises ``NotFound`` for an issue nobody approved.
    """
    locks = IssueLock.objects.filter(issue=issue).order_by("-pk")
    wanted = locks.filter(seal__startswith=seal) if seal else locks.filter(seal=issue.seal)
    found = wanted.first() or (None if seal else locks.first())
    if found is None:
        raise NotFound(
            f"Issue {issue.pk} has no lock{f' with the seal {seal}' if seal else ''}.",
            where=f"issue {issue.pk}",
            fix="An approval makes one.",
        )
    return found


def kept(names: Iterable[str]) -> dict[str, bytes]:
    """Return locked texts by SHA-256; raises ``Invalid`` (damaged) when one is gone or is not what it was."""
    wanted = set(names)
    found = {row.sha256: zlib.decompress(bytes(row.octets)) for row in LockedFile.objects.filter(sha256__in=wanted)}
    damaged = [name for name in sorted(wanted) if name not in found or _hash(found[name]) != name]
    if damaged:
        raise Invalid(
            f"{len(damaged)} locked texts are gone or altered; the first is {damaged[0][:12]}.",
            code="damaged",
            where="lock",
            fix="Bring the table of locked files back from a backup.",
        )
    return found


def is_whole(one: IssueLock) -> bool:
    """Return whether the manifest is the one that was locked."""
    return _hash(_canonical(one.manifest)) == one.digest


def seal_of(
    material: Material, renderings: Sequence[IssueRendering], *, overrides: Sequence[Mapping[str, str]] = ()
) -> str:
    """Return the SHA-256 (hex) of everything an approval covers: picks, words, look, sender, audience, renderings.

    Every variant is covered with the rule by which readers get it; ``overrides`` say who overruled which rule of the
    proofreader and why.
    """
    issue = material.issue
    newsletter, sender = issue.newsletter, issue.newsletter.sender
    hashes = {one.variant: one.content_hash for one in renderings}
    covered: dict[str, Any] = {
        "issue": issue.pk,
        "audience": audience_words(issue),
        "picks": [[pick.article_id, pick.section, pick.position, pick.overrides] for pick in material.picks],
        "words": [issue.subject, issue.preheader, issue.note],
        "look": [newsletter.template, newsletter.brand, newsletter.language],
        "sender": [sender.name, sender.address, sender.reply_to, sender.bounce_domain, sender.list_id],
        "postal_address": sender.postal_address,
        "rendering": hashes.get("", ""),
    }
    if issue.note_group or issue.section_groups:
        covered["groups"] = [issue.note_group, issue.section_groups]
    if variants := {name: content for name, content in hashes.items() if name}:
        covered["variants"] = variants
    if rules := {one.variant: one.rule for one in renderings if one.rule}:
        covered["rules"] = rules
    if overrides:
        covered["overrides"] = list(overrides)
    return hashlib.sha256(json.dumps(covered, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@cache
def libraries() -> dict[str, str]:
    """Return the version of everything that has a hand in the bytes, and a hash of our own code that has."""
    code = hashlib.sha256()
    for part in OUR_CODE:
        place = PACKAGE / part
        files = sorted(one for one in place.rglob("*") if one.suffix in (".py", ".json")) if place.is_dir() else [place]
        for file in files:
            code.update(f"{file.relative_to(PACKAGE)}\0".encode() + file.read_bytes())
    ours = {"python": platform.python_version(), "libxml2": ".".join(map(str, etree.LIBXML_VERSION))}
    return {**{name: version(name) for name in LIBRARIES}, **ours, "our code": code.hexdigest()[:16]}


def plain(value: object) -> Any:
    """Return ``value`` as it comes back from JSON."""
    return json.loads(json.dumps(value))


def template_files(folder: Path) -> dict[str, bytes]:
    """Return the sources below digests/ by their path in ``folder``."""
    files = sorted((folder / "digests").rglob("*.j2"))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def _manifest(material: Material, renderings: Sequence[IssueRendering], texts: dict[str, bytes]) -> dict[str, Any]:
    """Return the manifest, and put every text it names into ``texts``."""

    def keep(octets: bytes) -> str:
        texts[_hash(octets)] = octets
        return _hash(octets)

    shared: Mapping[str, Any] = next((one.rule.get("shared", {}) for one in renderings if not one.variant), {})
    catalogues = {file.relative_to(words.LOCALE).as_posix(): file for file in words.LOCALE.rglob("digest.po")}
    source = json.dumps({name: dict(part) for name, part in words.english().items()}, sort_keys=True).encode()
    return {
        "form": FORM,
        "inputs": [keep(row.encode()) for row in pack(material)],
        "templates": {name: keep(octets) for name, octets in template_files(settings.TEMPLATES_DIR).items()},
        "catalogues": {
            **{name: keep(file.read_bytes()) for name, file in sorted(catalogues.items())},
            words.SOURCE: keep(source),
        },
        "libraries": libraries(),
        "site": settings.SITE_URL,
        "images": sorted(set().union(*(names_in(one.html) for one in renderings))),
        "renderings": [
            {**_rendering(one, keep(_canonical(one.digest)), keep), **_made_of(material, one, shared, keep)}
            for one in renderings
        ],
    }


def _made_of(material: Material, one: IssueRendering, shared: Mapping[str, Any], keep: Any) -> dict[str, Any]:
    """Return the inputs of another variant than the one for everybody, which has those of the issue."""
    found = made_of(material, one, shared) if one.variant else None
    if found is None:
        return {}
    also = {str(article): title for article, title in found.also.items()}
    inputs = [keep(row.encode()) for row in pack(found.material)]
    return {"made_of": {"inputs": inputs, "groups": list(found.groups), "also": also}}


def _rendering(one: IssueRendering, digest: str, keep: Any) -> dict[str, Any]:
    return {
        "variant": one.variant,
        "template": one.template,
        "nonce": one.nonce,
        "version": one.issue_version,
        "content_hash": one.content_hash,
        **({"rule": one.rule} if one.rule else {}),
        "digest": digest,
        "subject": one.subject,
        "preheader": one.preheader,
        "html": keep(one.html.encode()),
        "text": keep(one.text.encode()),
    }


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _hash(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
