"""What is known of the uses: charters, releases, tests, traffic, vendors."""

from django.db.models import Count

from apps.compliance.evidence import Facts, Finding, Look, counted, link
from apps.evaluations.models import AssuranceRun, DecisionRecord, DriftReport, EvaluationRun, GateVerdict
from apps.inference.models import Exchange
from apps.workflows.charters import content_of, in_force
from apps.workflows.models import Notice, Release, TrafficPlan, Warrant, Workflow
from apps.workflows.releases import manifest_of


def inventory(look: Look) -> Finding:  # noqa: ARG001 - what is in force counts
    workflows = list(Workflow.objects.all())
    if not workflows:
        return Finding("missing", lacking="There is no workflow.")
    charters = {workflow: in_force(workflow) for workflow in workflows}
    facts: Facts = tuple(
        (workflow.title, f"{content_of(charter).decision_owner.name}, charter {charter.version}")
        for workflow, charter in charters.items()
        if charter
    )
    lacking = [workflow.title for workflow, charter in charters.items() if charter is None]
    links = (link("Charter", "charter"),)
    how = "Each workflow has a signed charter: purpose, owner, tolerance of risk, lanes and stop conditions."
    if lacking:
        return Finding("partly", how, f"Without a signed charter: {', '.join(lacking)}.", facts, links)
    return Finding("covered", how, facts=facts, links=links)


def risk_tiers(look: Look) -> Finding:
    found = inventory(look)
    lacking = "No tier of risk is recorded for a use. The charter has a tolerance of wrong answers, which is not one."
    how = "The charter states how many wrong answers are tolerated." if found.state != "missing" else ""
    return Finding("partly" if how else "missing", how, lacking, links=(link("Charter", "charter"),))


def releases_approved(look: Look) -> Finding:  # noqa: ARG001 - what is in production counts
    production = _production()
    if not production:
        return Finding("missing", lacking="No release is in production.")
    warrants = {release: _warrant_of(release) for release in production}
    facts: Facts = tuple(
        (release.label, f"{warrant.get_kind_display()}, {warrant.proposed_name} and {warrant.approved_name}")
        for release, warrant in warrants.items()
        if warrant
    )
    without = [release.label for release, warrant in warrants.items() if warrant is None]
    links = (link("Releases", "releases"), link("Traffic", "traffic"))
    how = "What decides is one release by its SHA-256, and two people stand for its way into production."
    if without:
        return Finding("partly", how, f"Without a warrant: {', '.join(without)}.", facts, links)
    overridden = [release.label for release, each in warrants.items() if each and each.kind == Warrant.Kind.OVERRIDE]
    if overridden:
        return Finding("partly", how, f"By override, without the gate: {', '.join(overridden)}.", facts, links)
    return Finding("covered", how, facts=facts, links=links)


def releases_tested(look: Look) -> Finding:  # noqa: ARG001 - what is in production counts
    production = _production()
    if not production:
        return Finding("missing", lacking="No release is in production.")
    verdicts = {release: GateVerdict.objects.filter(candidate=release, passed=True).first() for release in production}
    runs = EvaluationRun.objects.filter(release__in=production, state=EvaluationRun.State.DONE, split="holdout")
    measured = dict(runs.order_by().values_list("release__label").annotate(cases=Count("results")))
    facts: Facts = tuple((f"{label}, cases of the holdout", f"{cases:,}") for label, cases in measured.items())
    unjudged = [release.label for release, verdict in verdicts.items() if verdict is None]
    links = (link("Evaluations", "runs"), link("Labelled sets", "labelled_sets"))
    if not measured:
        return Finding("missing", lacking="What is in production was not evaluated on a holdout.", links=links)
    how = "Evaluated on cases that nothing was trained on, of a labelled set that was frozen before."
    if unjudged:
        lacking = f"In production without having passed the gate against another release: {', '.join(unjudged)}."
        return Finding("partly", how, lacking, facts, links)
    return Finding("covered", how, facts=facts, links=links)


def reach(look: Look) -> Finding:  # noqa: ARG001 - what is in production counts
    production = _production()
    if not production:
        return Finding("missing", lacking="No release is in production.")
    manifests = [(release, manifest_of(release)) for release in production]
    facts: Facts = tuple(
        (
            release.label,
            ", ".join(
                (
                    f"corpus {manifest.context.corpus}, snapshot {manifest.context.snapshot}",
                    f"{counted(len(manifest.action.grants), 'effect')} granted",
                    f"at most {manifest.action.amount_limit} without a person",
                )
            ),
        )
        for release, manifest in manifests
    )
    how = "The release names the corpus, the models and the effects that it may use; nothing else can be asked."
    return Finding("covered", how, facts=facts, links=(link("Releases", "releases"), link("Corpus", "corpus")))


