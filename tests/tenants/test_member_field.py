import pytest
from django.core.exceptions import ValidationError
from django.db import models

from apps.tenants.fields import MemberField
from apps.tenants.models import Membership, User
from tests.cast import Member


class Note(models.Model):
    """Never stored: only the field's own check is of interest."""

    author = MemberField(null=True)

    class Meta:
        app_label = "tests"
        managed = False

    def __str__(self) -> str:
        return str(self.author)


def about_to_save(author: User | None) -> object:
    field = Note._meta.get_field("author")
    assert isinstance(field, MemberField)
    return field.pre_save(Note(author=author), add=True)


def test_a_member_may_be_named(operator):
    assert about_to_save(operator.user) == operator.user.pk


def test_whoever_was_a_member_may_still_be_named(operator):
    Membership.objects.filter(user=operator.user).update(active=False)
    assert about_to_save(operator.user) == operator.user.pk


def test_another_tenants_person_may_not(stranger: Member):
    with pytest.raises(ValidationError, match="never a member here"):
        about_to_save(stranger.user)


def test_nobody_may_be_named_where_the_field_is_empty(northgate):
    assert about_to_save(None) is None
