"""Empty the database after a test that commits: Django's own flush takes many times as long.

It truncates every table, which on PostgreSQL makes hundreds of files, and then writes all content
types and permissions anew. Few tests write more than a dozen tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

# Written when the database is made, and by no test.
_KEPT = {"django_content_type", "auth_permission", "django_migrations"}


def empty(case: Any) -> None:
    """Delete every row that a `TransactionTestCase` may have left, in each of its databases."""
    for alias in case._databases_names(include_mirrors=False):
        connection = connections[alias]
        with _unconstrained(connection), connection.cursor() as cursor:
            cursor.execute(_which_hold_rows(alias))
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@cache
def _which_hold_rows(alias: str) -> str:
    connection = connections[alias]
    tables = set(connection.introspection.django_table_names(only_existing=True)) - _KEPT
    quoted = {table: connection.ops.quote_name(table) for table in sorted(tables)}
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name})" for table, name in quoted.items()
    )


@contextmanager
def _unconstrained(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let rows go in any order."""
    if connection.vendor != "postgresql":
        with connection.constraint_checks_disabled():
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")
