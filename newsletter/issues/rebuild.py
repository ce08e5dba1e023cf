"""Make the approved bytes again from what their lock keeps, and say what differs, and what has changed since."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

from django.conf import settings

from newsletter.errors import NewsletterError
from newsletter.issues.compose import compose
from newsletter.issues.lifecycle import find
from newsletter.issues.lock import is_whole, kept, libraries, lock_of, plain, seal_of, template_files
from newsletter.issues.made_of import MadeOf
from newsletter.issues.material import Material, gather, pack, unpack
from newsletter.issues.models import Issue, IssueLock, IssueRendering
from newsletter.issues.paint import paint
from newsletter.rendering.confined import Against
from newsletter.rendering.digest import Digest, from_dict
from newsletter.rendering.render import content_hash
from newsletter.rendering.words import catalogues_in

MOST_LINES = 8  # of a difference, on each side


@dataclass(frozen=True, slots=True)
class Locked:
    """A lock opened: the rows as they were, and the renderings as approved (rows that are not stored)."""

    lock: IssueLock
    material: Material
    renderings: tuple[IssueRendering, ...]
    digests: Mapping[str, Mapping[str, Any]]  # by variant
    files: Mapping[str, bytes]  # templates and catalogues by their path
    variants: Mapping[str, MadeOf]  # what the variants were made of that are not for everybody


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One variant made again; ``differs`` says in words what is not as approved, nothing when every byte is."""

    variant: str
    rendering: IssueRendering | None  # None = it cannot be rendered any more
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rebuild:
    """What came of it. ``changed`` is what has changed since the approval: libraries, rows, templates, words."""

    locked: Locked
    variants: tuple[Rebuilt, ...]
    changed: dict[str, list[str]]

    @property
    def same(self) -> bool:
        """Whether every byte of every variant came out as approved."""
        return all(not one.differs for one in self.variants)


def rebuild(issue_id: int, *, seal: str = "") -> Rebuild:
    """Return the issue as approved (the approval in force, or the one whose ``seal`` begins so), made again.

    Raises ``NotFound`` without lock and ``Invalid`` when the lock is damaged.
    """
    issue = find(issue_id)
    locked = opened(lock_of(issue, seal=seal))
    with _laid_out(locked.files) as folder:
        variants = tuple(_again(locked, one, folder) for one in locked.renderings)
    return Rebuild(locked, variants, _changed(locked, issue))


def opened(lock: IssueLock) -> Locked:
    """Return what a lock keeps; raises ``Invalid`` (damaged) when it is not what was locked."""
    manifest = lock.manifest
    names = [*manifest["inputs"], *manifest["templates"].values(), *manifest["catalogues"].values()]
    names += [one[part] for one in manifest["renderings"] for part in ("digest", "html", "text")]
    made_of = {one["variant"]: one["made_of"] for one in manifest["renderings"] if "made_of" in one}
    names += [name for one in made_of.values() for name in one["inputs"]]
    texts = kept(names)
    files = {
        **{name: texts[sha256] for name, sha256 in manifest["templates"].items()},
        **{f"locale/{name}": texts[sha256] for name, sha256 in manifest["catalogues"].items()},
    }
    material = unpack(texts[name].decode() for name in manifest["inputs"])
    renderings = tuple(_stored(lock, one, texts) for one in manifest["renderings"])
    digests = {one["variant"]: json.loads(texts[one["digest"]]) for one in manifest["renderings"]}
    variants = {name: _made_of(one, texts) for name, one in made_of.items()}
    return Locked(lock, material, renderings, digests, files, variants)


def _made_of(told: Mapping[str, Any], texts: Mapping[str, bytes]) -> MadeOf:
    material = unpack(texts[name].decode() for name in told["inputs"])
    return MadeOf(material, tuple(told["groups"]), {int(article): title for article, title in told["also"].items()})


def faults(locked: Locked) -> list[str]:
    """Return what is wrong with a lock itself, nothing when manifest, seal and every content hash agree."""
    found = [] if is_whole(locked.lock) else ["The manifest was altered."]
    if (
        seal_of(locked.material, locked.renderings, overrides=locked.lock.manifest.get("overrides", ()))
        != locked.lock.seal
    ):
        found.append("The seal does not belong to what the lock holds.")
    return found + [
        f"The rendering{_of(one.variant)} does not have its hash."
        for one in locked.renderings
        if content_hash(one.subject, one.preheader, one.html, one.text) != one.content_hash
    ]


def _stored(lock: IssueLock, told: Mapping[str, Any], texts: Mapping[str, bytes]) -> IssueRendering:
    return IssueRendering(
        issue_id=lock.issue_id,
        variant=told["variant"],
        issue_version=told["version"],
        template=told["template"],
        nonce=told["nonce"],
        subject=told["subject"],
        preheader=told["preheader"],
        html=texts[told["html"]].decode(),
        text=texts[told["text"]].decode(),
        content_hash=told["content_hash"],
        rendered_at=lock.at,
        rule=told.get("rule", {}),
    )


