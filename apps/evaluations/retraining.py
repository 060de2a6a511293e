"""The stages of a retraining, from labels to a proposal. Each may be begun again: it finds what it has made already.

A stage returns whether the decision moved; when not, it waits for somebody or something else.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.cases.shadow import compare
from apps.evaluations import gate
from apps.evaluations.assurance.runs import assure, last_for_gate
from apps.evaluations.assurance_models import AssuranceRun
from apps.evaluations.decision_steps import Stage, take_step
from apps.evaluations.held_out import Answer, answers_of
from apps.evaluations.lifecycle_models import DecisionRecord
from apps.evaluations.promise_form import stated_promise
from apps.evaluations.run_models import EvaluationRun, GateVerdict
from apps.evaluations.runs import evaluate
from apps.evaluations.services import train_classifiers
from apps.evaluations.significance import mcnemar_exact
from apps.evaluations.thresholds import calibration_of, study, with_thresholds
from apps.inference import artefacts
from apps.inference.local.classifier import Artefact
from apps.inference.local.encoder import default_encoder
from apps.tenants.actors import SYSTEM
from apps.workflows import charters, moves
from apps.workflows.manifest import Manifest
from apps.workflows.models import Release, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release
from apps.workflows.traffic import current_plan, shares_of

WORSE_AT = 0.05  # one-sided: the chance to turn a classifier down that is as good
SHADOW_CASES = 30  # finished ones, before a proposal; fewer say little
SHADOW_LONGEST = timedelta(days=7)  # then it is proposed with what there is


class NotDone(Exception):
    """What the stage needs did not come about. The message says why; it is tried again a few times."""


def train(decision: DecisionRecord) -> bool:
    labelled_set = decision.labelled_set
    if labelled_set is None:
        raise NotDone("No labelled set is signed: there is nothing to learn from.")
    before = manifest_of(decision.incumbent).intake.classifiers
    with transaction.atomic():
        trained = train_classifiers(
            actor=SYSTEM, labelled_set=labelled_set, encoder=default_encoder(settings.MODEL_DIR)
        )
        classifiers = {tag: artefact.sha256 for tag, artefact in trained.items()}
        evidence: dict[str, Json] = {"Labelled set": str(labelled_set), "Its fingerprint": labelled_set.sha256}
        evidence |= {f"Classifier of {tag}": sha256 for tag, sha256 in classifiers.items()}
        if classifiers == before:
            return _end(
                decision,
                what="Training gave the very classifiers that the incumbent has.",
                why=f"The labels are those that it learnt from: {labelled_set}. Label recent cases, have the next "
                "version signed, and retrain on that.",
                evidence=evidence,
            )
        examples = trained["case_type"].examples
        return take_step(
            decision,
            actor=SYSTEM,
            to=Stage.VALIDATE,
            what=f"Trained {len(classifiers)} classifiers on {examples:,} cases of {labelled_set}.",
            why="No holdout case was among them.",
            evidence=evidence,
            report={**decision.report, "classifiers": classifiers},
        )


def validate(decision: DecisionRecord) -> bool:
    """Compare the new classifier of case types with the old on what each said of cases that it had not seen."""
    new = {each.external_id: each for each in _answers(decision.report["classifiers"]["case_type"])}
    classifier = manifest_of(decision.incumbent).intake.classifiers.get("case_type", "")
    old = {each.external_id: each for each in _answers(classifier)}
    shared = sorted(new.keys() & old.keys())
    now = {key: new[key].label == new[key].truth for key in shared}
    before = {key: old[key].label == new[key].truth for key in shared}
    won = sum(now[key] and not before[key] for key in shared)
    lost = sum(before[key] and not now[key] for key in shared)
    chance = mcnemar_exact(lost, won)
    right = sum(each.label == each.truth for each in new.values())
    evidence: dict[str, Json] = {
        "Right, of cases it had not seen": f"{right:,} of {len(new):,}",
        "Cases that the incumbent's had not seen either": f"{len(shared):,}",
        "Of these right": f"{sum(now.values()):,} now, {sum(before.values()):,} before",
        "Changed": f"{won} better, {lost} worse (McNemar, exact: p = {chance:.3f} for worse)",
        "Cases new to both": f"{len(new.keys() - old.keys()):,}",
    }
    if chance < WORSE_AT:
        what = "The new classifier is worse than the incumbent's."
        return _end(decision, what=what, why="On the cases that both were asked about unseen.", evidence=evidence)
    return take_step(
        decision,
        actor=SYSTEM,
        to=Stage.COMPOSE,
        what="The new classifier is not worse than the incumbent's." if shared else "The new classifier stands alone.",
        why="Each answer is of a model that had not seen the case. Whether it is better is for the gate.",
        evidence=evidence,
    )


def compose(decision: DecisionRecord) -> bool:
    """The incumbent with the new classifiers, and thresholds that keep the charter's promise as far as it is proved."""
    manifest = manifest_of(decision.incumbent)
    classifiers: dict[str, str] = decision.report["classifiers"]
    artefact = Artefact.from_bytes(artefacts.load(classifiers["case_type"]))
    careful = max(float(manifest.intake.high), artefact.thresholds.high)
    intake = manifest.intake.model_copy(
        update={"classifiers": classifiers, "encoder": artefact.encoder, "per_type": {}, "high": f"{careful:.6f}"}
    )
    promise = stated_promise(decision.workflow)
    found = study(_imagined(decision.workflow, manifest.model_copy(update={"intake": intake})), promise)
    if found.finding.chosen:
        intake = with_thresholds(intake, found, "overall")
        why = f"The threshold keeps the charter's “{promise}” on {found.asked:,} held-out answers."
    else:
        why = (
            f"{found.asked:,} held-out answers do not prove the charter's “{promise}”, so the threshold stays at the "
            "more careful of the incumbent's and the training's."
        )
    with transaction.atomic():
        note = f"Retrained on {decision.labelled_set}. {decision.why}"
        changed = manifest.model_copy(update={"intake": intake})
        candidate = create_release(actor=SYSTEM, workflow=decision.workflow, manifest=changed, note=note)
        calibration = calibration_of(candidate)
        return take_step(
            decision,
            actor=SYSTEM,
            to=Stage.MEASURE,
            what=f"Composed {candidate.label}: the incumbent with the new classifiers.",
            why=why,
            evidence={
                "Release": candidate.pk,
                "Decides alone from": intake.high,
                "Instead of": manifest.intake.high,
                "Calibrated by": calibration.method if calibration else "temperature",
            },
            candidate=candidate,
        )


