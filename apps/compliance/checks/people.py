"""What is known of the people: who works here, what they decided, what customers asked for."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Count, Q, Sum

from apps.cases.models import Case, Complaint, Step
from apps.compliance.evidence import Facts, Finding, Look, counted, link
from apps.compliance.framework_models import ProcessingRecord
from apps.compliance.impact import impact
from apps.compliance.people_models import DataRequest
from apps.compliance.processing import missing_from
from apps.connectors.models import Effect
from apps.inference.models import Exchange
from apps.reviews.models import Disposition
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership

AUTHENTICATOR: str = "mfa.Authenticator"  # of a second factor, where its app is installed


def human_review(look: Look) -> Finding:
    final = Disposition.objects.filter(
        kind__in=Disposition.FINAL, undone_at=None, created_at__gte=look.begin, created_at__lt=look.end
    )
    counts = final.aggregate(
        number=Count("id"),
        unchanged=Count("id", filter=Q(kind=Disposition.Kind.APPROVE)),
        timed=Count("id", filter=Q(active_ms__isnull=False)),
        worked=Sum("active_ms"),
    )
    if not counts["number"]:
        return Finding("partly", "People decide what is not automatic.", "Nobody decided a case in the period.")
    facts: Facts = (
        ("Decisions of people", f"{counts['number']:,}"),
        ("Accepted without a change", f"{counts['unchanged']:,} of {counts['number']:,}"),
        ("With measured time", f"{counts['timed']:,} of {counts['number']:,}"),
    )
    if counts["timed"]:
        facts += (
            ("Mean time on a case", f"{counts['worked'] / counts['timed'] / 1000:.0f} s, n = {counts['timed']:,}"),
        )
    how = "Who decided, when, what was changed, and how long they worked on it."
    links = (link("Cases", "cases"),)
    if counts["timed"] < counts["number"]:
        lacking = f"{counted(counts['number'] - counts['timed'], 'decision')} without a measured time."
        return Finding("partly", how, lacking, facts, links)
    return Finding("covered", how, facts=facts, links=links)


def overseers(look: Look) -> Finding:  # noqa: ARG001 - who is a member now counts
    by_role = dict(Membership.objects.filter(active=True).values_list("role").annotate(number=Count("id")))
    facts: Facts = tuple((Role(role).label, str(number)) for role, number in sorted(by_role.items()))
    needed = [
        role for role in (Role.DECISION_OWNER, Role.SENIOR_REVIEWER, Role.COMPLIANCE_OFFICER) if role not in by_role
    ]
    how = "People are members by name, and a role says what each may do."
    if needed:
        lacking = f"Nobody is {', '.join(role.label.lower() for role in needed)}."
        return Finding("partly", how, lacking, facts)
    return Finding("covered", how, facts=facts)


def access_changes(look: Look) -> Finding:
    number = look.count("member.", "key.created", "key.revoked")
    facts: Facts = (("People and keys added, changed or ended", f"{number:,}"),)
    facts += (("Active members", str(Membership.objects.filter(active=True).count())),)
    return Finding("covered", "Each grant and withdrawal is an entry of the log.", facts=facts)


def second_factor(look: Look) -> Finding:  # noqa: ARG001 - how it is set up now counts
    if not apps.is_installed("allauth.mfa"):
        lacking = "Sign-in asks for e-mail address and password only: there is no second factor."
        return Finding("missing", lacking=lacking)
    members = list(Membership.objects.filter(active=True).values_list("user_id", flat=True))
    authenticators: Any = apps.get_model(AUTHENTICATOR)
    enrolled = authenticators.objects.filter(user__in=members, type="totp").values("user").distinct().count()
    facts: Facts = (("Members with a second factor", f"{enrolled} of {len(members)}"),)
    if enrolled < len(members):
        lacking = f"{counted(len(members) - enrolled, 'member')} without a second factor."
        return Finding("partly" if enrolled else "missing", "One-time codes at sign-in.", lacking, facts)
    return Finding("covered", "One-time codes at sign-in.", facts=facts)


def encryption(look: Look) -> Finding:
    sealed = Exchange.objects.filter(started_at__gte=look.begin, started_at__lt=look.end, person__isnull=False).count()
    facts: Facts = (("On its way", "HTTPS only" if settings.HTTPS else "plain HTTP on this machine"),)
    facts += (("Sealed exchanges with models", f"{sealed:,}"),)
    lacking = (
        "Texts of cases lie in the database in clear: encryption of its disks is the operator's, and cannot be seen "
        "from here."
    )
    how = "What models were asked and answered is AES-256-GCM under each person's own key."
    return Finding("partly", how, lacking, facts)


def solely_automated(look: Look) -> Finding:
    closed = Case.objects.filter(closed_at__gte=look.begin, closed_at__lt=look.end)
    counts = closed.aggregate(number=Count("id"), alone=Count("id", filter=Q(outcome=Case.Outcome.AUTOMATIC)))
    facts: Facts = (("Closed cases", f"{counts['number']:,}"), ("Without a person", f"{counts['alone']:,}"))
    if not counts["number"]:
        return Finding("partly", "Each case says how it was decided.", "No case was closed in the period.", facts)
    return Finding(
        "covered", "Each case says whether a person took part.", facts=facts, links=(link("Cases", "cases"),)
    )


def uses(look: Look) -> Finding:
    counts = Step.objects.filter(started_at__gte=look.begin, started_at__lt=look.end).aggregate(
        steps=Count("id"), cases=Count("case", distinct=True)
    )
    facts: Facts = (("Cases handled", f"{counts['cases']:,}"), ("Steps", f"{counts['steps']:,}"))
    links = (link("Uses", "uses"),)
    if not counts["cases"]:
        return Finding("partly", "Each use is recorded.", "No case was handled in the period.", facts, links)
    how = (
        "For each use its time, the snapshot of sources that it was checked against, the release, and who verified it."
    )
    return Finding("covered", how, facts=facts, links=links)


def interim_versions(look: Look) -> Finding:
    made = Step.objects.filter(layer="action", started_at__gte=look.begin, started_at__lt=look.end)
    drafts, again = made.count(), made.filter(revision__gt=1).count()
    decided = Disposition.objects.filter(created_at__gte=look.begin, created_at__lt=look.end)
    edits, undone = decided.filter(kind="edit").count(), decided.filter(undone_at__isnull=False).count()
    facts: Facts = (("Drafts", f"{drafts:,}"), ("Of which made again", f"{again:,}"))
    facts += (("Edits", f"{edits:,}"), ("Decisions taken back", f"{undone:,}"))
    links = (link("Versions", "versions"),)
    if not drafts:
        return Finding("partly", "Drafts are kept.", "Nothing was drafted in the period.", facts, links)
    how = "Each draft, each edit as it was sent, and decisions taken back are kept beside each other."
    return Finding("covered", how, facts=facts, links=links)


def disclosures(look: Look) -> Finding:
    sent = Effect.objects.filter(sent_at__gte=look.begin, sent_at__lt=look.end).count()
    exported, keys = look.count("person.exported", "export.downloaded"), look.count("key.used")
    facts: Facts = (
        ("Orders and replies sent", f"{sent:,}"),
        ("Exports", f"{exported:,}"),
        ("Days on which keys were used", f"{keys:,}"),
    )
    links = (link("Disclosures", "disclosures"),)
    if not sent + exported + keys:
        return Finding("partly", "Disclosures are counted by person.", "None is recorded in the period.", facts, links)
    return Finding(
        "covered",
        "By person what was sent where; exports and reads by programs are entries of the log.",
        facts=facts,
        links=links,
    )


def complaints(look: Look) -> Finding:
    number = Complaint.objects.filter(
        complained_at__gte=look.begin, complained_at__lt=look.end, withdrawn_at=None
    ).count()
    rejected = Case.objects.filter(outcome="rejected", closed_at__gte=look.begin, closed_at__lt=look.end).count()
    facts: Facts = (("Complaints", f"{number:,}"), ("Proposals rejected by people", f"{rejected:,}"))
    lacking = "Which outcomes were adverse to a consumer is not recorded as such."
    return Finding("partly", "Complaints are recorded at the case.", lacking, facts, (link("Cases", "cases"),))


def adverse_impact(look: Look) -> Finding:
    found = impact(look)
    links = (link("Adverse impact", "impact"),)
    facts: Facts = (("Decided cases", f"{found.decided:,}"), ("With attributes", f"{found.known:,}"))
    if not found.known:
        lacking = "Nobody has supplied protected attributes for the cases of the period."
        return Finding("missing", lacking=lacking, facts=facts, links=links)
    how = "Rates, ratios to the highest and Fisher's test by attribute and intersection."
    if found.known < found.decided:
        lacking = f"Attributes are unknown for {found.unknown:,} of {found.decided:,} cases."
        return Finding("partly", how, lacking, facts, links)
    return Finding("covered", how, facts=facts, links=links)


def processing_record(look: Look) -> Finding:  # noqa: ARG001 - the version in force counts
    newest = ProcessingRecord.objects.first()
    links = (link("Record of processing", "processing_record"),)
    if newest is None:
        return Finding("missing", lacking="Nobody has written the record of processing.", links=links)
    lacking = missing_from(newest)
    facts: Facts = (("Version", str(newest.version)), ("Of", f"{newest.created_at:%d %b %Y}, {newest.created_name}"))
    if lacking:
        return Finding("partly", "The record has versions.", f"Not said yet: {', '.join(lacking)}.", facts, links)
    return Finding("covered", "The record says all that the article asks for.", facts=facts, links=links)


def data_requests(look: Look) -> Finding:
    return _register(look, "Requests of people", "data_request.")


def erasures(look: Look) -> Finding:
    return _register(look, "People forgotten", "person.forgotten", "subject.key_destroyed")


def contests(look: Look) -> Finding:
    found = DataRequest.objects.filter(kind=DataRequest.Kind.CONTEST, opened_at__gte=look.begin, opened_at__lt=look.end)
    number, closed = found.count(), found.exclude(state=DataRequest.State.OPEN).count()
    facts: Facts = (("Contested decisions", f"{number:,}"), ("Of which answered", f"{closed:,}"))
    if number:
        return Finding("covered", "A register with due dates and what the person was told.", facts=facts)
    lacking = "None is recorded in the period; the system cannot tell whether there was none."
    return Finding("partly", "Contests have a register with due dates.", lacking, facts)


def disposal(look: Look) -> Finding:
    return _register(look, "Data let go by rule", "retention.applied")


def _register(look: Look, title: str, *actions: str) -> Finding:
    number = look.count(*actions)
    facts: Facts = ((title, f"{number:,}"),)
    if number:
        return Finding("covered", "Each is an entry of the log.", facts=facts)
    lacking = "None is recorded in the period; the system cannot tell whether there was none."
    return Finding("partly", "Each would be an entry of the log.", lacking, facts)