@contextmanager
def _laid_out(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Put the locked sources into a folder that lasts as long as the block, and take templates and words from it."""
    with tempfile.TemporaryDirectory(prefix="newsletter-rebuild-") as place:
        folder = Path(place).resolve()
        for name, octets in files.items():
            file = folder / name
            if not file.resolve().is_relative_to(folder):
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(octets)
        with catalogues_in(folder / "locale"):
            yield folder


def _again(locked: Locked, approved: IssueRendering, folder: Path) -> Rebuilt:
    """Compose and render one variant from the lock alone and compare."""
    differs: list[str] = []
    told = locked.digests[approved.variant]
    try:
        digest = _composed(locked, approved.variant, told, differs)
        own, look = locked.material.template, approved.template
        made, _ = paint(
            digest, look=look, own=own, nonce=approved.nonce, templates=folder, against=Against(settings.PRODUCTION)
        )
    except (NewsletterError, KeyError, TypeError) as error:
        return Rebuilt(approved.variant, None, (*differs, f"It cannot be rendered any more: {error}"))
    again = IssueRendering(
        issue_id=approved.issue_id,
        variant=approved.variant,
        issue_version=approved.issue_version,
        template=approved.template,
        nonce=approved.nonce,
        subject=made.subject,
        preheader=made.preheader,
        html=made.html,
        text=made.text,
        content_hash=made.content_hash,
        rendered_at=approved.rendered_at,
    )
    for part in ("subject", "preheader", "html", "text"):
        differs += _difference(part, getattr(approved, part), getattr(again, part))
    return Rebuilt(approved.variant, again, tuple(differs))


def _composed(locked: Locked, variant: str, told: Mapping[str, Any], differs: list[str]) -> Digest:
    """Return the digest made again from the rows; a variant whose rows are not known starts from the digest kept."""
    if variant and variant not in locked.variants:
        return from_dict(told)
    made_of = locked.variants.get(variant, MadeOf(locked.material, (), {}))
    digest = compose(made_of.material, groups=made_of.groups, also=made_of.also)
    if plain(digest.as_dict()) != told:
        differs.append("The rows make another digest: " + ", ".join(_paths(plain(digest.as_dict()), told)) + ".")
    return digest


def _paths(one: Any, other: Any, at: str = "") -> list[str]:
    """Return where two plain values differ, as paths."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted({*one, *other})
        return [path for name in names for path in _paths(one.get(name), other.get(name), f"{at}.{name}".lstrip("."))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            path
            for number, pair in enumerate(zip(one, other, strict=True))
            for path in _paths(*pair, f"{at}[{number}]")
        ]
    return [] if one == other else [at]


def _difference(part: str, approved: str, again: str) -> list[str]:
    if approved == again:
        return []
    lines = list(unified_diff(approved.splitlines(), again.splitlines(), "approved", "rebuilt", lineterm="", n=0))
    sides = ([line[:300] for line in lines[2:] if line.startswith(sign)][:MOST_LINES] for sign in "-+")
    return [f"The {part} differs.", *(line for side in sides for line in side)]


def _changed(locked: Locked, issue: Issue) -> dict[str, list[str]]:
    """Return what is not as it was at the approval, in words by kind; empty kinds are left out."""
    manifest = locked.lock.manifest
    now, then = libraries(), manifest["libraries"]
    versions = [
        f"{name} was {then.get(name, 'absent')}, is {now.get(name, 'absent')}"
        for name in sorted({*now, *then})
        if now.get(name) != then.get(name)
    ]
    files = template_files(settings.TEMPLATES_DIR)
    templates = [name for name in sorted({*files, *manifest["templates"]}) if files.get(name) != locked.files.get(name)]
    rows = _changed_rows(locked.material, gather(issue))
    site = [] if manifest["site"] == settings.SITE_URL else [f"{manifest['site']} is {settings.SITE_URL}"]
    told = {"libraries": versions, "templates": templates, "rows": rows, "site": site}
    return {name: what for name, what in told.items() if what}


def _changed_rows(then: Material, now: Material) -> list[str]:
    """Return the rows that changed, with their fields, or went or came."""
    before, after = (
        {(row["model"].removeprefix("newsletter."), row["pk"]): row["fields"] for row in map(json.loads, pack(one))}
        for one in (then, now)
    )
    found = []
    for model, key in sorted({*before, *after}, key=str):
        old, new = before.get((model, key)), after.get((model, key))
        if old is None or new is None:
            found.append(f"{model} {key} {'came' if old is None else 'went'}")
        elif fields := [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]:
            found.append(f"{model} {key}: {', '.join(fields)}")
    return found


def _of(variant: str) -> str:
    return f" of variant {variant}" if variant else ""