def measure(decision: DecisionRecord) -> bool:
    """Evaluate both releases on the holdout, and try how they behave; done elsewhere, in batches of their own."""
    runs = [_run_of(decision, release) for release in _both(decision)]
    tried = _assurances_of(decision)
    if not _all_done(runs) or not _all_done(tried):
        return False
    evidence: dict[str, Json] = {f"Evaluation of {run.release.label}": str(run.pk) for run in runs}
    return take_step(
        decision,
        actor=SYSTEM,
        to=Stage.JUDGE,
        what=f"Measured both releases on the {runs[0].total:,} holdout cases of {decision.labelled_set}.",
        evidence=evidence | {f"Assurance of {run.release.label}": str(run.pk) for run in tried},
    )


def _assurances_of(decision: DecisionRecord) -> list[AssuranceRun]:
    """Of both releases, asked for here; none where the charter lets a candidate pass the gate without."""
    labelled_set = decision.labelled_set
    if labelled_set is None or charters.content_of(charters.require(decision.workflow)).without_assurance:
        return []
    return [
        last_for_gate(release, labelled_set) or assure(actor=SYSTEM, release=release, labelled_set=labelled_set)
        for release in _both(decision)
    ]


def _all_done(runs: Sequence[EvaluationRun | AssuranceRun]) -> bool:
    """Raises NotDone where one never will be."""
    for run in runs:
        if run.state in (run.State.FAILED, run.State.CANCELLED):
            raise NotDone(f"The {run.NOUN} of {run.release.label} was {run.state}. {run.problem}".strip())
    return all(run.state == run.State.DONE for run in runs)


