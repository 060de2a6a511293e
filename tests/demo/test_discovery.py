"""A demo tenant in Discovery: artefacts that are begun and not signed, labels as people gave them, and no release."""

from pathlib import Path

import pytest

from apps.audit.models import Entry
from apps.corpora.documents import read_folder
from apps.corpora.models import Snapshot
from apps.evaluations.coverage import LEAST, coverage_of
from apps.evaluations.labelled_sets import draft_of
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.services import read_taxonomy
from apps.tenants.capabilities import Role
from apps.workflows import charters
from apps.workflows.models import Workflow
from demo import discovery, ndas
from demo.world import DemoTenant, tenants
from tests.cast import NORTHGATE, Member


@pytest.fixture
def calloway() -> DemoTenant:
    found = next(tenant for tenant in tenants() if not tenant.has_release)
    return found.model_copy(update={"schema_name": NORTHGATE, "region": "AE"})


def test_it_is_begun_once_with_140_of_200_clauses_answered_and_nothing_signed(
    calloway: DemoTenant, operator: Member, consultant: Member, decision_owner: Member
) -> None:
    discovery.begin(calloway, lambda _: None)
    number = Entry.objects.count()
    discovery.begin(calloway, lambda _: None)
    assert Entry.objects.count() == number
    workflow = Workflow.objects.get(slug=calloway.workflow.slug)
    draft = draft_of(workflow)
    assert draft
    coverage = coverage_of(draft)
    assert (coverage.answered, coverage.in_all) == (140, LEAST)
    assert draft.cases.filter(disputed=True).count() == 9
    assert draft.cases.filter(labels=None).count() == 51
    assert not workflow.releases.exists()
    assert charters.in_force(workflow) is None
    assert "walk away" in workflow.charters.get().note
    assert TaxonomyVersion.objects.get(workflow=workflow.slug).signed_off_at is None
    assert Snapshot.objects.get(corpus__slug=workflow.slug).signed_off_at is None


def test_every_passage_that_a_decision_speaks_from_is_in_the_documents(calloway: DemoTenant) -> None:
    taxonomy = read_taxonomy(calloway.folder / "taxonomy.yaml")
    documents = read_folder(calloway.folder / "corpus")
    anchors = {f"{each.head.slug}#{passage.anchor}" for each in documents for passage in each.passages}
    assert taxonomy.anchors() <= anchors
    assert taxonomy.sources() <= {each.head.slug for each in documents}


def test_one_source_may_not_leave_the_emirates(calloway: DemoTenant) -> None:
    documents = read_folder(calloway.folder / "corpus")
    assert [each.head.slug for each in documents if each.head.regions == ("AE",)] == ["state-clients"]


def test_a_clause_that_is_not_written_as_it_should_be_is_named(tmp_path: Path) -> None:
    facts = "{paper: own, matter: supply, region: AE, stays: false}"
    (tmp_path / "a.md").write_text(f"# ND-1 Mutual NDA\n{facts}\n## 9 term fallback\nFor ever.\n", encoding="utf-8")
    with pytest.raises(ValueError, match="9 term fallback"):
        ndas.read_ndas(tmp_path)


@pytest.mark.parametrize("tenant", tenants(), ids=lambda tenant: tenant.slug)
def test_every_role_is_somebodys(tenant: DemoTenant) -> None:
    assert {person.role for person in tenant.people} == set(Role)
    assert tenant.workflow.owner in {person.email for person in tenant.people if person.role == Role.DECISION_OWNER}
