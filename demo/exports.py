"""The first export that the compliance officer has asked for: one decided case, ready to be taken home."""

from django.conf import settings

from apps.cases.models import Case
from apps.compliance.export_models import Export
from apps.compliance.exports.scopes import Kind, Scope
from apps.compliance.exports.services import ask
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from demo.people import actor
from demo.world import DemoTenant


def ask_first(tenant: DemoTenant) -> None:
    """The workers make it. Nothing to do where there was ever one, or nobody to seal it."""
    with in_schema(tenant.schema_name):
        if not settings.SIGNER_SOCKET or Export.objects.exists():
            return
        case = Case.objects.filter(closed_at__isnull=False).order_by("-closed_at").first()
        if case:
            ask(actor=actor(Role.COMPLIANCE_OFFICER), scope=Scope(Kind.CASE, str(case.pk), case.number))