def judge(decision: DecisionRecord) -> bool:
    candidate, labelled_set = decision.candidate, decision.labelled_set
    if candidate is None or labelled_set is None:
        raise NotDone("There is no candidate to judge.")
    with transaction.atomic():
        verdict = _verdict_of(decision) or gate.judge(
            actor=SYSTEM, candidate=candidate, incumbent=decision.incumbent, labelled_set=labelled_set
        )
        evidence: dict[str, Json] = {"Verdict": str(verdict.pk), "Labelled set": labelled_set.sha256}
        if not verdict.passed:
            return _end(decision, what=verdict.sentence, why="The gate refused it.", evidence=evidence, verdict=verdict)
        why = "It beats the incumbent, and is worse nowhere by more than the margins."
        return take_step(
            decision, actor=SYSTEM, to=Stage.SHADOW, what=verdict.sentence, why=why, evidence=evidence, verdict=verdict
        )


def shadow(decision: DecisionRecord) -> bool:
    """Let the candidate work beside the incumbent, without effects, until there is something to compare."""
    candidate = decision.candidate
    if candidate is None:
        raise NotDone("There is no candidate to run.")
    began = decision.report.get("shadow")
    if not began:
        with transaction.atomic():
            if not _has_traffic(decision.workflow, candidate):
                reason = f"It passed the gate after a retraining: {decision.why}"
                moves.run_shadow(actor=SYSTEM, workflow=decision.workflow, release=candidate, reason=reason)
            began = timezone.now().isoformat()
            decision.report = {**decision.report, "shadow": began}
            decision.save(update_fields=["report"])
    found = compare(decision.workflow, candidate.pk)
    over = timezone.now() - datetime.fromisoformat(began) >= SHADOW_LONGEST
    if found.cases < SHADOW_CASES and not over and _has_traffic(decision.workflow, candidate):
        return False
    few = found.cases < SHADOW_CASES
    return take_step(
        decision,
        actor=SYSTEM,
        to=Stage.PROPOSED,
        what=f"Ran in shadow beside {decision.incumbent.label} on {found.cases:,} finished cases.",
        why=f"Fewer than {SHADOW_CASES} were finished in time: they say little." if few else "",
        evidence={
            "Same case type": f"{found.same_type} of {found.cases - found.failed}",
            "Same decision as the one sent": f"{found.same_decision} of {found.decided}",
            "Would have cleared alone": f"{found.would_clear}, and {found.cleared} were",
            "Cleared what a person changed or rejected": found.clear_but_changed,
            "Gave no result": found.failed,
        },
    )


STAGES: dict[str, Callable[[DecisionRecord], bool]] = {
    Stage.TRAIN: train,
    Stage.VALIDATE: validate,
    Stage.COMPOSE: compose,
    Stage.MEASURE: measure,
    Stage.JUDGE: judge,
    Stage.SHADOW: shadow,
}


def _end(
    decision: DecisionRecord, *, what: str, why: str, evidence: dict[str, Json], verdict: GateVerdict | None = None
) -> bool:
    return take_step(decision, actor=SYSTEM, to=Stage.ENDED, what=what, why=why, evidence=evidence, verdict=verdict)


def _answers(classifier: str) -> tuple[Answer, ...]:
    kept = answers_of(classifier)
    return kept.answers if kept else ()


def _imagined(workflow: Workflow, manifest: Manifest) -> Release:
    """A release that is not stored, to be studied."""
    return Release(
        fingerprint=manifest.fingerprint, workflow=workflow, label="the candidate", manifest=manifest.canonical()
    )


def _both(decision: DecisionRecord) -> list[Release]:
    return [release for release in (decision.incumbent, decision.candidate) if release]


def _run_of(decision: DecisionRecord, release: Release) -> EvaluationRun:
    known = EvaluationRun.objects.filter(release=release, labelled_set=decision.labelled_set, split="holdout").first()
    if known or decision.labelled_set is None:
        return known or EvaluationRun()
    return evaluate(actor=SYSTEM, release=release, labelled_set=decision.labelled_set)


def _verdict_of(decision: DecisionRecord) -> GateVerdict | None:
    return GateVerdict.objects.filter(
        candidate=decision.candidate, incumbent=decision.incumbent, labelled_set=decision.labelled_set
    ).first()


def _has_traffic(workflow: Workflow, release: Release) -> bool:
    plan = current_plan(workflow)
    return plan is not None and any(share.release == release.pk for share in shares_of(plan))
