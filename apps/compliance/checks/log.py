"""What the audit log shows about itself, and about who looked at it."""

from datetime import timedelta

from django.utils import timezone

from apps.audit.models import Cosignature, Delivery, Entry, SignedCheckpoint
from apps.audit.state import state
from apps.compliance.evidence import Facts, Finding, Look, counted, link
from apps.compliance.framework_models import Gap, Scope, Signature
from apps.compliance.log_reviews import weeks_due
from apps.compliance.signatures import broken_among

CONFIGURATION = (
    "calendar.", "charter.", "corpus.", "destination.", "inference.", "log_key.", "prompt.", "release.",
    "retention_rule.", "review_policy.", "system.", "taxonomy.", "thresholds.", "traffic.", "warrant.", "workflow.",
)  # fmt: skip
READS = ("case.read", "data.read")  # with their purpose


def activity_log(look: Look) -> Finding:
    number = sum(look.actions.values())
    if not number:
        return Finding("missing", lacking="The log holds no entry of the period.", links=(link("Audit log", "log"),))
    log = state()
    facts: Facts = (("Entries in the period", f"{number:,}"), ("Kinds of deed", f"{len(look.actions):,}"))
    facts += (("Entries in sequence in all", f"{log.entries:,}"),)
    if log.late:
        return Finding("partly", "Entries are written with each deed.", "Entries wait too long for their place.", facts)
    how = "Each deed commits its entry in its own transaction; the application cannot change or delete one."
    return Finding("covered", how, facts=facts, links=(link("Audit log", "log"),))


def checkpoints(look: Look) -> Finding:
    signed = SignedCheckpoint.objects.filter(at__gte=look.begin, at__lt=look.end).count()
    left = Delivery.objects.filter(delivered_at__gte=look.begin, delivered_at__lt=look.end).count()
    seen = Cosignature.objects.filter(received_at__gte=look.begin, received_at__lt=look.end).count()
    facts: Facts = (
        ("Checkpoints signed", f"{signed:,}"),
        ("Left the house", f"{left:,}"),
        ("Cosignatures", f"{seen:,}"),
    )
    links = (link("Audit log", "log"),)
    if not signed:
        return Finding("missing", lacking="No checkpoint was signed in the period.", facts=facts, links=links)
    how = "Signed checkpoints of the Merkle tree over all entries."
    if not left:
        return Finding("partly", how, "None left the house, so only the operator holds them.", facts, links)
    if not seen:
        return Finding("partly", f"{how} They left the house.", "No witness cosigned one.", facts, links)
    return Finding("covered", f"{how} They left the house, and a witness cosigned.", facts=facts, links=links)


def reads(look: Look) -> Finding:
    number = look.count("holdout.looked", *READS, "person.exported", "export.downloaded")
    views = look.count(*READS)
    facts: Facts = (("Reads recorded", f"{number:,}"),)
    if not views:
        return Finding(
            "partly" if number else "missing",
            "Looks at held-out cases and downloads are recorded." if number else "",
            "The log of the period holds no reads of cases with their purpose.",
            facts,
        )
    return Finding("covered", "Reads of sensitive data are entries of the log, with their purpose.", facts=facts)


def exports(look: Look) -> Finding:
    made, taken = look.count("export.finished"), look.count("export.downloaded")
    facts: Facts = (("Exports made", f"{made:,}"), ("Downloads", f"{taken:,}"))
    if made:
        return Finding("covered", "Bundles of the exact entries with an index, a report and a verifier.", facts=facts)
    lacking = "No export was made in the period, so none can be shown. Nor can the log tell of copies made elsewhere."
    return Finding("partly", "Each export would be an entry of the log.", lacking, facts)


