"""One settings module. What differs between machines comes from the environment (config/env.py)."""

from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import env

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")
MODEL_DIR = env.folder("MODEL_DIR", VAR_DIR / "models")

DEBUG = env.boolean("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY", "insecure-key-for-development-only" if DEBUG else None)
# Wraps the keys behind the audit log's digests. Set it before rotating SECRET_KEY, or they cannot be checked any more.
AUDIT_KEK = env.text("AUDIT_KEK", "")
# Where the process that holds the signing keys answers ("": checkpoints stay unsigned), and how each log's name begins.
SIGNER_SOCKET = env.text("SIGNER_SOCKET", "")
CHECKPOINT_FOLDER = env.folder("CHECKPOINT_FOLDER", VAR_DIR / "checkpoints")
# Who has been forgotten, as a restored backup does not know: keep it outside of what is backed up (docs/adr/0023).
ERASURE_LEDGER = env.folder("ERASURE_LEDGER", VAR_DIR / "erasures")
# Credentials for checkpoints that go to an object storage which speaks S3: `key:secret:region`.
OBJECT_STORAGE = env.text("OBJECT_STORAGE", "")
# Whether tenants may have things sent to addresses inside the house.
PRIVATE_ADDRESSES = env.boolean("PRIVATE_ADDRESSES", False)
LOG_NAME = env.text("LOG_NAME", "") or env.text("BASE_DOMAIN", "localhost")
BASE_DOMAIN = env.text("BASE_DOMAIN", "localhost")
PORT = env.integer("PORT", 8000)
HTTPS = env.boolean("HTTPS", BASE_DOMAIN != "localhost")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", f"{BASE_DOMAIN},.{BASE_DOMAIN}")
if not HTTPS and BASE_DOMAIN != "localhost":
    raise ImproperlyConfigured("HTTPS may only be off on localhost.")

SHARED_APPS = [
    "apps.tenants",  # before django_tenants, whose create_tenant and migrate_schemas commands it replaces
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "django_htmx",
    "template_partials",
    "heroicons",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "apps.planning",
    "apps.portfolio",
    "apps.portal",
    "demo",
]
TENANT_APPS = [
    "apps.audit",
    "apps.inference",
    "apps.taxonomies",
    "apps.corpora",
    "apps.prompts",
    "apps.connectors",
    "apps.workflows",
    "apps.cases",
    "apps.reviews",
    "apps.evaluations",
    "apps.compliance",
    "apps.insights",
    "apps.engagements",
    "apps.portability",
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

DATABASE_URL = env.text("DATABASE_URL", "postgresql:///thinslice")
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL", "")
DATABASES = {
    "default": {
        "ENGINE": "apps.tenants.backend",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIGRATE": False},
        # Migrations and new tenants connect as the owner of the schemas; everything else takes on a tenant's own role.
        "TENANT_ROLES": DATABASE_URL != DATABASE_OWNER_URL,
        **env.database(DATABASE_URL),
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PG_EXTRA_SEARCH_PATHS = ["extensions"]
SKIP_PG_EXTRA_VALIDATION = True  # it would query the database each time that the settings are loaded
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
ROOT_URLCONF = "config.urls_tenant"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "apps.tenants.middleware.TenantMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.portal.access.AccessMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.tenants.middleware.MembershipMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "apps.portal.accounts.AuditedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.boolean("BEHIND_PROXY", False) else 0
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.portal.navigation.shell",
            ],
        },
    }
]
WSGI_APPLICATION = "config.wsgi.application"

# Holds what may be lost, as the counts behind the sign-in limits. Several processes share it by CACHE_URL (redis://, unix://).
CACHE_URL = env.text("CACHE_URL", "")
CACHES = {
    "default": {
        "BACKEND": f"django.core.cache.backends.{'redis.RedisCache' if CACHE_URL else 'locmem.LocMemCache'}",
        "LOCATION": CACHE_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
    }
}

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = VAR_DIR / "files"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("BEHIND_PROXY", False) else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.tenants.keys.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.tenants.keys.HasCapability"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.cases.api.bodies.StrictJSONParser"],
    "EXCEPTION_HANDLER": "apps.cases.api.errors.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Thinslice",
    "DESCRIPTION": "Send cases in, and ask where they stand. Each request carries an API key of the tenant whose host "
    "it is sent to, `Authorization: Bearer ts_…`, which an administrator makes on the page API keys. Refusals have one "
    "form, `Problem`: a code for programs, a sentence for people, and messages by field.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],  # the typed models name their own choices
    "SERVE_INCLUDE_SCHEMA": False,
}

SYSTEM_OF_RECORD_URL = env.text("SYSTEM_OF_RECORD_URL", "")
ANTHROPIC_API_KEY = env.text("ANTHROPIC_API_KEY", "")
ANTHROPIC_BASE_URL = env.text("ANTHROPIC_BASE_URL", "")
JUDGE_ROUTE = env.route("JUDGE_ROUTE")  # the hosted model that judges replies in evaluations; "" for the judge by words

# A claimed case that is not finished by then is due again. Longer than any layer takes, shorter than a person waits.
CASE_LEASE_SECONDS = env.integer("CASE_LEASE_SECONDS", 60)
CASE_ATTEMPTS = env.integer("CASE_ATTEMPTS", 5)
UNDO_SECONDS = env.integer("UNDO_SECONDS", 10)

# A digest of what is new, for whoever wants one. Without MAIL_URL it is written to a folder and goes nowhere.
globals().update(env.mail("MAIL_URL", VAR_DIR / "mail"))
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", f"thinslice@{BASE_DOMAIN}")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "httpx2": {"level": "WARNING"},  # it would write every address asked, with the numbers in it
        # They would write several lines for every task: 250 MB a day while nothing at all happens.
        **{name: {"level": "WARNING"} for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy")},
    },
}
