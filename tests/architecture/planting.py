"""Fill every table of a tenant with a row that carries a recognisable text, whatever the models will be."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField, DateRangeField, IntegerRangeField
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange
from django.utils import timezone
from pgvector.django import HalfVectorField, VectorField

from apps.audit.entries import leaf_hash
from apps.insights.return_terms import Terms
from apps.reviews.calendars import CalendarContent, SpecialDay
from apps.reviews.policies import PolicyContent, TwoPeople
from apps.workflows.charters import CharterContent

Field: TypeAlias = "models.Field[Any, Any]"
# For fields that hold no text, by the nearest kind.
VALUES: dict[type[Field], Any] = {
    models.BooleanField: False,
    models.IntegerField: 1,
    models.DecimalField: Decimal(1),
    models.FloatField: 1.0,
    models.DurationField: timedelta(hours=1),
    models.DateField: date(2020, 1, 1),
    DateRangeField: DateRange(date(2020, 1, 1), None),
    IntegerRangeField: NumericRange(1, None),
}

# What the database itself checks, and so cannot be any text.
CHECKED = {
    "audit.Entry": lambda canary: {"bytes": canary.encode(), "leaf": leaf_hash(canary.encode())},
    "compliance.Export": lambda canary: {"scope": {"kind": "person", "id": canary, "title": canary}},
    "compliance.LegalHold": lambda _: {"lifted_at": timezone.now()},
    "engagements.RitualRecord": lambda _: {"outcome": "skipped"},
    "inference.Exchange": lambda _: {"person": uuid4()},
    "insights.ReturnTerms": lambda _: {"content": Terms(discovery_on=timezone.now().date()).model_dump(mode="json")},
    "evaluations.Override": lambda canary: {"decided_by": f"another {canary}"},
    "portability.HandOver": lambda canary: {"approved_by": f"another {canary}"},
    "reviews.BlindReview": lambda _: {"verdict": ""},
    "reviews.CalendarVersion": lambda canary: {
        "content": CalendarContent(special=(SpecialDay(day=date(2020, 1, 1), name=canary),)).model_dump(mode="json")
    },
    "reviews.Disposition": lambda _: {"kind": "escalate"},
    "reviews.Pause": lambda _: {"kind": "sent_back"},
    "reviews.PolicyVersion": lambda canary: {
        "content": PolicyContent(two_people=TwoPeople(case_types=(canary,))).model_dump(mode="json")
    },
    "workflows.Charter": lambda canary: {"content": CharterContent(outcome=canary).model_dump(mode="json")},
    "workflows.TrafficPlan": lambda _: {"shares": []},
    "workflows.Warrant": lambda canary: {"approved_by": f"another {canary}"},
}


def tenant_models() -> list[type[models.Model]]:
    return [
        model for model in apps.get_models() if apps.get_app_config(model._meta.app_label).name in settings.TENANT_APPS
    ]


def plant(canary: str) -> dict[type[models.Model], models.Model]:
    """One row for each tenant model, in the current tenant. Texts, JSON and bytes hold the canary wherever they may.

    Tables that only the database itself writes, as a trigger's, are left to it.
    """
    planted: dict[type[models.Model], models.Model] = {}
    for model in tenant_models():
        if _may_insert(model):
            _plant(model, canary, planted)
    return planted


def _may_insert(model: type[models.Model]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'INSERT')", [model._meta.db_table])
        return bool(cursor.fetchone()[0])


def _plant(model: type[models.Model], canary: str, planted: dict[type[models.Model], models.Model]) -> models.Model:
    if model not in planted:
        values = {
            field.attname: _value(field, canary, planted)
            for field in model._meta.concrete_fields
            if not isinstance(field, models.AutoField) and not field.generated
        }
        values |= CHECKED.get(model._meta.label, lambda _: {})(canary)
        # Not save(), which a model may refuse: an audit entry, for one, is only ever appended.
        planted[model] = model._base_manager.bulk_create([model(**values)])[0]
    return planted[model]


def _value(field: Field, canary: str, planted: dict[type[models.Model], models.Model]) -> Any:
    if isinstance(field, models.ForeignKey) and not field.null:
        target = _plant(field.related_model, canary, planted)
        return getattr(target, field.target_field.attname)
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.CharField | models.TextField):
        return canary[: field.max_length]
    if isinstance(field, models.BinaryField):
        return canary.encode().ljust(32)  # the length of a hash, where a check asks for one
    if isinstance(field, models.JSONField):
        return {"canary": canary}
    if field.null:
        return None
    if isinstance(field, models.UUIDField):
        return uuid4()
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, ArrayField):
        return [_value(field.base_field, canary, planted)]
    if isinstance(field, HalfVectorField | VectorField):
        return [0.0] * (field.dimensions or 1)
    if isinstance(field, SearchVectorField):
        return f"'{canary}'"
    if field.has_default():
        return field.get_default()
    return next(value for kind, value in VALUES.items() if isinstance(field, kind))
