"""Cases as the layers would leave them, without running a model: typed results, steps and audit entries."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.admission import admit
from apps.cases.evidence import evidence
from apps.cases.layers.grounding import verify
from apps.cases.layers.types import (
    ActionResult,
    Band,
    Citation,
    Claim,
    ContextResult,
    Decision,
    ExtractedField,
    Fact,
    Frozen,
    IntakeResult,
    Lane,
    Passage,
    PlannedEffect,
    ReviewResult,
    Tag,
    Withheld,
)
from apps.cases.models import Case, Step
from apps.cases.submission import Submission
from apps.connectors.models import System
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.services import create_version, read_taxonomy
from apps.tenants.actors import SYSTEM
from apps.workflows.manifest import ActionPart, ContextPart, IntakePart, Manifest
from apps.workflows.models import Workflow
from apps.workflows.services import create_release, create_workflow
from tests.charters import first_release

TAXONOMY = Path(__file__).parent.parent / "demo" / "northgate" / "taxonomy.yaml"
TEXT = """Hi,

I bought the Ridgeline boots (order 88-20417) and the sole has come off the left one after five weeks of normal walking.
I have the receipt. I don't want another pair, I want my money back.

Dana Whitfield"""
_numbers = count(1)


@cache
def taxonomy() -> Taxonomy:
    return read_taxonomy(TAXONOMY)


def customer_service() -> Workflow:
    """The workflow with a release in production, made once per tenant."""
    known = Workflow.objects.filter(slug="customer-service").first()
    if known:
        return known
    workflow = create_workflow(
        actor=SYSTEM, slug="customer-service", title="Customer service", owner="dora@cast.example", case_prefix="R"
    )
    version = create_version(actor=SYSTEM, workflow=workflow.slug, taxonomy=taxonomy())
    manifest = Manifest(
        workflow=workflow.slug,
        taxonomy_version=version.version,
        taxonomy=version.sha256,
        intake=IntakePart(classifiers={}, encoder="", high="0.9", medium="0.6", route="", prompt=""),
        context=ContextPart(corpus="policies", snapshot=1, snapshot_sha256="", passages=6, reranker="maxsim"),
        action=ActionPart(
            route="local:extractive", prompt="", grants=tuple(sorted(taxonomy().operations())), amount_limit="100"
        ),
    )
    release = create_release(actor=SYSTEM, workflow=workflow, manifest=manifest)
    first_release(workflow, release)
    System.objects.create(
        slug="shop",
        title="Shop",
        guarantee=System.Guarantee.KEY,
        operations={
            name.partition(".")[2]: {"kind": "effect"} for name in taxonomy().operations() if name.startswith("shop.")
        },
    )
    return workflow


@dataclass
class Draft:
    """A case to make. The defaults give a drafted return with one sentence that has no source."""

    title: str = "Refund for boots that split after five weeks"
    text: str = TEXT
    customer: str = "C-1001"
    channel: str = "email"
    case_type: str = "return"
    urgency: str = "normal"
    sentiment: str = "annoyed"
    band: Band = "high"
    confidence: float = 0.97
    lane: Lane = "drafted"
    rule: str = "ungrounded"
    reason: str = "One sentence of the draft could not be verified: It has no source."
    reserved: bool = False
    ungrounded: bool = True
    waited: timedelta = timedelta(minutes=14)
    effects: tuple[PlannedEffect, ...] = field(default_factory=tuple)


def waiting_case(draft: Draft | None = None, **changes: object) -> Case:
    """A case that waits for a person, with its four steps and their audit entries."""
    draft = draft or Draft(**changes)  # type: ignore[arg-type]
    case = admitted_case(draft)
    since = timezone.now() - draft.waited
    results: dict[str, Frozen] = {
        "intake": intake(draft),
        "context": context(),
        "action": action(draft),
        "review": review(draft),
    }
    with transaction.atomic():
        for position, (layer, result) in enumerate(results.items()):
            add_step(case, layer, result, since + timedelta(milliseconds=200 * position))
        case.state, case.layer, case.in_review_since = Case.State.REVIEW, Case.Layer.REVIEW, since
        case.case_type, case.urgency, case.sentiment = draft.case_type, draft.urgency, draft.sentiment
        case.band, case.lane, case.impact = draft.band, draft.lane, "medium"
        case.reason, case.reserved, case.decision = draft.reason, draft.reserved, "send_label_silver"
        case.save()
    return case


def admitted_case(draft: Draft) -> Case:
    """A case that has come in, and nothing more."""
    submission = Submission(
        external_id=f"made-{next(_numbers)}",
        text=draft.text,
        subject=draft.title,
        channel=draft.channel,
        customer=draft.customer,
        received_at=timezone.now() - draft.waited,
    )
    admission = admit(actor=SYSTEM, workflow=customer_service(), submission=submission, region="EU")
    return Case.objects.get(pk=admission.case_id)


def add_step(case: Case, layer: str, result: Frozen, at: datetime) -> None:
    times = {"intake": 38_000, "context": 212_000, "action": 1_840_000, "review": 400}
    Step.objects.create(
        case=case,
        layer=layer,
        revision=case.revision,
        result=result.model_dump(mode="json"),
        started_at=at,
        microseconds=times[layer],
    )
    record(
        actor=SYSTEM,
        action=f"case.{layer}",
        object=f"case:{case.pk}",
        case=case.pk,
        subject=str(case.subject_id),
        layer=layer,
        release=case.release_id,
        **evidence(result),
    )


def intake(draft: Draft) -> IntakeResult:
    start = draft.text.find("88-20417")
    fields = [
        ExtractedField(name="order_number", title="Order", value="88-20417", start=start, end=start + 8, band="high")
    ]
    return IntakeResult(
        case_type=Tag(
            value=draft.case_type,
            confidence=draft.confidence,
            band=draft.band,
            decided_by="classifier",
            why="The words are those of earlier returns.",
        ),
        urgency=Tag(
            value=draft.urgency, confidence=1, band="high", decided_by="default", why="No rule says otherwise."
        ),
        sentiment=Tag(
            value=draft.sentiment, confidence=0.8, band="medium", decided_by="rule", why="Asks for the money back."
        ),
        fields=tuple(fields if start >= 0 else ()),
        alternatives=(("defect", 0.021), ("refund_status", 0.004)),
        classifier="c1a551f1e4",
    )


def passage(number: int, source: str, title: str, version: int, heading: str, text: str, **ranks: int) -> Passage:
    return Passage(
        id=f"p{number}",
        source=source,
        title=title,
        version=version,
        anchor=heading.lower().replace(" ", "-"),
        heading=heading,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        score=1 / number,
        ranks=ranks,
    )


PASSAGES = (
    passage(
        1, "returns", "Returns policy", 14, "Free label for Silver members",
        "As a Silver member you have 30 days from delivery to return an item. Your return label is free, and we refund "
        "the full price of the item. We have sent the label to the email address of your account.",
        words=1, meaning=2, rerank=1,
    ),
    passage(
        2, "warranty", "Warranty policy", 7, "Defects",
        "Items with a manufacturing defect are refunded in full. Packaging is not required.",
        words=3, meaning=1, rerank=2,
    ),
    passage(
        3, "refunds", "Refunds", 5, "When the money arrives",
        "We pay refunds to the payment method of the order within five working days.",
        words=2, meaning=4, rerank=3,
    ),
)  # fmt: skip
FACTS = (
    Fact(name="order.number", value="88-20417", system="shop"),
    Fact(name="order.item", value="Ridgeline boots", system="shop"),
    Fact(name="order.total", value="129.00", system="shop"),
    Fact(name="customer.name", value="Dana Whitfield", system="shop"),
    Fact(name="customer.tier", value="silver", system="shop"),
)


def context() -> ContextResult:
    return ContextResult(
        passages=PASSAGES,
        withheld=(Withheld(reason="not_in_force", count=2), Withheld(reason="region", count=1)),
        facts=FACTS,
        snapshot="1",
        reranker="maxsim",
    )


def action(draft: Draft) -> ActionResult:
    first, second, third = PASSAGES
    quote = "As a Silver member you have 30 days from delivery to return an item."
    claims = [
        Claim(text="Thank you for writing to us about your return.", kind="courtesy"),
        Claim(text=quote, kind="statement", citations=(Citation(passage=first.id, quote=quote),)),
        _quoting(second, "Items with a manufacturing defect are refunded in full."),
        _quoting(third, third.text),
        Claim(text="Kind regards, Northgate customer service", kind="courtesy"),
    ]
    if draft.ungrounded:
        claims.insert(3, Claim(text="You will also receive a voucher for the trouble.", kind="statement"))
    return ActionResult(
        claims=verify(claims, PASSAGES, FACTS),
        decision=Decision(
            slug="send_label_silver",
            title="Send a free label to a Silver member",
            impact="medium",
            why="customer.tier is silver, order.days_since_delivery is at most 30.",
        ),
        effects=draft.effects or LABEL,
        reasoning="The reply quotes Returns policy § Free label for Silver members.",
        drafter="local:extractive",
        prompt="",
        confidence=0.9,
    )


LABEL = (
    PlannedEffect(
        system="shop",
        operation="create_label",
        params={"order": "88-20417"},
        object="order:88-20417",
        summary="Send a free return label for order 88-20417",
        amount=Decimal("3.95"),
    ),
)


def _quoting(passage: Passage, quote: str) -> Claim:
    return Claim(text=quote, kind="statement", citations=(Citation(passage=passage.id, quote=quote),))


def review(draft: Draft) -> ReviewResult:
    return ReviewResult(
        route="reserved" if draft.reserved else "queue",
        rule=draft.rule,
        reason=draft.reason,
        lane=draft.lane,
        confidence=draft.confidence,
        band=draft.band,
        impact="medium",
    )
