"""Where a person's words lie, table by table, and what becomes of them when the person, or a case, is erased.

This is the list that erasing runs through, that its preview counts by and that its certificate prints. A test walks all
tables of a tenant: a column that could hold words and stands nowhere here fails it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.db import models


class Fate(StrEnum):
    EMPTIED = "emptied"  # the row stays for what it counts and links, without the words
    REMOVED = "removed"
    UNREADABLE = "unreadable"  # the words are under the person's key, or named by it, and the key is destroyed
    ELSEWHERE = "elsewhere"  # apps.compliance.references or apps.evaluations.erasure knows how
    STAYS = "stays"


class Of(StrEnum):
    CASE = "case"  # goes with the case, whether the person is forgotten or its time is over
    PERSON = "person"  # goes when the person is forgotten


@dataclass(frozen=True)
class Place:
    model: str
    columns: str  # names, with spaces between
    fate: Fate
    title: str  # in people's words; "" joins the place before it
    by: str = ""  # look-up from the table to the id of the case, or of the person
    of: Of = Of.CASE
    why: str = ""

    @property
    def table(self) -> type[models.Model]:
        return apps.get_model(self.model)

    def rows(self, ids: Any) -> "models.QuerySet[Any]":
        return self.table._default_manager.filter(**{f"{self.by}__in": ids})  # noqa: SLF001 - Django documents it

    def empty(self) -> dict[str, Any]:
        """Column → what it holds once it says nothing."""
        meta = self.table._meta  # noqa: SLF001 - Django documents it
        return {name: _nothing(meta.get_field(name)) for name in self.columns.split()}


def _nothing(field: Any) -> Any:
    if field.null:
        return None
    if isinstance(field, models.JSONField):
        return field.get_default() if field.has_default() else {}
    return ""


E_, R, U, X, S = Fate.EMPTIED, Fate.REMOVED, Fate.UNREADABLE, Fate.ELSEWHERE, Fate.STAYS
PLACES: tuple[Place, ...] = (
    # What is emptied comes first: a later place may find its rows by an earlier one.
    Place("cases.Case", "title text customer reason idempotency_key content_sha256", E_, "What they wrote", "pk"),
    Place("cases.CaseWords", "words", R, "Their words in the search", "case"),
    Place("cases.CaseVector", "embedding encoder case_type", R, "The meaning of their words, as numbers", "case"),
    Place("cases.Step", "result", R, "What the layers found and drafted", "case"),
    Place("cases.ShadowRun", "case_type decision rule results problem", R,
          "What other releases would have done", "case"),
    Place("cases.ShadowTry", "problem", R, "", "case"),
    Place("cases.Complaint", "said", E_, "Complaints, in their words", "case"),
    Place("connectors.Effect", "params answer summary problem", E_,
          "Orders to systems of record, and replies", "case_id"),
    Place("reviews.Disposition", "rationale claims", E_, "Replies as they were sent, and reviewers' reasons", "case"),
    Place("reviews.BlindReview", "rationale", E_, "Notes of those who looked once more", "case"),
    Place("reviews.Pause", "note answer", E_, "Questions to them and their answers", "case"),
    Place("reviews.Place", "case_type language customer rule reason awaits", R, "Its place in the queue", "case"),
    Place("reviews.Assignment", "holder_name taken_over_from", R, "", "case"),
    Place("inference.Exchange", "request response problem request_digest response_digest", U,
          "Requests to models and their answers, sealed under the person's key", "case_id"),
    Place("compliance.ProtectedAttributes", "sealed", R, "Protected attributes that were supplied", "case"),
    Place("evaluations.SimulatedCase", "incumbent candidate", R, "What simulations made of their cases", "case"),
    Place("evaluations.LabelProposal", "expected reason", R, "Labels proposed from decisions about them",
          "disposition__case"),
    Place("compliance.DataRequest", "wishes answer extended_because", E_, "What they asked for, in words", "subject",
          Of.PERSON),
    Place("compliance.LegalHold", "matter reason lifted_because", E_, "Why something of theirs was held", "subject",
          Of.PERSON),
    Place("audit.SubjectKey", "wrapped", X, "Their key: every digest and sealed text about them", "pk", Of.PERSON),
    Place("cases.Subject", "reference", X, "The reference that they are known by", "pk", Of.PERSON),
    Place("evaluations.LabelledCase", "submission expected adjudication_note", X,
          "Their cases in labelled sets: blanked where a set is frozen, else removed", of=Of.PERSON),
    Place("evaluations.Label", "answers", X, "", of=Of.PERSON),
    Place("evaluations.EvaluatedCase", "result", X, "", of=Of.PERSON),
    Place("evaluations.Remembered", "result key layer", X, "", of=Of.PERSON),
    Place("evaluations.AssuredProbe", "key words planted result external_id", X,
          "Variants of their cases that releases were tried on", of=Of.PERSON),
    Place("cases.RejectedRow", "row problems", X, "Rows of files that were not taken", of=Of.PERSON),
    Place("reviews.Reviewer", "conflicts", X, "Their reference where a reviewer is not given their cases",
          of=Of.PERSON),
    Place("reviews.SavedFilter", "address name", X, "Saved filters that look for their reference", of=Of.PERSON),
    Place("reviews.BulkAction", "selection", X, "", of=Of.PERSON),
    # What stays, and why.
    Place("audit.Entry", "action object actor bytes leaf", S, "The audit log",
          why="A duty to prove what was done. It holds no words: people by number, texts by digests under their key."),
    Place("cases.Case", "number external_id channel language region arm case_type urgency sentiment band lane impact "
          "decision escalated_to", S, "The case's number, dates, type and outcome",
          why="Counted in figures that others rely on. The sender's own id stays so that the same message, sent again, "
          "does not bring the words back."),
    Place("connectors.Effect", "step operation object compensation params_digest", S,
          "Which system was asked for what, about which object",
          why="Without it an order could be sent twice. The system of record holds the order itself."),
    Place("reviews.Disposition", "reviewer_name role reason_code escalated_to", S, "Who decided, when, in which role",
          why="A duty to show who decided. It is about the people who work here."),
    Place("reviews.BlindReview", "holder_name reviewer_name reason_code expected", S, "Who looked once more, blind",
          why="Counted in how far people agree. It is about the people who work here."),
    Place("reviews.Pause", "by_name ended_name", S, "", why="As above."),
    Place("cases.Complaint", "external_id recorded_by recorded_name withdrawn_name", S, "That somebody complained",
          why="Counted in figures that others rely on."),
    Place("evaluations.LabelledCase", "external_id adjudicated_by adjudicated_name", S,
          "That a labelled set held a case", why="A frozen set keeps its count; gate and pages say that it is blank."),
    Place("compliance.DataRequest", "certificate opened_by opened_name closed_by closed_name", S, "This certificate",
          why="A duty to show that the request was met (GDPR 5(2))."),
    Place("compliance.LegalHold", "placed_by placed_name lifted_by lifted_name", S, "", why="As above."),
    Place("compliance.ErasedCase", "reason", S, "", why="As above."),
    Place("cases.ImportRun", "file_name sha256 stored encoding columns started_by problem", S, "That a file came in",
          why="Names the file and who sent it. The file itself is deleted once it has been read."),
    Place("reviews.Notification", "text link", S, "Notifications to people who work here",
          why="Name the case by its number, and no more."),
    Place("reviews.BulkAction", "actor_name said done refused", S, "",
          why="About many cases at once, by their numbers."),
)  # fmt: skip

# Tables that hold what the organisation configures, measures or publishes, and nobody's words.
NOBODY: dict[str, str] = {
    "audit.Read": "actor object purpose",
    "audit.Pending": "leaf",
    "audit.Indexed": "terms",
    "audit.Leaf": "leaf",
    "audit.Checkpoint": "root frontier",
    "audit.Subtree": "root",
    "audit.LogKey": "encoded",
    "audit.SignedCheckpoint": "note",
    "audit.Cosignature": "witness line",
    "audit.Destination": "address key",
    "audit.Delivery": "problem",
    "inference.Exchange": "purpose route content_type",
    "inference.Artefact": "sha256 kind bytes",
    "taxonomies.TaxonomyVersion": "workflow sha256 content created_by signed_off_by signed_off_name",
    "corpora.Corpus": "slug",
    "corpora.Document": "slug title owner regions audience supersedes text sha256 encoder",
    "corpora.Passage": "anchor heading text sha256 indexed_sha256 embedding token_vectors",
    "corpora.Posting": "term",
    "corpora.Snapshot": "sha256 encoder analyser created_by signed_off_by signed_off_name",
    "corpora.TermStatistic": "term",
    "prompts.PromptVersion": "slug purpose model text sha256 created_by",
    "connectors.System": "slug title base_url operations",
    "workflows.Release": "fingerprint label manifest note created_by",
    "workflows.Workflow": "slug title owner kpi case_prefix",
    "workflows.Charter": "content note created_by created_name signed_by signed_name",
    "workflows.Warrant": "kind evidence proposed_by proposed_name approved_by approved_name reason",
    "workflows.TrafficPlan": "shares move reason evidence created_by created_name",
    "workflows.Notice": "kind text evidence seen_name",
    "reviews.Reviewer": "case_types languages workflows",
    "reviews.SavedFilter": "owner_name",
    "reviews.KeyMap": "keys",
    "reviews.CalendarVersion": "content note created_by created_name",
    "reviews.PolicyVersion": "content note created_by created_name",
    "reviews.Clock": "terms escalated_by",
    "reviews.Absence": "person_name stand_in_name",
    "evaluations.AssuranceRun": "report problem created_by created_name",
    "evaluations.AssuredProbe": "family variant",
    "evaluations.DriftReport": "report problem created_by created_name",
    "evaluations.EvaluationRun": "report problem created_by created_name split",
    "evaluations.GateVerdict": "sentence report created_by created_name",
    "evaluations.Override": "reason proposed_by proposed_name proposed_role decided_by decided_name",
    "evaluations.DecisionRecord": "report problem created_by created_name stage why",
    "evaluations.DecisionStep": "stage what why evidence done_by done_name",
    "evaluations.Simulation": "report problem created_by created_name",
    "evaluations.LabelledSet": "name sha256 signed_off_by signed_off_name signed_off_note checked_sha256 check_problem",
    "evaluations.Label": "labeller_id labeller_name",
    "evaluations.LabelProposal": "decided_by decided_name",
    "evaluations.Leak": "external_id other where texts_sha256 accepted_by accepted_name accepted_reason",
    "evaluations.HoldoutLook": "external_id looked_by looked_name",
    "compliance.Export": "scope report problem created_by created_name lengths sha256",
    "compliance.RetentionRule": "source made_name ended_name",
    "compliance.Scope": "framework ground decided_by decided_name",
    "compliance.Gap": "row owner_name note changed_name",
    "compliance.Signature": "record content sha256 meaning signer_id signer_name role zone",
    "compliance.LogReview": "root findings",
    "compliance.Readiness": "answers result created_by created_name",
    "compliance.ProcessingRecord": "content note created_by created_name",
    "portability.HandOver": "report problem created_by created_name approved_by approved_name salt secret sha256",
    "insights.AnomalyLook": "grain",
    "insights.Anomaly": "subject grain sentence note settled_by settled_name",
    "insights.Baseline": "measure case_type source note recorded_by recorded_name",
    "insights.HourRate": "source recorded_by recorded_name",
    "insights.ReturnTerms": "content source recorded_by recorded_name",
    "engagements.ChangeRequest": "title why asked_by asked_name decided_name reason",
    "engagements.ScopeItem": "system operations authentication owner note",
    "engagements.MapVersion": "side content note created_by created_name",
    "engagements.MinedLog": "file_name sha256 content created_by created_name",
    "engagements.SowVersion": "content sha256 note created_by created_name",
    "engagements.SowMove": "reason by by_name",
    "engagements.SowComment": "section text by by_name resolved_name resolution",
    "insights.Recipient": "added_by",
    "insights.MonthlyReport": "figures pdf sha256",
    "insights.Delivery": "person_name problem",
    "engagements.Engagement": "phase answers created_by created_name",
    "engagements.Task": "title output owner note done_by done_name",
    "engagements.Shadowing": "role place by by_name",
    "engagements.ShadowedStep": "title system note",
    "engagements.DayTen": "reason conditions evidence",
    "engagements.CadenceBegin": "reason said_by said_name",
    "engagements.RitualDraft": "figures notes decisions saved_by saved_name",
    "engagements.RitualRecord": "figures notes decisions reason words by_id by_name by_role",
    "engagements.FollowUp": "what owner_name outcome done_by done_name",
    "engagements.HandOverStatement": "item says",
}
