"""Download links that end by themselves, so that one which is passed on or left in a history opens nothing."""

from datetime import timedelta
from urllib.parse import urlencode

from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from apps.compliance.export_models import Export
from apps.tenants.schemas import current_schema

LASTS = timedelta(hours=24)


def link_to(export: Export) -> str:
    """Good for a day, for members who may export."""
    return f"{reverse('bundle_file', args=[export.pk])}?{urlencode({'link': _signer().sign(_name(export))})}"


def is_good(export: Export, link: str) -> bool:
    try:
        return _signer().unsign(link, max_age=LASTS) == _name(export)
    except BadSignature:  # or SignatureExpired, which is one
        return False


def _name(export: Export) -> str:
    return f"{current_schema()}/{export.pk}"


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="apps.compliance.exports.links")
