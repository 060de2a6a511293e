"""The demo's people look at ended cases once more, through the product's own doors, and only once."""

from apps.connectors.models import Effect
from apps.evaluations import review_quality
from apps.reviews import policies
from apps.reviews.models import BlindReview
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from demo import past, second_looks
from demo.world import DemoTenant
from tests.cases.world import shop_system, workflow
from tests.demo.test_past import tenant

__all__ = ["shop_system", "tenant", "workflow"]


def test_people_look_and_nothing_is_sent_and_a_second_run_adds_nothing(tenant: DemoTenant, workflow: Workflow) -> None:
    past.bring_over(tenant, past.reserve(tenant))
    content = policies.PolicyContent(blind=policies.Blind(sample=50, second=50))
    policies.change_policy(actor=SYSTEM, workflow=workflow, content=content, note="Much.")
    for _ in range(2):
        second_looks.look_again(tenant)
    decided = BlindReview.objects.exclude(verdict="")
    assert 0 < decided.count() <= 2 * second_looks.EACH
    assert not Effect.objects.exists()
    assert review_quality.sampled(workflow).n + len(review_quality.agreement_by_pair()) > 0
