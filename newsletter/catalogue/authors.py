"""What bylines say of authors beside their names, from a TOML file; ``dump_authors`` is the exact inverse."""

from __future__ import annotations

from typing import Any

import tomli_w

from newsletter.catalogue.look import ADDRESS, LANGUAGE
from newsletter.catalogue.models import Author
from newsletter.catalogue.place import Place
from newsletter.errors import Invalid

KEYS = ("name", "page", "affiliation")


def load_authors(tables: Any, *, where: str) -> tuple[Author, ...]:
    """Store the authors of ``[[author]]`` tables, each in the place of the one with the same name, and return them.

    An author who is not named stays as stored. Raises ``Invalid`` naming the key.
    """
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise Invalid("There is no author.", where=f"{where}: author", fix="Write [[author]] with a name.")
    stored: dict[str, Author] = {}
    for number, table in enumerate(tables, 1):
        at = Place(where, f"author {number}")
        at.known(table, KEYS)
        name = at.text(table, "name", longest=200)
        key = compared(name)
        if key in stored:
            raise at.wrong("name", f"{name!r} is named twice", "Keep one of the two.")
        page = at.matching(table, "page", ADDRESS, None, "an https address") if table.get("page") else ""
        fields = {"name": name, "page": page, "affiliation": _affiliation(table, at)}
        stored[key] = Author.objects.update_or_create(folded=key, defaults=fields)[0]
    return tuple(stored.values())


def dump_authors() -> str:
    """Return every author, by name."""
    return "\n".join(_dumped(author) for author in Author.objects.order_by("folded"))


def compared(name: str) -> str:
    """Return ``name`` in the form in which names of authors are compared: case and spacing do not matter."""
    return " ".join(name.split()).casefold()


def _affiliation(table: dict[str, Any], at: Place) -> dict[str, str]:
    told = at.table(table, "affiliation")
    inside = Place(at.where, f"{at.key}.affiliation")
    for language in told:
        if not LANGUAGE.fullmatch(language):
            raise inside.wrong(language, f"{language!r} is no language tag", 'Write it like en = "...".')
    return {language: inside.text(told, language, longest=200) for language in told}


def _dumped(author: Author) -> str:
    told = {"name": author.name, **({"page": author.page} if author.page else {})}
    lines = f"[[author]]\n{tomli_w.dumps(told)}"
    spoken = ", ".join(tomli_w.dumps({tag: words}).rstrip("\n") for tag, words in author.affiliation.items())
    return lines + (f"affiliation = {{ {spoken} }}\n" if spoken else "")
