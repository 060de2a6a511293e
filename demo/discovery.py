"""A workflow in its first ten days: people, a calendar, artefacts that are begun and not signed. Nothing runs yet."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.corpora.documents import read_folder
from apps.corpora.services import create_corpus, import_documents, publish_snapshot
from apps.engagements.engagements import working_day
from apps.evaluations.drafts import add_rows, start_draft
from apps.evaluations.labelling import save_label
from apps.evaluations.models import LabelledCase, LabelledSet
from apps.inference.local.encoder import default_encoder
from apps.prompts.content import read_prompts
from apps.prompts.services import create_version as create_prompt
from apps.reviews import calendars
from apps.taxonomies.services import create_version as create_taxonomy
from apps.taxonomies.services import read_taxonomy
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.workflows import charters
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from demo import clock, engagements, ndas
from demo.people import actor, actors
from demo.world import DemoTenant, Say


@transaction.atomic
def begin(tenant: DemoTenant, say: Say) -> None:
    """What is there on today's day of Discovery. Called in the tenant's schema; nothing to do where it was begun."""
    if Workflow.objects.filter(slug=tenant.workflow.slug).exists():
        return
    _agree_on_the_calendar(tenant)
    slug, consultant = tenant.workflow.slug, actor(Role.CONSULTANT)
    with clock.telling(slug, _day(tenant, 1)):
        workflow = create_workflow(actor=consultant, **tenant.workflow.model_dump())
    say("documents into the corpus")
    with clock.telling(slug, _day(tenant, 3)):
        _import_documents(tenant, consultant)
    with clock.telling(slug, _day(tenant, 4)):
        _draft_what_decides(tenant, consultant)
    say("clauses of NDAs, labelled as far as they are")
    with clock.telling(slug, _day(tenant, 5)):
        draft = _draft_set(tenant, workflow, consultant)
    with clock.telling(slug, _day(tenant, 6)):
        _label(tenant, draft)
    with clock.telling(slug, _day(tenant, 7)):
        _draft_charter(tenant, workflow, consultant)


def _agree_on_the_calendar(tenant: DemoTenant) -> None:
    if not calendars.in_force()[0]:
        content = calendars.CalendarContent.model_validate(tenant.review()["calendar"])
        calendars.change_calendar(actor=actor(Role.DECISION_OWNER), content=content, note="Opening hours and holidays.")


def _import_documents(tenant: DemoTenant, consultant: Actor) -> None:
    """As a snapshot that the owner can sign; she has not."""
    corpus = create_corpus(actor=consultant, slug=tenant.workflow.slug)
    encoder = default_encoder(settings.MODEL_DIR)
    import_documents(actor=consultant, corpus=corpus, documents=read_folder(tenant.folder / "corpus"), encoder=encoder)
    publish_snapshot(actor=consultant, corpus=corpus, reason="As the owners of the documents handed them over.")


def _draft_what_decides(tenant: DemoTenant, consultant: Actor) -> None:
    taxonomy = read_taxonomy(tenant.folder / "taxonomy.yaml")
    create_taxonomy(actor=consultant, workflow=tenant.workflow.slug, taxonomy=taxonomy)
    for prompt in read_prompts(tenant.folder / "prompts"):
        create_prompt(actor=consultant, prompt=prompt)


def _draft_charter(tenant: DemoTenant, workflow: Workflow, consultant: Actor) -> None:
    """Incomplete and unsigned, with a note on what may end the engagement."""
    charter = tenant.charter()
    note = charter.pop("note")
    content = charters.CharterContent.model_validate(charter)
    charters.draft_charter(actor=consultant, workflow=workflow, content=content, note=note)


def _draft_set(tenant: DemoTenant, workflow: Workflow, consultant: Actor) -> LabelledSet:
    draft = start_draft(actor=consultant, workflow=workflow, name="Clauses of NDAs")
    rows = [
        LabelledCase(
            external_id=clause.submission.external_id,
            submission=clause.submission.model_dump(mode="json"),
            given=False,
        )
        for clause in ndas.read_ndas(tenant.folder / "ndas")
    ]
    add_rows(actor=consultant, draft=draft, rows=rows, source="60 NDAs of the past year, cut into clauses")
    return draft


def _label(tenant: DemoTenant, draft: LabelledSet) -> None:
    """By the paralegal of the office that has the matter, and a part of it by the senior associate as well."""
    taxonomy = read_taxonomy(tenant.folder / "taxonomy.yaml")
    paralegals, senior = actors(Role.OPERATOR), actor(Role.SENIOR_REVIEWER)
    rows = {row.external_id: row for row in draft.cases.select_related("labelled_set")}
    for clause in ndas.read_ndas(tenant.folder / "ndas"):
        paralegal = paralegals[-1 if clause.submission.region == tenant.region else 0]
        for person, said in ((paralegal, clause.first), (senior, clause.second)):
            if said:
                row = rows[clause.submission.external_id]
                answers = ndas.answers(taxonomy, said, clause.submission)
                save_label(actor=person, case=row, answers=answers, revision=0, complete=True)


def _day(tenant: DemoTenant, number: int) -> datetime:
    """Nine in the morning of this working day of Discovery, where the tenant is; not later than now."""
    return min(engagements.morning(working_day(engagements.first_day(tenant), number)), timezone.now())
