"""Taxonomy versions: stored once, changed never, signed off once, and all of it in the log."""

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import Entry
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.services import AlreadySignedOff, VersionConflict, create_version, sign_off
from apps.tenants.models import Tenant
from tests.cast import Member
from tests.taxonomies.test_content import content


def version_of(actor: Member, **changes: object) -> TaxonomyVersion:
    return create_version(actor=actor.actor, workflow="service", taxonomy=Taxonomy.model_validate(content(**changes)))


def test_the_same_content_is_the_same_version(consultant: Member) -> None:
    assert version_of(consultant) == version_of(consultant)
    assert Entry.objects.filter(action="taxonomy.version_created").count() == 1


def test_changed_content_needs_a_higher_number(consultant: Member) -> None:
    version_of(consultant)
    with pytest.raises(VersionConflict, match="needs a higher number"):
        version_of(consultant, title="Changed")
    assert version_of(consultant, title="Changed", version=2).version == 2


def test_a_version_reads_back_as_it_was_written(consultant: Member) -> None:
    stored = TaxonomyVersion.objects.get(pk=version_of(consultant).pk)
    assert stored.taxonomy() == Taxonomy.model_validate(content())


def test_a_sign_off_names_the_person_is_given_once_and_is_in_the_log(
    consultant: Member, decision_owner: Member
) -> None:
    signed = sign_off(actor=decision_owner.actor, version=version_of(consultant))
    assert signed.signed_off_name == decision_owner.actor.name
    assert Entry.objects.filter(action="taxonomy.signed_off").count() == 1
    with pytest.raises(AlreadySignedOff):
        sign_off(actor=decision_owner.actor, version=signed)


@pytest.mark.parametrize("change", [{"content": {}}, {"version": 9}])
def test_the_database_refuses_to_change_a_version(
    consultant: Member, northgate: Tenant, change: dict[str, object]
) -> None:
    version = version_of(consultant)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        TaxonomyVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        TaxonomyVersion.objects.filter(pk=version.pk).delete()
