"""Many rows into a table at once, through COPY: Django's INSERT costs this process several times as much."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import JSONField, Model

Rows = Iterable[Sequence[Any]]


def pour(model: type[Model], names: Sequence[str], rows: Rows) -> None:
    """Add ``rows`` to the table of ``model``; ``names`` are its attributes in the order of a row's values."""
    with connection.cursor() as cursor:
        _copy(cursor, model._meta.db_table, model, names, rows)


def pour_over(model: type[Model], names: Sequence[str], rows: Rows, *, insert: bool = False) -> None:
    """Write ``rows`` over those with the same key, which is the first of ``names``; other columns keep their values.

    With ``insert`` a row whose key is not there yet is added, so ``names`` must hold every column without a default.
    """
    table, columns = model._meta.db_table, _columns(model, names)
    key, *others = columns
    sets = ", ".join(f"{column} = n.{column}" for column in others)
    with connection.cursor() as cursor:
        cursor.execute(
            f"create temporary table poured on commit drop as select {', '.join(columns)} from {table} limit 0"
        )
        _copy(cursor, "poured", model, names, rows)
        if insert:
            listed = ", ".join(columns)
            merged = sets.replace("n.", "excluded.")
            cursor.execute(
                f"insert into {table} ({listed}) select {listed} from poured on conflict ({key}) do update set {merged}"
            )
        else:
            cursor.execute(f"update {table} as o set {sets} from poured as n where o.{key} = n.{key}")
        cursor.execute("drop table poured")


def numbers(model: type[Model], count: int) -> list[int]:
    """Return ``count`` fresh primary keys of ``model``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [number for (number,) in cursor.fetchall()]


def _copy(cursor: Any, table: str, model: type[Model], names: Sequence[str], rows: Rows) -> None:
    documents = [at for at, name in enumerate(names) if isinstance(model._meta.get_field(name), JSONField)]
    with cursor.copy(f"copy {table} ({', '.join(_columns(model, names))}) from stdin") as copy:
        for row in rows:
            values = list(row)
            for at in documents:
                values[at] = json.dumps(values[at], ensure_ascii=False)
            copy.write_row(values)


def _columns(model: type[Model], names: Sequence[str]) -> list[str]:
    columns = {name: str(field.column) for field in model._meta.concrete_fields for name in (field.name, field.attname)}
    return [columns[name] for name in names]
