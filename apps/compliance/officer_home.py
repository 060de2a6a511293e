"""The compliance officer's home: what changed this week, and what waits for a signature, an owner or a date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.utils import timezone

from apps.audit.models import Cosignature, Destination, SignedCheckpoint
from apps.audit.state import MERGE_DELAY, State, state
from apps.compliance.evidence import Look
from apps.compliance.framework_models import Gap
from apps.compliance.log_reviews import Week, overdue_weeks
from apps.compliance.people_models import DataRequest, LegalHold
from apps.corpora.models import Snapshot
from apps.evaluations.models import LabelledSet
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.models import Membership
from apps.workflows.models import Charter

DAYS = 7
MOST = 40
# Deeds that change what decides, who may, or what proves. Cases, reads and machines are not told here.
CHANGES: Mapping[str, str] = {
    "attributes.supplied": "supplied protected attributes",
    "calendar.changed": "changed the calendar",
    "charter.drafted": "drafted a charter",
    "charter.signed": "signed the charter",
    "corpus.document_changed": "changed a document",
    "corpus.document_withdrawn": "withdrew a document",
    "corpus.snapshot_published": "published a snapshot of the corpus",
    "corpus.snapshot_signed_off": "signed a snapshot of the corpus off",
    "destination.added": "added a destination for checkpoints",
    "destination.stopped": "stopped a destination for checkpoints",
    "export.asked": "asked for an export",
    "export.downloaded": "downloaded an export",
    "framework.scoped": "said whether a framework applies",
    "gap.closed": "closed a gap with a signature",
    "gap.planned": "planned a gap",
    "hold.lifted": "lifted a legal hold",
    "hold.placed": "placed a legal hold",
    "inference.budget_set": "set the budget for models",
    "key.created": "made an API key",
    "key.revoked": "revoked an API key",
    "labelled_set.frozen": "froze a labelled set",
    "labelled_set.signed_off": "signed a labelled set off",
    "log.reviewed": "reviewed a week of the log",
    "log_key.rotated": "changed the log's signing key",
    "member.added": "added a member",
    "member.deactivated": "ended a membership",
    "member.role_changed": "changed a role",
    "person.exported": "exported a person's data",
    "person.forgotten": "forgot a person",
    "processing_record.written": "wrote the record of processing",
    "prompt.version_created": "wrote a prompt version",
    "readiness.assessed": "made a readiness assessment",
    "release.created": "composed a release",
    "release.promoted": "put a release into production",
    "retention_rule.ended": "ended a retention rule",
    "retention_rule.made": "made a retention rule",
    "review_policy.changed": "changed the review policy",
    "signature.refused": "was refused a signature",
    "system.registered": "registered a system of record",
    "taxonomy.signed_off": "signed a taxonomy off",
    "taxonomy.version_created": "made a version of the taxonomy",
    "traffic.hold": "held the traffic",
    "traffic.narrow": "narrowed the traffic",
    "traffic.promote": "gave a release all traffic",
    "traffic.restart": "restarted the workflow",
    "traffic.shadow": "put a release into shadow",
    "traffic.slice": "gave a release a slice",
    "traffic.stop": "stopped the workflow",
    "traffic.widen": "widened the traffic",
    "warrant.issued": "issued a warrant",
    "workflow.created": "made a workflow",
}


@dataclass(frozen=True)
class Change:
    at: datetime  # the last time
    who: str
    did: str
    times: int  # one after the other


@dataclass(frozen=True)
class OfficerHome:
    log: State
    merge_delay: timedelta
    changes: list[Change]  # the newest first, at most MOST
    changed: int  # how many there were
    weeks: list[Week]  # overdue log reviews
    gaps_open: int
    gaps_overdue: list[Gap]
    unsigned: list[str]  # what waits for somebody's sign-off
    exports: int  # asked for or downloaded this week
    signed: int  # checkpoints, this week
    cosigned: int
    destinations: int
    holds: int  # in force
    requests: list[DataRequest]  # of people, not answered yet, the first that is due first

    @property
    def told(self) -> int:
        return sum(change.times for change in self.changes)


def officer_home() -> OfficerHome:
    now = timezone.now()
    week = Look(now - timedelta(days=DAYS), now + timedelta(seconds=1))
    gaps = list(Gap.objects.filter(state__in=Gap.UNFINISHED).order_by("due_on"))
    return OfficerHome(
        log=state(),
        merge_delay=MERGE_DELAY,
        changes=changed(week)[:MOST],
        changed=week.count(*CHANGES),
        weeks=overdue_weeks(),
        gaps_open=len(gaps),
        gaps_overdue=[gap for gap in gaps if gap.overdue],
        unsigned=unsigned(),
        exports=week.count("export.asked", "export.downloaded"),
        signed=SignedCheckpoint.objects.filter(at__gte=week.begin).count(),
        cosigned=Cosignature.objects.filter(received_at__gte=week.begin).count(),
        destinations=Destination.objects.filter(stopped_at=None).count(),
        holds=LegalHold.objects.filter(lifted_at=None).count(),
        requests=list(DataRequest.objects.filter(state=DataRequest.State.OPEN).order_by("due_on")),
    )


def changed(look: Look) -> list[Change]:
    """What was changed in the period, in words, the newest first; what one did again and again is told once."""
    entries = list(look.entries().filter(action__in=CHANGES).order_by("-id").defer("bytes", "leaf")[:200])
    people = {UUID(entry.actor.partition(":")[2]) for entry in entries if entry.actor.startswith("person:")}
    members = Membership.objects.filter(user__in=people).select_related("user")
    names = {f"person:{member.user_id}": member.user.name for member in members}
    told = [
        (
            names.get(entry.actor, "Thinslice" if entry.actor.startswith("service:") else "A program"),
            CHANGES[entry.action],
        )
        for entry in entries
    ]
    found = []
    for (who, did), alike in groupby(zip(told, entries, strict=True), key=itemgetter(0)):
        each = list(alike)
        found.append(Change(each[0][1].at, who, did, len(each)))
    return found


def unsigned() -> list[str]:
    """Drafts of charters, frozen sets, taxonomies and snapshots that nobody has signed: the newest version of each."""
    found = []
    charter = Charter.objects.order_by("-created_at").first()
    if charter and charter.signed_at is None:
        found.append(f"The charter, version {charter.version}")
    labelled = LabelledSet.objects.filter(state="frozen").order_by("-frozen_at").first()
    if labelled and labelled.signed_off_at is None:
        found.append(f"The labelled set {labelled}")
    taxonomy = TaxonomyVersion.objects.order_by("-version").first()
    if taxonomy and taxonomy.signed_off_at is None:
        found.append(f"The taxonomy, version {taxonomy.version}")
    snapshot = Snapshot.objects.order_by("-pk").first()
    if snapshot and snapshot.signed_off_at is None:
        found.append(f"The corpus snapshot {snapshot.version}")
    return found
