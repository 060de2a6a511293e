"""What an uploaded taxonomy would change, before it is stored."""

from typing import Any

from apps.taxonomies.content import Taxonomy
from apps.taxonomies.diff import compare_taxonomies
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.upload import LONGEST, NotATaxonomy
from apps.tenants.requests import MemberRequest


def uploaded_text(request: MemberRequest) -> str:
    """The file that came, or else what was typed."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("text", "").replace("\x00", "")
    return str(file.read(LONGEST * 4).decode("utf-8", errors="replace")).replace("\x00", "")


def preview(workflow: str, taxonomy: Taxonomy) -> dict[str, Any]:
    """The changes against the last version. Raises NotATaxonomy where it cannot become the next one."""
    last = TaxonomyVersion.objects.filter(workflow=workflow).first()
    if last is None:
        return {"taxonomy": taxonomy, "changes": []}
    changes = compare_taxonomies(last.taxonomy(), taxonomy)
    if not changes:
        raise NotATaxonomy([f"It says what version {last.version} says: there is nothing to store."])
    if taxonomy.version <= last.version:
        raise NotATaxonomy([f"version: {last.version} is the last one, so this needs a higher number."])
    return {"taxonomy": taxonomy, "changes": changes, "last": last}
