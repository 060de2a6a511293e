"""The delivery library: templates to start an engagement from. Starters are shipped; others come from finished work.

A template is a YAML file. Those that were given to the library lie in the file storage, outside of every tenant, and
hold nothing of the tenant that they came from (`scrubbing`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.text import slugify
from pydantic import BaseModel, ConfigDict, ValidationError

from apps.audit.entries import record
from apps.engagements.engagement_models import Engagement
from apps.engagements.workflow_map import maps
from apps.engagements.workflow_map.map_content import MapContent
from apps.portfolio.scrubbing import Replaced, scrub
from apps.prompts.content import Prompt
from apps.prompts.models import PromptVersion
from apps.prompts.services import create_version as create_prompt
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.services import create_version as create_taxonomy
from apps.tenants.actors import Actor
from apps.workflows.charters import CharterContent, content_of, draft_charter

Kind = Literal["taxonomy", "charter", "map", "prompt"]
KINDS: Final[Mapping[str, str]] = {
    "taxonomy": "Taxonomy", "charter": "Charter", "map": "Workflow map", "prompt": "Prompt",
}  # fmt: skip
# Of a map: what was measured at one client, and is to be measured anew at the next.
MEASURED: Final = {
    "steps": {"__all__": {"volume", "minutes", "wait", "pain"}},
    "flows": {"__all__": {"share"}},
}
STARTERS, GIVEN = Path(__file__).with_name("starters"), "library"


class LibraryRefused(ValueError):
    """The template cannot be given or used. The message says why."""


class Template(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    title: str
    about: str
    content: dict[str, Any]

    @property
    def slug(self) -> str:
        return slugify(f"{self.kind} {self.title}")[:80]

    @property
    def kind_title(self) -> str:
        return KINDS[self.kind]

    @property
    def text(self) -> str:
        return yaml.safe_dump(self.content, allow_unicode=True, sort_keys=False, width=110)


@dataclass(frozen=True)
class Offered:
    """What would be given, and what was taken out of it."""

    template: Template
    replaced: tuple[Replaced, ...]


def templates(words: str = "", kind: str = "") -> list[Template]:
    """Starters first, then what was given; those that hold every word."""
    wanted = words.casefold().split()
    found = [*starters(), *_given()]
    return [
        each
        for each in found
        if (not kind or each.kind == kind)
        and all(word in f"{each.title} {each.about} {each.text}".casefold() for word in wanted)
    ]


def template_of(slug: str) -> Template | None:
    return next((each for each in templates() if each.slug == slug), None)


@cache
def starters() -> tuple[Template, ...]:
    return tuple(_read(file.read_text(encoding="utf-8")) for file in sorted(STARTERS.glob("*.yaml")))


@transaction.atomic
def use_template(*, actor: Actor, engagement: Engagement, template: Template) -> str:
    """Create what the template holds in this engagement, as a draft or a new version. Gives a sentence on what came of
    it. Raises LibraryRefused.
    """
    workflow = engagement.workflow
    try:
        if template.kind == "taxonomy":
            last = TaxonomyVersion.objects.filter(workflow=workflow.slug).order_by("-version").first()
            content = {**template.content, "version": last.version + 1 if last else 1}
            made = create_taxonomy(actor=actor, workflow=workflow.slug, taxonomy=Taxonomy.model_validate(content))
            said = f"Version {made.version} of the taxonomy, not signed off yet."
        elif template.kind == "charter":
            charter = CharterContent.model_validate(template.content)
            drafted = draft_charter(actor=actor, workflow=workflow, content=charter, note=f"From “{template.title}”.")
            said = f"Version {drafted.version} of the charter, a draft."
        elif template.kind == "prompt":
            known = PromptVersion.objects.filter(slug=template.content["slug"]).order_by("-version").first()
            content = {**template.content, "version": known.version + 1 if known else 1}
            prompt = create_prompt(actor=actor, prompt=Prompt.model_validate(content))
            said = f"Version {prompt.version} of the prompt {prompt.slug}."
        else:
            drawn, note = MapContent.model_validate(template.content), f"From “{template.title}”."
            last_map = maps.newest(engagement, maps.Side.TARGET)
            version = maps.write_map(
                actor=actor, engagement=engagement, side=maps.Side.TARGET, content=drawn, note=note,
                base=last_map.number if last_map else 0,
            )  # fmt: skip
            said = f"Version {version.number} of the target map."
    except (ValidationError, ValueError, KeyError) as error:
        raise LibraryRefused(f"It could not be used here: {error}") from error
    record(
        actor=actor,
        action="library.used",
        object=f"template:{template.slug}",
        workflow=workflow.slug,
        reason=said,
    )
    return said


def offer(engagement: Engagement, kind: str, tenant: str) -> Offered:
    """What this engagement has of a kind, without what is the tenant's own. Raises LibraryRefused."""
    content = _own(engagement, kind)
    if content is None:
        raise LibraryRefused(f"There is no {KINDS.get(kind, 'such thing').lower()} here to give.")
    scrubbed, replaced = scrub(content, tenant)
    title = f"{engagement.workflow.title}, from {tenant}"
    (name, about), more = scrub([title, f"Grown in {engagement.get_phase_display()}."], tenant)
    return Offered(Template(kind=kind, title=name, about=about, content=scrubbed), (*replaced, *more))


@transaction.atomic
def give(*, actor: Actor, engagement: Engagement, kind: str, tenant: str, title: str) -> Template:
    """Put it into the library, for all clients of the delivery team to start from. Raises LibraryRefused."""
    if not title.strip():
        raise LibraryRefused("Give it a title that names no client.")
    (clean,), _ = scrub([title.strip()[:120]], tenant)
    template = offer(engagement, kind, tenant).template.model_copy(update={"title": clean})
    if template_of(template.slug):
        raise LibraryRefused("The library has a template of this title already.")
    record(
        actor=actor,
        action="library.given",
        object=f"template:{template.slug}",
        workflow=engagement.workflow.slug,
        after={"kind": kind, "title": clean},
    )
    body = yaml.safe_dump(template.model_dump(), allow_unicode=True, sort_keys=False)
    default_storage.save(f"{GIVEN}/{template.slug}.yaml", ContentFile(body.encode()))
    return template


def _own(engagement: Engagement, kind: str) -> dict[str, Any] | None:
    workflow = engagement.workflow
    if kind == "taxonomy":
        version = TaxonomyVersion.objects.filter(workflow=workflow.slug).order_by("-version").first()
        return _short(version.taxonomy()) if version else None
    if kind == "charter":
        charter = workflow.charters.first()
        people = ("decision_owner", "data_owner", "model_steward", "business_sponsor")
        return content_of(charter).model_dump(mode="json", exclude=set(people)) if charter else None
    if kind == "prompt":
        prompt = PromptVersion.objects.filter(purpose="action").order_by("-created_at").first()
        fields = ("slug", "version", "purpose", "model", "text")
        return {name: getattr(prompt, name) for name in fields} if prompt else None
    drawn = maps.newest(engagement, maps.Side.TARGET) if kind == "map" else None
    return _short(maps.content_of(drawn), MEASURED) if drawn else None


def _short(content: BaseModel, without: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """As an author would write it: nothing that goes without saying."""
    return content.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=without)


def _given() -> list[Template]:
    if not default_storage.exists(GIVEN):
        return []
    _, names = default_storage.listdir(GIVEN)
    return [_read(default_storage.open(f"{GIVEN}/{name}").read().decode()) for name in sorted(names)]


def _read(text: str) -> Template:
    return Template.model_validate(yaml.safe_load(text))
