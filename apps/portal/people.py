"""Who may work here, and which programs may call: each change is in the audit log with its deed."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.tenants.actors import Actor
from apps.tenants.capabilities import FOR_KEYS, ROLES, Capability, Role, capabilities_of
from apps.tenants.keys import new_secret
from apps.tenants.models import ApiKey, Membership, User
from apps.tenants.schemas import current_schema, in_public


@transaction.atomic
def add_member(*, actor: Actor, email: str, name: str, role: str, password: str | None = None) -> Membership:
    """Make a person a member of the current tenant, again if they had left.

    Name and password are for someone new to the platform; a person whom another tenant knows keeps their own.
    """
    _check_role(role)
    user = _person(email, name, password)
    membership, added = Membership.objects.get_or_create(user=user, tenant_id=current_schema(), defaults={"role": role})
    if not added and membership.active:
        raise ValidationError("This person is a member already.")
    if not added:
        membership.role, membership.active = role, True
        membership.save(update_fields=["role", "active"])
    record(
        actor=actor,
        action="member.added",
        object=f"member:{membership.id}",
        after={"person": str(user.id), "role": role},
    )
    return membership


@transaction.atomic
def change_role(*, actor: Actor, membership: Membership, role: str) -> None:
    _check_role(role)
    before = membership.role
    membership.role = role
    membership.save(update_fields=["role"])
    _check_someone_manages_people()
    record(
        actor=actor,
        action="member.role_changed",
        object=f"member:{membership.id}",
        before={"role": before},
        after={"role": role},
    )


@transaction.atomic
def deactivate_member(*, actor: Actor, membership: Membership) -> None:
    """End a membership. It takes effect with the person's next request; what they did keeps their name."""
    membership.active = False
    membership.save(update_fields=["active"])
    _check_someone_manages_people()
    record(actor=actor, action="member.deactivated", object=f"member:{membership.id}")


@transaction.atomic
def create_key(*, actor: Actor, name: str, capabilities: frozenset[Capability]) -> tuple[ApiKey, str]:
    """A new API key and its text, which cannot be shown again."""
    if not capabilities or not capabilities <= FOR_KEYS:
        raise ValidationError("A key needs capabilities, and only such as a program may have.")
    text, prefix, digest = new_secret()
    granted = sorted(capability.value for capability in capabilities)
    key = ApiKey.objects.create(
        tenant_id=current_schema(), name=name.strip(), prefix=prefix, hash=digest, capabilities=granted
    )
    record(actor=actor, action="key.created", object=f"key:{key.id}", after={"name": key.name, "capabilities": granted})
    return key, text


@transaction.atomic
def revoke_key(*, actor: Actor, key: ApiKey) -> None:
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    record(actor=actor, action="key.revoked", object=f"key:{key.id}")


def _person(email: str, name: str, password: str | None) -> User:
    """People are shared by all tenants, so they are looked up and made outside of the tenant."""
    email = email.strip().lower()
    validate_email(email)
    with in_public():
        known = User.objects.filter(email=email).first()
        if known is not None:
            return known
        if password is not None:
            validate_password(password, User(email=email, name=name))
        return User.objects.create_user(email=email, name=name, password=password)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise ValidationError(f"There is no role {role!r}. Roles: {', '.join(Role)}.")


def _check_someone_manages_people() -> None:
    """Without this, the last administrator could lock everyone out."""
    roles = Membership.objects.filter(active=True).values_list("role", flat=True)
    if not any(Capability.PEOPLE_MANAGE in capabilities_of(role) for role in roles):
        raise ValidationError("Someone must be left who manages people.")
