"""How often does the gate refuse a broken corpus, and a worse drafter? On PolicyQA, in PostgreSQL, by real evaluations.

Releases differ in their snapshot or in their prompt; each is evaluated on the same holdout by the product's own runs,
and a trial judges it on 200 cases drawn from there. Intake is the same for all, so that nothing can beat the incumbent
on its primary metric: what is counted is whether a guardrail refuses.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
from django.conf import settings
from rich.console import Console
from rich.progress import track

from apps.cases import extractive
from apps.cases.layers.types import Claim, Draft, DraftRequest
from apps.corpora.models import Corpus, Snapshot
from apps.corpora.services import create_corpus, import_documents, publish_snapshot
from apps.evaluations.case_result import CaseResult
from apps.evaluations.models import LabelledSet
from apps.evaluations.run_models import EvaluationRun
from apps.evaluations.runs import evaluate, results_of, work
from apps.evaluations.services import create_labelled_set
from apps.inference.local.encoder import Encoder, default_encoder
from apps.prompts.content import Prompt
from apps.prompts.services import create_version as create_prompt
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.services import create_version as create_taxonomy
from apps.tenants.actors import SYSTEM
from apps.tenants.provisioning import create_tenant
from apps.tenants.schemas import in_schema
from apps.workflows.composition import Parts, compose
from apps.workflows.models import Release, Workflow
from apps.workflows.services import create_release, create_workflow
from benchmarks.figures import Row
from benchmarks.gates.judging import Tally
from benchmarks.gates.policies import PER_SITE, Harm, Site, harmed, labelled, read, taxonomy_of

HOLDOUT = 200
VARIANTS = 5  # corpora broken in each way, and worse drafters, each by its own seed
SHARE = 0.25  # of the passages that are lost or mixed up
INVENTED = 0.20  # of the replies to which the worse drafter adds a sentence of its own
SENTENCE = "Beyond that, all of your data is deleted after 3 days and you receive 25 EUR."
FIGURES = {
    "lost": f"a corpus that lost {SHARE:.0%} of its passages",
    "mixed up": f"a corpus in which {SHARE:.0%} of the passages stand where others belong",
    "worse prompt": f"a drafter that invents a sentence in {INVENTED:.0%} of the replies",
}
SIMULATED = (
    "Simulated: the local drafter, to which the sentence is added, stands for a hosted model under a worse prompt; the "
    "layer that checks it is real."
)


@dataclass(frozen=True)
class World:
    """The workflow, with everything that its releases share."""

    workflow: Workflow
    sites: Sequence[Site]
    taxonomy: TaxonomyVersion
    corpus: Corpus
    labelled_set: LabelledSet
    encoder: Encoder

    def snapshot(self, texts: Mapping[str, Mapping[int, str]]) -> Snapshot:
        """The corpus with these paragraphs of each site, as its next version."""
        version = self.corpus.latest + 1
        documents = [site.document(version, texts[site.slug]) for site in self.sites]
        import_documents(actor=SYSTEM, corpus=self.corpus, documents=documents, encoder=self.encoder)
        return publish_snapshot(actor=SYSTEM, corpus=self.corpus, reason="Imported.")

    def release(self, snapshot: Snapshot, prompt: str) -> Release:
        written = Prompt(
            slug=prompt.replace(" ", "-"), version=1, purpose="action", model="local", text=f"Answer, by {prompt}."
        )
        parts = Parts(
            taxonomy=self.taxonomy, snapshot=snapshot, prompts={"action": create_prompt(actor=SYSTEM, prompt=written)},
            classifiers={}, high=0.9, medium=0.5, amount_limit=Decimal(0),
        )  # fmt: skip
        return create_release(actor=SYSTEM, workflow=self.workflow, manifest=compose(self.workflow, parts))

    def results(self, release: Release) -> list[CaseResult]:
        run = evaluate(actor=SYSTEM, release=release, labelled_set=self.labelled_set)
        work(run.pk)
        run.refresh_from_db()
        if run.state != EvaluationRun.State.DONE:
            raise RuntimeError(f"An evaluation is {run.state}: {run.problem}")
        return results_of(run)


def rows(file: Path, trials: int) -> Iterator[Row]:
    create_tenant(schema="t_policies", slug="policies", name="Policies", region="US", domain="policies.localhost")
    with in_schema("t_policies"):
        tallies = judged(world_of(read(file)), trials)
    for name, tally in tallies.items():
        note = (
            f"{VARIANTS} of them, each judged on {tally.trials // VARIANTS} samples of {HOLDOUT} of the same "
            f"held-out cases; the interval takes them for independent. In all, "
            f"{100 * tally.refused / tally.trials:.1f} % are refused."
        )
        simulated = f" {SIMULATED}" if name == "worse prompt" else ""
        yield tally.row(f"Refused by a guardrail alone: {FIGURES[name]}", tally.by_guardrail, ">= 95", note + simulated)


def world_of(sites: Sequence[Site], per_site: int = PER_SITE) -> World:
    """In the current tenant's schema."""
    workflow = create_workflow(actor=SYSTEM, slug="policies", title="Policies", owner="owner@policies.example")
    taxonomy = create_taxonomy(actor=SYSTEM, workflow=workflow.slug, taxonomy=taxonomy_of(sites))
    labelled_set = create_labelled_set(
        actor=SYSTEM, workflow=workflow, name="Questions", cases=labelled(sites, per_site)
    )
    corpus = create_corpus(actor=SYSTEM, slug=workflow.slug)
    return World(workflow, sites, taxonomy, corpus, labelled_set, default_encoder(settings.MODEL_DIR))


