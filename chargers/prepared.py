"""Queries and rows whose SQL is made once: what a charger waits for must not spend its time on making SQL.

To turn a query of the ORM into SQL costs some ten times what running it does. Here that happens once per thread and
connection; the values of each call are then put in the places where the query had its samples.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.query import ModelIterable, get_related_populators

T = TypeVar("T")

# Samples: values that no query holds, and that fit into every column of their kind.
NUMBERS_FROM = 31_000
MARK = "\ue000"


def among(queryset: "models.QuerySet[Any, T]", column: str, sample: int | str) -> "models.QuerySet[Any, T]":
    """Where the field `column` of the model is one of a list of numbers; give it to the call through `numbers`."""
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    place = f"{quote(queryset.model._meta.db_table)}.{quote(_column(queryset.model._meta.get_field(column)))}"
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        condition = f"{place} = ANY(%s)"
    else:
        condition = f"{place} IN (SELECT value FROM json_each(%s))"
    return queryset.extra(where=[condition], params=[sample])


def numbers(values: Collection[int]) -> Any:
    """A list for `among`, as the database wants it."""
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        return list(values)
    return f"[{','.join(map(str, values))}]"


class Prepared(Generic[T]):
    """`build` makes the query from samples of these kinds; a call runs it with values of its own in their places.

    None and lists cannot be given, for they change the SQL; a list goes as a text, with `among` and `numbers`. What
    comes is what the query gives: rows of the model with what it joins, or tuples.
    """

    def __init__(self, build: "Callable[..., models.QuerySet[Any, T]]", *kinds: type[int] | type[str]) -> None:
        self._build = build
        self._kinds = kinds
        self._of_thread = threading.local()

    def __call__(self, *values: Any) -> list[T]:
        made: _Made | None = getattr(self._of_thread, "made", None)
        if made is None or made.connection is not connections[DEFAULT_DB_ALIAS]:
            made = self._of_thread.made = _Made(self._build, self._kinds)
        return made.run(values)


class _Made:
    """A query as SQL, and how its rows are read; the same steps as in the ORM, the costly ones beforehand."""

    def __init__(self, build: Callable[..., Any], kinds: Sequence[type[int] | type[str]]) -> None:
        self.connection = connections[DEFAULT_DB_ALIAS]
        given = [NUMBERS_FROM + n if kind is int else f"{MARK}{n}" for n, kind in enumerate(kinds)]
        queryset = build(*given)
        self.compiler = compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, params = compiler.as_sql()
        self.fixed = [given.index(value) if value in given else None for value in params]
        self.params = params
        missing = set(range(len(given))) - set(self.fixed)
        assert not missing, f"samples {missing} are not in the query as they were given"
        selected = [column[0] for column in compiler.select[: compiler.col_count]]
        self.converters = compiler.get_converters(selected)
        self.gives_models = issubclass(queryset._iterable_class, ModelIterable)
        if self.gives_models:
            fields = compiler.klass_info["select_fields"]
            self.model = compiler.klass_info["model"]
            self.columns = slice(fields[0], fields[-1] + 1)
            self.names = [column[0].target.attname for column in compiler.select[self.columns]]
            self.joined = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
            self.extras = list((compiler.annotation_col_map or {}).items())

    def run(self, values: Sequence[Any]) -> list[Any]:
        params = [
            fixed if place is None else values[place] for fixed, place in zip(self.params, self.fixed, strict=True)
        ]
        with self.connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            rows = cursor.fetchall()
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        if not self.gives_models:
            return [tuple(row) for row in rows]
        found = []
        for row in rows:
            one = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.columns])
            for populator in self.joined:
                populator.populate(row, one)
            for name, position in self.extras:
                setattr(one, name, row[position])
            found.append(one)
        return found


def insert_row(row: models.Model) -> None:
    """Save a new row, as `save` does, but without signals and `auto_now`, which no row given here has."""
    made = _written_by(type(row), ())
    with made.connection.cursor() as cursor:
        cursor.execute(made.insert, made.values_of(row))
        row.pk = cursor.fetchone()[0] if made.returns else cursor.lastrowid
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def update_row(row: models.Model, *fields: str) -> None:
    """Write these fields of a row that is in the database; all of them where none are named."""
    made = _written_by(type(row), fields)
    with made.connection.cursor() as cursor:
        cursor.execute(made.update, [*made.values_of(row), row.pk])


class _Written:
    """How rows of a model, or some fields of them, are written."""

    def __init__(self, model: type[models.Model], names: Sequence[str]) -> None:
        self.connection = connections[DEFAULT_DB_ALIAS]
        quote = self.connection.ops.quote_name
        table, key = quote(model._meta.db_table), quote(_column(model._meta.pk))
        fields = [model._meta.get_field(name) for name in names] or model._meta.concrete_fields
        self.fields: list[Any] = [field for field in fields if field is not model._meta.pk]
        columns = [quote(field.column) for field in self.fields]
        self.returns = self.connection.features.can_return_columns_from_insert
        marks = ", ".join(["%s"] * len(columns))
        self.insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        if self.returns:
            self.insert += f" RETURNING {key}"
        assignments = ", ".join(f"{column} = %s" for column in columns)
        self.update = f"UPDATE {table} SET {assignments} WHERE {key} = %s"

    def values_of(self, row: models.Model) -> list[Any]:
        return [field.get_db_prep_save(getattr(row, field.attname), self.connection) for field in self.fields]


def _column(field: Any) -> str:
    column: str = field.column
    return column


_of_thread = threading.local()


def _written_by(model: type[models.Model], names: tuple[str, ...]) -> _Written:
    known: dict[Any, _Written] = _of_thread.__dict__.setdefault("known", {})
    made = known.get((model, names))
    if made is None or made.connection is not connections[DEFAULT_DB_ALIAS]:
        made = known[model, names] = _Written(model, names)
    return made
