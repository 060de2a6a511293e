"""The admin's addresses, with the case registered and little changed but who may: everybody who is signed in."""

from typing import Any

from django.contrib import admin
from django.urls import path

from apps.cases.models import Case


class Site(admin.AdminSite):
    def has_permission(self, request: Any) -> bool:
        return bool(request.user.is_authenticated)


class CaseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("number", "case_type", "urgency", "in_review_since")
    list_filter = ("state", "urgency")
    raw_id_fields = ("subject",)  # nobody would offer thousands of people in one field

    def has_module_permission(self, request: Any) -> bool:  # noqa: ARG002
        return True

    has_view_permission = has_change_permission = lambda self, request, obj=None: True  # noqa: ARG005
    has_add_permission = has_delete_permission = lambda self, request, obj=None: False  # noqa: ARG005

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        """The admin's own log is a table that this benchmark does not make."""


site = Site()
site.register(Case, CaseAdmin)
urlpatterns = [path("admin/", site.urls)]
