from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "apps.compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.cases.holding import ask_about_person
        from apps.compliance.holds import why_not_automatic

        ask_about_person(why_not_automatic)
