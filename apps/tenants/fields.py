"""References from a tenant's tables to people, who live outside of it."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from apps.tenants.models import Membership


class MemberField(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key to a person who is, or was, a member of this tenant.

    PostgreSQL checks foreign keys without row-level security and would accept another tenant's person: we look.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("to", settings.AUTH_USER_MODEL)
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("related_name", "+")
        super().__init__(**kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        person = super().pre_save(model_instance, add)
        if person is not None and not Membership.objects.filter(user_id=person).exists():
            raise ValidationError(f"{self.name}: this person was never a member here.")
        return person