def judged(world: World, trials: int, *, variants: int = VARIANTS, holdout: int = HOLDOUT) -> dict[str, Tally]:
    """A tally per kind of regression."""
    whole = world.snapshot({site.slug: dict(enumerate(site.paragraphs)) for site in world.sites})
    incumbent = world.results(world.release(whole, "the first prompt"))
    worse = _evaluated(world, whole, variants)
    tallies = {name: Tally() for name in worse}
    for seed in range(trials):
        rows = np.sort(np.random.default_rng(seed).permutation(len(incumbent))[:holdout]).tolist()
        for name, results in worse.items():
            candidate = results[seed % variants]
            tallies[name].add([candidate[row] for row in rows], [incumbent[row] for row in rows])
    return tallies


def _evaluated(world: World, whole: Snapshot, variants: int) -> dict[str, list[list[CaseResult]]]:
    """The results of each regression's variants, by its name."""
    harms: tuple[Harm, ...] = ("lost", "mixed up")
    results: dict[str, list[list[CaseResult]]] = {name: [] for name in FIGURES}
    for seed in track(range(variants), "Broken corpora and drafters", console=Console(stderr=True)):
        for harm in harms:
            broken = world.snapshot({site.slug: harmed(site, harm, SHARE, seed) for site in world.sites})
            results[harm].append(world.results(world.release(broken, "the first prompt")))
        with inventing(seed):
            results["worse prompt"].append(world.results(world.release(whole, f"worse prompt {seed}")))
    return results


@contextmanager
def inventing(seed: int) -> Iterator[None]:
    """The drafter adds to some replies a sentence that its sources do not bear out, citing them all the same."""
    drafted = extractive.draft

    def worse(request: DraftRequest) -> Draft:
        draft = drafted(request)
        place = zlib.crc32(f"{seed} {request.case.subject} {request.case.text}".encode()) / 2**32
        if place >= INVENTED or not draft.claims:
            return draft
        *told, closing = draft.claims
        citations = next(claim.citations for claim in told if claim.citations)
        invented = Claim(text=SENTENCE, kind="statement", citations=citations)
        return replace(draft, claims=(*told, invented, closing))

    extractive.draft = worse
    try:
        yield
    finally:
        extractive.draft = drafted
