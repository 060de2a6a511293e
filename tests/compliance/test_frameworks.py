"""The map is sound, its packs claim no more than records show, and gaps are planned and closed by name."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.compliance.checks.register import CHECKS
from apps.compliance.evidence import Look, first_id
from apps.compliance.framework_models import Gap, Signature
from apps.compliance.frameworks import Map, pack, packs, the_map
from apps.compliance.signatures import verified
from tests.cast import PASSWORD
from tests.factories import waiting_case

ROW = "naic-document"  # which no record can show
SIGN = {"note": "In the policy binder, with Legal.", "password": PASSWORD}


def lately() -> Look:
    return Look(timezone.now() - timedelta(days=1), timezone.now() + timedelta(seconds=1))


def test_the_map_names_every_row_once_and_every_check_is_asked():
    rows = [row for framework in the_map().frameworks for row in framework.rows]
    assert len(the_map().frameworks) == 16
    assert {row.check for row in rows if row.check} == set(CHECKS)


@pytest.mark.parametrize("row", [{"check": "no_such_check"}, {}, {"check": "reads", "outside": "elsewhere"}])
def test_a_map_with_a_row_that_nothing_answers_is_refused(row):
    given = {"id": "r", "asks": "x", "checked": "2026-11-22", **row}
    control = {"id": "c", "cite": "1", "title": "t", "rows": [given]}
    framework = {"id": "f", "title": "t", "cite": "1", "note": "n", "controls": [control]}
    with pytest.raises(ValueError, match="r:"):
        Map.model_validate({"version": 1, "frameworks": [framework]})


def test_an_empty_tenant_is_told_what_is_missing_and_each_lack_in_words(northgate):
    for each in packs(lately()):
        for answer in each.answers:
            assert answer.finding.lacking or not answer.wanting, answer.row.id
            assert answer.finding.how or answer.wanting, answer.row.id
    hipaa = next(each for each in packs(lately()) if each.framework.id == "hipaa")
    assert hipaa.covered == 0


def test_a_pack_names_counts_of_the_period_only(northgate):
    waiting_case()
    now = timezone.now()
    ours = pack("hipaa", begin=now - timedelta(hours=1), end=now + timedelta(hours=1))
    later = pack("hipaa", begin=now + timedelta(hours=1), end=now + timedelta(hours=2))
    activity = {each["id"]: each for each in ours["rows"]}["hipaa-activity"]
    assert activity["state"] == "covered"
    assert activity["facts"]["Entries in the period"] == f"{Entry.objects.count():,}"
    assert {each["id"]: each for each in later["rows"]}["hipaa-activity"]["state"] == "missing"
    assert sum(ours["counts"].values()) == len(ours["rows"])


def test_the_first_id_of_a_moment_divides_the_log_there(northgate):
    waiting_case()
    entry = Entry.objects.order_by("-id").first()
    assert first_id(entry.at - timedelta(milliseconds=2)) < entry.id < first_id(entry.at + timedelta(milliseconds=2))


def test_a_closed_gap_is_stated_and_never_covered(compliance_officer):
    email = compliance_officer.user.email
    compliance_officer.post(f"/gaps/{ROW}/close/", {**SIGN, "email": email})
    page = compliance_officer.get("/frameworks/naic/").content.decode()
    assert "Stated, not shown by the system" in page
    row = next(each for each in compliance_officer.get("/frameworks/naic/json/").json()["rows"] if each["id"] == ROW)
    assert (row["state"], row["stated"]["words"]) == ("missing", SIGN["note"])
    signature = Signature.objects.get()
    assert (signature.components, verified(signature)) == (2, True)
    assert {"gap.closed", "signature.given"} <= set(Entry.objects.values_list("action", flat=True))


def test_the_second_signature_of_a_session_needs_the_password_alone(compliance_officer):
    compliance_officer.post(f"/gaps/{ROW}/close/", {**SIGN, "email": compliance_officer.user.email})
    compliance_officer.post("/gaps/hipaa-policies/close/", SIGN)
    assert sorted(Signature.objects.values_list("components", flat=True)) == [1, 2]


@pytest.mark.parametrize("wrong", [{"password": "not mine at all"}, {"email": "someone@else.example"}])
def test_a_wrong_component_signs_nothing_and_is_in_the_log(compliance_officer, wrong):
    given = {**SIGN, "email": compliance_officer.user.email, **wrong}
    answer = compliance_officer.post(f"/gaps/{ROW}/close/", given)
    assert (answer.status_code, Signature.objects.count()) == (400, 0)
    assert Entry.objects.filter(action="signature.refused").count() == 1


def test_after_five_wrong_attempts_the_right_password_waits(compliance_officer):
    email = compliance_officer.user.email
    for _ in range(5):
        compliance_officer.post(f"/gaps/{ROW}/close/", {**SIGN, "email": email, "password": "wrong"})
    page = compliance_officer.post(f"/gaps/{ROW}/close/", {**SIGN, "email": email}).content.decode()
    assert "Too many wrong attempts" in page
    assert Signature.objects.count() == 0


def test_a_gap_has_an_owner_and_a_date_and_is_overdue_after_it(compliance_officer):
    given = {
        "state": "working",
        "owner": str(compliance_officer.user.pk),
        "due_on": "2020-01-31",
        "note": "Asked Legal.",
    }
    page = compliance_officer.post(f"/gaps/{ROW}/plan/", given, follow=True).content.decode()
    assert compliance_officer.user.name in page
    assert Gap.objects.get().overdue
    assert "overdue" in page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"state": "closed"}, "closed by a signature"),
        ({"state": "na"}, "On which ground"),
        ({"state": "open", "owner": "nobody"}, "works here"),
        ({"state": "open", "due_on": "soon"}, "Write days"),
    ],
)
def test_what_cannot_be_planned_is_said(compliance_officer, given, words):
    answer = compliance_officer.post(f"/gaps/{ROW}/plan/", given)
    assert (answer.status_code, words.lower() in answer.content.decode().lower()) == (400, True)
    assert not Gap.objects.exists()


def test_a_framework_that_does_not_apply_says_why_in_each_row(compliance_officer):
    compliance_officer.post("/frameworks/ll144/scope/", {"applies": "no", "ground": "Nobody is hired with this."})
    rows = compliance_officer.get("/frameworks/ll144/json/").json()["rows"]
    assert {row["state"] for row in rows} == {"not_applicable"}
    assert all("Nobody is hired with this." in row["how"] for row in rows)


def test_an_auditor_reads_all_and_changes_nothing(auditor):
    for path in ("/frameworks/", "/frameworks/gdpr/", "/gaps/", f"/gaps/{ROW}/", "/log-reviews/", "/signatures/"):
        page = auditor.get(path)
        assert page.status_code == 200, path
        assert 'method="post"' not in page.content.decode().partition("<main")[2], path
    assert auditor.post(f"/gaps/{ROW}/close/", SIGN).status_code == 403


def test_days_that_are_none_are_refused_in_words(compliance_officer):
    assert "Write days" in compliance_officer.get("/frameworks/?begin=soon").content.decode()
    assert compliance_officer.get("/frameworks/gdpr/json/?begin=soon").status_code == 400
    assert compliance_officer.get("/frameworks/nonsense/").status_code == 404
