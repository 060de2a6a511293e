"""One person asks for everything, another approves, the archive is made, fetched and taken away again."""

import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.audit.models import Entry
from apps.engagements.engagement_models import Engagement
from apps.portability import services
from apps.portability.models import KEPT, HandOver
from apps.portability.taken_out import taken_out

pytestmark = pytest.mark.django_db(transaction=True)
PASSPHRASE = "orchid gravel lantern nine"


@pytest.fixture(autouse=True)
def files(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("apps.portability.tasks.send_hand_over", lambda *_: None)


def asked(tenant_admin, passphrase=PASSPHRASE, again=PASSPHRASE):
    return tenant_admin.post("/hand-over/new/", {"passphrase": passphrase, "again": again})


def test_from_asking_to_a_file_that_is_fetched_and_taken_away(tenant_admin, compliance_officer):
    assert asked(tenant_admin).status_code == 302
    assert "one archive is on its way" in asked(tenant_admin).content.decode().lower()
    assert taken_out(Engagement()).state == "missing"
    row = HandOver.objects.get()
    services.work(row.pk)
    assert HandOver.objects.get().state == "queued"
    assert "Waits for approval" in compliance_officer.get("/hand-over/").content.decode()

    compliance_officer.post(f"/hand-over/{row.pk}/approve/")
    assert services.waiting() == [row.pk]
    services.work(row.pk)

    row.refresh_from_db()
    assert (row.state, row.problem, row.secret) == ("done", "", None)
    assert row.done == row.total > 0
    page = tenant_admin.get("/hand-over/").content.decode()
    assert "Download" in page
    fetched = b"".join(tenant_admin.get(f"/hand-over/{row.pk}/archive/").streaming_content)
    assert "manifest.json" in zipfile.ZipFile(BytesIO(fetched)).namelist()
    assert compliance_officer.get(f"/hand-over/{row.pk}/archive/").status_code == 403
    assert taken_out(Engagement()).state == "good"
    assert [file.name for file in services.file_of(row).parent.iterdir()] == [f"{row.pk}.zip"]

    HandOver.objects.update(finished_at=timezone.now() - KEPT - timedelta(minutes=1))
    assert services.clear() == 1
    assert not services.file_of(row).exists()
    told = set(Entry.objects.filter(object=f"archive:{row.pk}").values_list("action", flat=True))
    deeds = ("asked", "approved", "finished", "downloaded", "removed")
    assert told == {f"archive.{deed}" for deed in deeds}


def test_what_was_typed_wrong_is_said_beside_the_field_and_nothing_is_asked_for(tenant_admin):
    assert "at least 12" in asked(tenant_admin, "short", "short").content.decode()
    assert "at least 12" in asked(tenant_admin, " " * 14, " " * 14).content.decode()
    assert "not the same passphrase" in asked(tenant_admin, again="something else entirely").content.decode()
    assert not HandOver.objects.exists()


def test_nobody_approves_what_they_asked_for_and_others_can_do_neither(tenant_admin, operator, auditor, consultant):
    asked(tenant_admin)
    row = HandOver.objects.get()
    for somebody in (tenant_admin, operator, auditor, consultant):
        assert somebody.post(f"/hand-over/{row.pk}/approve/").status_code == 403
    with pytest.raises(ValidationError, match="another person"):
        services.approve(actor=tenant_admin.actor, hand_over=row)
    assert asked(consultant).status_code == 403


def test_one_that_nobody_approves_waits_for_a_week(tenant_admin, compliance_officer):
    asked(tenant_admin)
    row = HandOver.objects.get()
    assert services.waiting_for(tenant_admin.actor) == 0
    assert services.waiting_for(compliance_officer.actor) == 1
    services.clear()
    assert services.waiting_for(compliance_officer.actor) == 1
    HandOver.objects.update(created_at=timezone.now() - services.PATIENCE)
    services.clear()
    row.refresh_from_db()
    assert (row.state, row.secret) == ("cancelled", None)


def test_a_refused_one_is_never_made_and_its_key_is_gone(tenant_admin, compliance_officer):
    asked(tenant_admin)
    row = HandOver.objects.get()
    compliance_officer.post(f"/hand-over/{row.pk}/refuse/")
    compliance_officer.post(f"/hand-over/{row.pk}/approve/")
    row.refresh_from_db()
    assert (row.state, row.secret, row.approved_at) == ("cancelled", None, None)
    assert services.waiting() == []
