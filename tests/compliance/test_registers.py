"""Log reviews, adverse impact by supplied attributes, the record of processing, registers by person and case."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.audit.commitments import destroy_key
from apps.audit.models import Entry
from apps.cases.models import Case
from apps.compliance.attributes import AttributesRefused, attributes_of, read_file, supply_attributes
from apps.compliance.evidence import Look
from apps.compliance.export_models import Export
from apps.compliance.framework_models import LogReview, ProcessingRecord, ProtectedAttributes, Signature
from apps.compliance.impact import compared, impact
from apps.compliance.log_reviews import NotReviewable, monday, review_week
from apps.reviews import services
from apps.tenants.actors import SYSTEM
from apps.tenants.keys import new_secret
from apps.tenants.models import ApiKey
from tests.cast import NORTHGATE, PASSWORD, Visitor, member
from tests.factories import waiting_case


def test_a_week_that_goes_on_is_not_signed_for(compliance_officer):
    begin = monday(timezone.now().date())
    with pytest.raises(NotReviewable, match="after its last day"):
        review_week(actor=compliance_officer.actor, begin=begin, findings="All read.", password=PASSWORD)


def test_a_week_is_signed_for_once_and_says_what_stood_then(compliance_officer):
    begin = monday(timezone.now().date()) - timedelta(days=7)
    given = {"begin": str(begin), "findings": "Nothing stood out.", "email": compliance_officer.user.email}
    compliance_officer.post("/log-reviews/sign/", {**given, "password": PASSWORD})
    review = LogReview.objects.select_related("signature").get()
    assert (review.entries, review.signature.signer_name) == (0, compliance_officer.user.name)
    again = compliance_officer.post("/log-reviews/sign/", {**given, "password": PASSWORD})
    assert (again.status_code, LogReview.objects.count()) == (400, 1)
    assert "unchanged" in compliance_officer.get("/signatures/").content.decode()


def test_the_database_refuses_to_change_a_signature(compliance_officer):
    test_a_week_is_signed_for_once_and_says_what_stood_then(compliance_officer)
    with pytest.raises(DatabaseError), transaction.atomic():
        Signature.objects.update(meaning="Something else")


def test_ratios_are_against_the_highest_rate_and_chance_is_told_apart():
    rows = {row.rate.group: row for row in compared({"a": (60, 100), "b": (30, 100), "c": (2, 4)})}
    assert rows["a"].ratio is None
    assert (rows["b"].ratio, rows["b"].below, rows["b"].significant) == (0.5, True, True)
    assert (rows["c"].below, rows["c"].significant) == (False, False)
    assert (rows["c"].small, rows["b"].small) == (True, False)  # 4 of 204 cases
    assert rows["b"].level == 0.025


def test_attributes_are_sealed_compared_with_intersections_and_unknowns_counted(northgate):
    actor = member("operator", NORTHGATE).actor
    cases = [waiting_case(ungrounded=False) for _ in range(3)]
    for case in cases:
        services.reject(actor=actor, case_id=case.pk, revision=1, reason_code="tone")
    Case.objects.update(state="closed", closed_at=timezone.now(), outcome="approved")
    text = f"case number,sex,origin\n{cases[0].number},female,north\n{cases[1].number},male,\nX-1,male,south\n"
    kept = supply_attributes(actor=SYSTEM, given=read_file(text))
    assert (kept.kept, kept.unknown, kept.forgotten) == (2, ("X-1",), 0)
    assert b"female" not in bytes(ProtectedAttributes.objects.first().sealed)
    assert not any(b"female" in bytes(entry.bytes) for entry in Entry.objects.all())
    found = impact(Look(timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1)))
    assert (found.decided, found.known, found.unknown) == (3, 2, 1)
    by_attribute = {(each.stage, each.attribute): each.unknown for each in found.breakdowns}
    assert by_attribute[("Cleared without a person", "sex")] == 1
    assert by_attribute[("Cleared without a person", "origin × sex")] == 2


def test_attributes_of_a_forgotten_person_are_gone(northgate):
    case = waiting_case()
    supply_attributes(actor=SYSTEM, given={case.number: {"sex": "female"}})
    assert attributes_of([case.pk]) == {case.pk: {"sex": "female"}}
    destroy_key(actor=SYSTEM, subject=case.subject_id, reason="asked")
    assert attributes_of([case.pk]) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line"),
        ("case number,sex\n", "no line"),
        ("case number,sex\nR-1,f\nR-1,m\n", "again"),
        ("case number,sex\nR-1\n", "2 cells"),
        ("case number,a,b,c,d,e\n", "one to 4"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_change(text, words):
    with pytest.raises(AttributesRefused, match=words):
        read_file(text)


def test_a_file_comes_in_by_the_page_and_shows_there(compliance_officer):
    case = waiting_case()
    Case.objects.update(state="closed", closed_at=timezone.now(), outcome="automatic")
    file = SimpleUploadedFile("attributes.csv", f"case,sex\n{case.number},female\n".encode())
    page = compliance_officer.post("/adverse-impact/attributes/", {"file": file}, follow=True).content.decode()
    assert "female" in page
    bad = SimpleUploadedFile("attributes.csv", b"\xff\xfe\x00")
    assert compliance_officer.post("/adverse-impact/attributes/", {"file": bad}).status_code == 400


def test_the_record_of_processing_is_proposed_kept_in_versions_and_says_what_it_lacks(compliance_officer):
    assert "Northgate" in compliance_officer.get("/record-of-processing/").content.decode()
    for officer in ("", "Cormac, at the office"):
        compliance_officer.post("/record-of-processing/new/", {"controller": "Northgate", "officer": officer})
    assert list(ProcessingRecord.objects.values_list("version", flat=True)) == [2, 1]
    page = compliance_officer.get("/record-of-processing/").content.decode()
    assert "Not said yet" in page
    assert not any(b"at the office" in bytes(entry.bytes) for entry in Entry.objects.all())


def test_registers_tell_of_a_case_and_a_person(compliance_officer):
    case = waiting_case(ungrounded=False)
    actor = member("operator", NORTHGATE).actor
    services.reject(actor=actor, case_id=case.pk, revision=1, reason_code="tone")
    page = compliance_officer.get(f"/versions/?case={case.number}").content.decode()
    assert "Draft 1" in page
    assert "Rejected" in page
    assert case.number in compliance_officer.get("/uses/").content.decode()
    assert "Nobody here has this reference" in compliance_officer.get("/disclosures/?person=nobody").content.decode()
    known = compliance_officer.get(f"/disclosures/?person={case.subject.reference}").content.decode()
    assert "Nothing left about this person" in known


def test_a_programs_read_and_an_export_are_disclosures(compliance_officer):
    case = waiting_case()
    text, prefix, digest = new_secret()
    key = ApiKey.objects.create(
        tenant_id=NORTHGATE, name="Data warehouse", prefix=prefix, hash=digest, capabilities=["cases.view"]
    )
    Visitor(NORTHGATE, headers={"Authorization": f"Bearer {text}"}).get(f"/api/v1/cases/{case.number}")
    Export.objects.create(
        state="done", total=1, scope={"kind": "case", "id": str(case.pk)}, downloads=2, created_by="person:1",
        created_name="Carl Okafor", finished_at=timezone.now(),
    )  # fmt: skip
    page = compliance_officer.get(f"/disclosures/?person={case.subject.reference}").content.decode()
    assert key.name in page
    assert "Read by a program" in page
    assert "Export of the log, downloaded 2 times" in page


def test_the_officers_home_tells_what_changed_and_what_waits(compliance_officer):
    compliance_officer.post("/frameworks/ll144/scope/", {"applies": "no", "ground": "Nobody is hired with this."})
    for _ in range(2):
        compliance_officer.post("/gaps/naic-document/plan/", {"state": "open", "due_on": "2020-01-31"})
    page = compliance_officer.get("/").content.decode()
    assert "said whether a framework applies" in page
    assert "planned a gap <small>· 2 times</small>" in page
    assert "naic-document" in page
