"""Builds the demo world through the same services that a delivery team uses. Running it again changes nothing."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.models import Destination
from apps.audit.publishing import add_destination
from apps.corpora.documents import read_folder
from apps.corpora.models import Snapshot
from apps.corpora.services import create_corpus, import_documents, publish_snapshot
from apps.corpora.services import sign_off as sign_off_snapshot
from apps.evaluations.labels import read_labelled
from apps.evaluations.models import LabelledSet
from apps.evaluations.services import create_labelled_set, train_classifiers
from apps.inference.local.calibration import NEVER
from apps.inference.local.encoder import Encoder, default_encoder
from apps.portal.people import add_member
from apps.prompts.content import read_prompts
from apps.prompts.models import PromptVersion
from apps.prompts.services import create_version as create_prompt
from apps.reviews import calendars, policies
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.services import create_version as create_taxonomy
from apps.taxonomies.services import read_taxonomy
from apps.taxonomies.services import sign_off as sign_off_taxonomy
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership
from apps.tenants.provisioning import create_tenant
from apps.tenants.schemas import in_schema
from apps.workflows import charters
from apps.workflows.composition import Parts, compose
from apps.workflows.models import Release, Warrant, Workflow
from apps.workflows.services import create_release, create_workflow, point_production
from apps.workflows.warrants import issue
from demo import clock, discovery
from demo.people import actor
from demo.systems import connect_systems
from demo.world import PASSWORD, DemoTenant, Say

MIDWEEK = 4  # days: what is watched in weeks from the beginning is in the middle of one now


def seed(tenant: DemoTenant, say: Say) -> None:
    """Make the tenant and everything that its first release pins. `say` is told each step."""
    say("the tenant, its schema and its role")
    create_tenant(
        schema=tenant.schema_name,
        slug=tenant.slug,
        name=tenant.name,
        region=tenant.region,
        industry=tenant.industry,
        domain=f"{tenant.slug}.{settings.BASE_DOMAIN}",
    )
    encoder = default_encoder(settings.MODEL_DIR)
    with in_schema(tenant.schema_name):
        _people(tenant)
        if not tenant.has_release:
            discovery.begin(tenant, say)
            return
        if Workflow.objects.filter(slug=tenant.workflow.slug).exclude(production=None).exists():
            return
        with clock.telling(tenant.workflow.slug, timezone.now() - timedelta(weeks=tenant.weeks, days=MIDWEEK)):
            _begin(tenant, encoder, say)


def _begin(tenant: DemoTenant, encoder: Encoder, say: Say) -> None:
    """The workflow with its charter, and all that its first release pins."""
    # Onto this machine's own disk, for want of another's: the page asks for a destination outside all the same.
    add_destination(actor=actor(Role.COMPLIANCE_OFFICER), kind=Destination.Kind.FOLDER, every_hours=1)
    workflow = _workflow(tenant)
    owner, consultant = actor(Role.DECISION_OWNER), actor(Role.CONSULTANT)
    _charter(tenant, workflow, owner, consultant)
    set_review(tenant, workflow, owner)
    connect_systems(tenant)
    say("documents into the corpus")
    snapshot = _snapshot(tenant, encoder, owner, consultant)
    say("the labelled set and the classifiers")
    labelled = create_labelled_set(
        actor=consultant,
        workflow=workflow,
        name="First labelled set",
        cases=[read_labelled(row) for row in tenant.cases()],
    )
    release = _release(tenant, workflow, snapshot, labelled, encoder, consultant)
    taxonomy = TaxonomyVersion.objects.get(workflow=workflow.slug)
    if not taxonomy.signed_off_at:
        sign_off_taxonomy(actor=owner, version=taxonomy, reason="Checked with the operators.")
    _first_release(workflow, release, owner, consultant)
    for prompt in read_prompts(tenant.folder / "prompts" / "next"):  # written since, and in no release yet
        create_prompt(actor=consultant, prompt=prompt)


def _people(tenant: DemoTenant) -> None:
    known = set(Membership.objects.values_list("user__email", flat=True))
    for person in tenant.people:
        if person.email.lower() not in known:
            add_member(actor=SYSTEM, email=person.email, name=person.name, role=person.role, password=PASSWORD)


def _workflow(tenant: DemoTenant) -> Workflow:
    about = tenant.workflow
    existing = Workflow.objects.filter(slug=about.slug).first()
    return existing or create_workflow(actor=actor(Role.CONSULTANT), **about.model_dump())


def _charter(tenant: DemoTenant, workflow: Workflow, owner: Actor, consultant: Actor) -> None:
    if charters.in_force(workflow):
        return
    content = charters.CharterContent.model_validate(tenant.charter())
    with transaction.atomic():
        drafted = charters.draft_charter(
            actor=consultant, workflow=workflow, content=content, note="The first charter."
        )
        charters.sign_charter(actor=owner, charter=drafted)


def set_review(tenant: DemoTenant, workflow: Workflow, owner: Actor) -> None:
    """The business calendar with its holidays, and the review policy."""
    if calendars.in_force()[0] or policies.in_force(workflow.pk)[0]:
        return
    agreed = tenant.review()
    calendar = calendars.CalendarContent.model_validate(agreed["calendar"])
    calendars.change_calendar(actor=owner, content=calendar, note="Opening hours and holidays.")
    policy = policies.PolicyContent.model_validate(agreed["policy"])
    policies.change_policy(actor=owner, workflow=workflow, content=policy, note="As agreed with the team.")


def _first_release(workflow: Workflow, release: Release, owner: Actor, consultant: Actor) -> None:
    reason = "First release of the workflow."
    warrant = issue(actor=owner, proposed_by=consultant, kind=Warrant.Kind.FIRST, release=release, reason=reason)
    point_production(actor=owner, workflow=workflow, release=release, reason=reason, warrant=warrant)


def _snapshot(tenant: DemoTenant, encoder: Encoder, owner: Actor, consultant: Actor) -> Snapshot:
    corpus = create_corpus(actor=consultant, slug=tenant.workflow.slug)
    import_documents(actor=consultant, corpus=corpus, documents=read_folder(tenant.folder / "corpus"), encoder=encoder)
    snapshot = publish_snapshot(actor=consultant, corpus=corpus, reason="The documents in force.")
    return snapshot if snapshot.signed_off_at else sign_off_snapshot(actor=owner, snapshot=snapshot)


def _release(
    tenant: DemoTenant,
    workflow: Workflow,
    snapshot: Snapshot,
    labelled: LabelledSet,
    encoder: Encoder,
    consultant: Actor,
) -> Release:
    taxonomy = create_taxonomy(
        actor=consultant, workflow=workflow.slug, taxonomy=read_taxonomy(tenant.folder / "taxonomy.yaml")
    )
    prompts: dict[str, PromptVersion] = {}
    for prompt in read_prompts(tenant.folder / "prompts"):
        prompts[prompt.purpose] = create_prompt(actor=consultant, prompt=prompt)
    trained = train_classifiers(actor=consultant, labelled_set=labelled, encoder=encoder)
    asks_model = bool(settings.ANTHROPIC_API_KEY)
    parts = Parts(
        taxonomy=taxonomy,
        snapshot=snapshot,
        prompts=prompts,
        classifiers={tag: artefact.sha256 for tag, artefact in trained.items()},
        high=NEVER if tenant.cautious else trained["case_type"].thresholds.high,
        medium=trained["case_type"].thresholds.medium,
        amount_limit=tenant.automatic_below["amount"],
        intake_route=f"anthropic:{prompts['intake'].model}" if asks_model else "",
        action_route=f"anthropic:{prompts['action'].model}" if asks_model else "local:extractive",
    )
    return create_release(
        actor=consultant,
        workflow=workflow,
        manifest=compose(workflow, parts),
        note="Composed from the signed-off parts.",
    )
