from django.apps import AppConfig


class PortabilityConfig(AppConfig):
    name = "apps.portability"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.engagements.cadence.hand_over_items import ITEMS
        from apps.portability.taken_out import ITEM

        ITEMS[ITEM.slug] = ITEM