def log_reviews(look: Look) -> Finding:
    weeks = weeks_due(look.begin, look.end)
    done = [week for week in weeks if week.review]
    facts: Facts = (("Weeks that ended in the period", str(len(weeks))), ("Reviewed and signed", str(len(done))))
    links = (link("Log reviews", "log_reviews"),)
    if not weeks:
        return Finding("partly", "Reviews are weekly.", "No week of the log has ended in the period.", facts, links)
    if not done:
        return Finding("missing", lacking="No week of the log was reviewed and signed.", facts=facts, links=links)
    how = f"Reviews of the log by week, each signed with the checkpoint that stood; n = {len(weeks)}."
    if len(done) < len(weeks):
        return Finding("partly", how, f"{counted(len(weeks) - len(done), 'week')} without a review.", facts, links)
    return Finding("covered", how, facts=facts, links=links)


def changes(look: Look) -> Finding:
    number = look.count(*CONFIGURATION)
    facts: Facts = (("Changes of configuration", f"{number:,}"),)
    how = "Changes are entries with what was there before and after, who and why; versions stay as they were."
    if not number:
        return Finding("partly", how, "None was made in the period, so there is none to show.", facts)
    return Finding("covered", how, facts=facts, links=(link("Releases", "releases"), link("Taxonomy", "taxonomy")))


def kept(look: Look, days: int) -> Finding:  # noqa: ARG001 - the whole log counts
    oldest = Entry.objects.order_by("id").first()
    if oldest is None:
        return Finding("missing", lacking="The log is empty.")
    age = timezone.now() - oldest.at
    facts: Facts = (("The log begins", f"{oldest.at:%d %b %Y}"), ("Reaches back", counted(age.days, "day")))
    facts += (("Asked for", counted(days, "day")),)
    how = "No entry can be deleted by the application."
    if age < timedelta(days=days):
        return Finding("partly", how, f"The log is younger than {counted(days, 'day')}.", facts)
    return Finding("covered", how, facts=facts)


def signatures(look: Look) -> Finding:
    given = list(Signature.objects.filter(signed_at__gte=look.begin, signed_at__lt=look.end))
    refused = look.count("signature.refused")
    broken = broken_among(given)
    facts: Facts = (
        ("Signatures", str(len(given))),
        ("Refused", str(refused)),
        ("Whose record has changed", str(len(broken))),
    )
    links = (link("Signatures", "signatures"),)
    if not given:
        return Finding("missing", lacking="Nothing was signed in the period.", facts=facts, links=links)
    if broken:
        lacking = f"{counted(len(broken), 'signature')} whose record does not have its hash any more."
        return Finding("partly", "Signatures are bound to a hash.", lacking, facts, links)
    how = "Name, time with zone and meaning, after signing in again; bound to the record's SHA-256, verified just now."
    return Finding("covered", how, facts=facts, links=links)


def scopes(look: Look) -> Finding:  # noqa: ARG001 - what was said last counts
    said = Scope.objects.values("framework").distinct().count()
    facts: Facts = (("Frameworks decided on", str(said)),)
    links = (link("Frameworks", "frameworks"),)
    if not said:
        lacking = "Nobody has said which frameworks apply."
        return Finding("missing", lacking=lacking, facts=facts, links=links)
    lacking = "That a framework applies says nothing on single controls; those stand with the gaps."
    return Finding("partly", "What applies is recorded with its ground.", lacking, facts, links)


def corrective_actions(look: Look) -> Finding:
    by_state = {state: Gap.objects.filter(state=state).count() for state in Gap.State}
    closed = Gap.objects.filter(signature__signed_at__gte=look.begin, signature__signed_at__lt=look.end).count()
    overdue = sum(gap.overdue for gap in Gap.objects.filter(state__in=Gap.UNFINISHED))
    facts: Facts = (
        ("Open or in work", str(by_state[Gap.State.OPEN] + by_state[Gap.State.WORKING])),
        ("Closed in the period", str(closed)),
        ("Overdue", str(overdue)),
    )
    links = (link("Gaps", "gaps"),)
    if not any(by_state.values()):
        return Finding("missing", lacking="No gap has an owner yet.", facts=facts, links=links)
    if overdue or not closed:
        lacking = f"{counted(overdue, 'gap')} overdue." if overdue else "None was closed in the period."
        return Finding("partly", "Gaps have owners, dates and notes.", lacking, facts, links)
    return Finding("covered", "Gaps have owners and dates, and are closed with a signature.", facts=facts, links=links)
