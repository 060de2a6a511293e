from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "apps.tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Whoever sends a task, a web process too, must know the broker: Celery would make up an app of its own.
        import config.celery  # noqa: F401
