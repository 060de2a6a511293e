"""manage.py prepare_models: makes the local encoder ready, at once when it already is."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.inference.local.build import build
from apps.inference.local.model_folder import ModelNotBuilt, verified_manifest


class Command(BaseCommand):
    help = "Build the local text encoder into MODEL_DIR unless it is there already."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            folder = build(settings.MODEL_DIR)
            fingerprint = verified_manifest(folder)["encoder.onnx"]
        except (OSError, ModelNotBuilt) as error:
            raise CommandError(f"The local encoder could not be built in {settings.MODEL_DIR}: {error}") from error
        self.stdout.write(f"Local encoder ready: {folder.name}, sha256 {fingerprint[:12]}")