def monitoring(look: Look) -> Finding:
    reports = DriftReport.objects.filter(day__gte=look.begin.date(), day__lt=look.end.date(), state="done")
    number, drifted = reports.count(), reports.filter(drifted=True).count()
    breaches = Notice.objects.filter(
        kind=Notice.Kind.BREACH, created_at__gte=look.begin, created_at__lt=look.end
    ).count()
    facts: Facts = (
        ("Looks at drift", f"{number:,}"),
        ("Of which drifted", f"{drifted:,}"),
        ("Breaches", f"{breaches:,}"),
    )
    links = (link("Drift", "drift"), link("Traffic", "traffic"))
    if not number:
        lacking = "Nobody looked for drift in the period. Stop conditions are watched, without a stored series."
        return Finding("partly", "Stop conditions are watched by tests.", lacking, facts, links)
    return Finding("covered", "Drift by day beside the reference; stop conditions watched.", facts=facts, links=links)


def overrides(look: Look) -> Finding:
    given = Warrant.objects.filter(
        kind=Warrant.Kind.OVERRIDE, created_at__gte=look.begin, created_at__lt=look.end
    ).select_related("release")
    facts: Facts = tuple(
        (each.release.label, f"until {each.expires_at:%d %b %Y}: {each.reason}")
        for each in given
        if each.expires_at is not None
    )
    how = f"Overrides have two people, a reason and an end, and the database allows none without; n = {len(given)}."
    return Finding("covered", how, facts=facts, links=(link("Traffic", "traffic"),))


def challenge(look: Look) -> Finding:
    against = GateVerdict.objects.filter(passed=False, created_at__gte=look.begin, created_at__lt=look.end).count()
    declined = DecisionRecord.objects.filter(stage__in=("declined", "ended"), created_at__gte=look.begin).count()
    facts: Facts = (("Candidates that the gate refused", str(against)), ("Proposals declined or ended", str(declined)))
    links = (link("Decisions", "decisions"), link("Evaluations", "runs"))
    if against + declined:
        return Finding("covered", "Refusals and declined proposals with their reasons.", facts=facts, links=links)
    lacking = "Nothing was refused or declined in the period, so no challenge can be shown."
    return Finding("partly", "The gate refuses what is not better.", lacking, facts, links)


def vendors(look: Look) -> Finding:
    asked = Exchange.objects.filter(started_at__gte=look.begin, started_at__lt=look.end)
    by_route = dict(asked.order_by().values_list("route").annotate(number=Count("id")))
    if not by_route:
        return Finding("not_applicable", "No hosted model was asked in the period (0 exchanges); the models are local.")
    facts: Facts = tuple((route, counted(number, "exchange")) for route, number in sorted(by_route.items()))
    lacking = "Contracts and reviews of vendors are kept outside of this system."
    return Finding("partly", "Which vendor was asked for what, byte for byte.", lacking, facts)


def swaps(look: Look) -> Finding:
    runs = AssuranceRun.objects.filter(state="done", finished_at__gte=look.begin, finished_at__lt=look.end)
    production = [release.pk for release in _production()]
    of_production = runs.filter(release__in=production).count()
    facts: Facts = (("Assurance runs", str(runs.count())), ("Of what is in production", str(of_production)))
    links = (link("Assurance", "assurance"),)
    if not runs.exists():
        lacking = "No release was tried with protected attributes swapped in the period."
        return Finding("missing", lacking=lacking, facts=facts, links=links)
    how = "The same case with another name, sex or origin: four-fifths ratios and Fisher's exact test."
    if not of_production:
        return Finding("partly", how, "What is in production was not among those tried.", facts, links)
    return Finding("covered", how, facts=facts, links=links)


def stops(look: Look) -> Finding:
    moved = TrafficPlan.objects.filter(created_at__gte=look.begin, created_at__lt=look.end)
    by_move = dict(moved.order_by().values_list("move").annotate(number=Count("id")))
    facts: Facts = tuple((TrafficPlan.Move(move).label, str(number)) for move, number in sorted(by_move.items()))
    how = f"Every move of traffic is a version with its reason and evidence; n = {sum(by_move.values())}."
    return Finding("covered", how, facts=facts, links=(link("Traffic", "traffic"),))


def incidents(look: Look) -> Finding:
    found = Notice.objects.filter(created_at__gte=look.begin, created_at__lt=look.end)
    by_kind = dict(found.order_by().values_list("kind").annotate(number=Count("id")))
    facts: Facts = tuple((Notice.Kind(kind).label, str(number)) for kind, number in sorted(by_kind.items()))
    lacking = "Incidents of security, and what was reported to whom, are not recorded here."
    how = f"Breaches, stops, overrides and failed assurance are recorded with evidence; n = {sum(by_kind.values())}."
    return Finding("partly", how, lacking, facts, (link("Traffic", "traffic"),))


def _production() -> list[Release]:
    return [
        workflow.production
        for workflow in Workflow.objects.select_related("production").order_by("title")
        if workflow.production
    ]


def _warrant_of(release: Release) -> Warrant | None:
    return release.warrants.order_by("-created_at").first()
