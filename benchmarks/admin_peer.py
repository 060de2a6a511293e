"""The peer of the review benchmark: a plain Django admin over the same cases. It is also its own settings module."""

from config.settings import *  # noqa: F403 - the product's own, with the admin added

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin", "benchmarks.admin_site"]  # type: ignore[has-type]  # noqa: F405
MIDDLEWARE = [name for name in MIDDLEWARE if "Membership" not in name]  # type: ignore[has-type]  # noqa: F405 - it lets in only views that say whom they are for
ROOT_URLCONF = "benchmarks.admin_site.urls"
