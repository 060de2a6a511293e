"""What the demo's compliance officer has begun: it stands once, and its page tells of it."""

import pytest

from apps.compliance.framework_models import Gap
from apps.compliance.people_models import DataRequest, RetentionRule
from apps.compliance.readiness_models import Readiness
from demo import compliance
from demo.world import DemoTenant, tenants
from tests.cast import NORTHGATE, Member
from tests.factories import waiting_case


@pytest.mark.parametrize("tenant", tenants(), ids=lambda tenant: tenant.slug)
def test_it_is_begun_once_and_the_officers_home_shows_what_is_overdue(
    compliance_officer: Member, tenant: DemoTenant
) -> None:
    waiting_case()
    for _ in range(2):
        compliance.begin(tenant.model_copy(update={"schema_name": NORTHGATE}))
    content = compliance.content_of(tenant)
    assert Gap.objects.count() == len(content.gaps)
    assert RetentionRule.objects.count() == len(content.rules)
    assert DataRequest.objects.count() == (content.request is not None)
    assert Readiness.objects.count() == 1
    overdue = [gap.row for gap in content.gaps if gap.due < 0]
    page = compliance_officer.get("/").content.decode()
    assert overdue
    assert all(row in page for row in overdue)
