"""Who: tenants, their domains, people, memberships and API keys.

All in the public schema, because consultants serve many tenants, and all under row-level security (migration 0002):
under a tenant's role only its own rows exist.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django_tenants.models import DomainMixin, TenantMixin
from uuid6 import uuid7

from apps.tenants.capabilities import Role
from apps.tenants.schemas import PATTERN, validate_schema_name


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, email: str, name: str, password: str | None = None) -> "User":
        user = self.model(email=email.strip().lower(), name=name.strip())
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person, once, however many tenants they work for. Never deleted: the record of what they did stays."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        )

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name


class Tenant(TenantMixin):  # type: ignore[misc]  # django-tenants has no types
    """A client organisation. Its schema name is its key: in foreign keys, as PostgreSQL role, in cache keys."""

    schema_name = models.CharField(max_length=42, primary_key=True, validators=[validate_schema_name])
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    region = models.CharField(max_length=16)
    industry = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    auto_create_schema = False  # apps.tenants.provisioning does, with the role and its rights

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(schema_name__regex=PATTERN), name="tenant_schema_name_is_safe"),
        )

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name that leads to a tenant, without the port."""


class Membership(models.Model):
    """What a person may do in one tenant. Ended memberships stay, inactive."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=32, choices=[(role.value, role.label) for role in Role])
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "tenant"], name="one_membership_per_person_and_tenant"),)

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class ApiKey(models.Model):
    """A program's way in. Only the SHA-256 of the secret is kept: it has 256 bits, so a slow hash would add nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    hash = models.CharField(max_length=64)
    capabilities = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
