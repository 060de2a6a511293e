"""The connection takes on the tenant's own PostgreSQL role, so that a forgotten filter finds nothing of others.

The processes connect as a login role that may do nothing at all. Before the first query for a tenant, one statement
sets the role and the search path together; a rollback, which may undo it, and a new connection make us send it again.
When it fails the query is not sent: without a role there is no right to read anything.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.utils import DatabaseError
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name, quote_schema_name
from psycopg import Error
from psycopg.errors import InFailedSqlTransaction

PUBLIC_ROLE = "app_public"


def role_for(schema: str) -> str:
    return PUBLIC_ROLE if schema == get_public_schema_name() else schema


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]  # django-tenants has no types
    search_path_set_schemas: list[str] | None
    _setting_search_path: bool

    def _handle_search_path(self, cursor: Any = None) -> None:
        if not self.settings_dict["TENANT_ROLES"]:
            super()._handle_search_path(cursor)
            return
        if self._setting_search_path or self.search_path_set_schemas:
            return
        if not self.schema_name:
            raise ImproperlyConfigured("A query was made before a schema was chosen.")
        paths = self._get_cursor_search_paths()
        own = self.connection.cursor() if cursor is None else cursor
        self._setting_search_path = True
        try:
            own.execute(
                "SELECT set_config('role', %s, false), set_config('search_path', %s, false)",
                [role_for(self.schema_name), ",".join(quote_schema_name(path) for path in paths)],
            )
        except InFailedSqlTransaction:
            self.search_path_set_schemas = None  # nothing but a rollback can follow, and that resets us
        except (DatabaseError, Error):
            self.search_path_set_schemas = None
            raise
        else:
            self.search_path_set_schemas = paths
        finally:
            self._setting_search_path = False
            if cursor is None:
                own.close()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.search_path_set_schemas = None  # whatever way the old connection went, the new one has no role
        return super().get_new_connection(conn_params)
