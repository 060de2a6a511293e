"""What changed between two releases, part by part, in words."""

from dataclasses import dataclass

from apps.corpora.models import Document
from apps.prompts.diff import Row, compare_texts
from apps.prompts.models import PromptVersion
from apps.taxonomies.diff import Change, Said, compare, compare_taxonomies
from apps.taxonomies.models import TaxonomyVersion
from apps.workflows.manifest import ContextPart, Manifest
from apps.workflows.models import Release
from apps.workflows.releases import manifest_of

SHOWN = 12  # of a fingerprint


@dataclass(frozen=True)
class Section:
    """A part of the release: what the manifest says of it, then what is inside of it."""

    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class TextChange:
    title: str
    before: str  # name of the version, "" for none
    after: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Difference:
    sections: tuple[Section, ...]  # only those in which something changed
    texts: tuple[TextChange, ...]

    @property
    def count(self) -> int:
        return sum(len(section.changes) for section in self.sections) + len(self.texts)

    @property
    def summary(self) -> str:
        """In one line: “Intake: 2 changes; Action: 1 change; prompt of intake”, or that nothing changed."""
        parts = [
            f"{section.title}: {len(section.changes)} change{'s' if len(section.changes) > 1 else ''}"
            for section in self.sections
        ]
        return "; ".join([*parts, *(text.title.lower() for text in self.texts)]) or "Nothing changed"


def between(before: Release, after: Release) -> Difference:
    """Works for any two releases of the tenant, of one workflow or of two."""
    old, new = manifest_of(before), manifest_of(after)
    by_part = compare(_said_by(old), _said_by(new))
    sections = [
        Section(part, tuple(change for change in by_part if change.where == part))
        for part in ("Workflow", "Intake", "Context", "Action")
    ]
    sections.insert(2, Section("Taxonomy", tuple(_taxonomies(old, new))))
    sections.insert(4, Section("Documents", tuple(_documents(old.context, new.context))))
    return Difference(
        sections=tuple(section for section in sections if section.changes),
        texts=tuple(
            text
            for text in (
                _prompt("Prompt of intake", old.intake.prompt, new.intake.prompt),
                _prompt("Prompt of action", old.action.prompt, new.action.prompt),
            )
            if text
        ),
    )


def _said_by(manifest: Manifest) -> Said:
    intake, context, action = manifest.intake, manifest.context, manifest.action
    classifiers = {f"classifier of {tag}": print_[:SHOWN] for tag, print_ in sorted(intake.classifiers.items())}
    return {
        "Workflow": {"slug": manifest.workflow},
        "Intake": {
            "decides alone from": intake.high,
            "asks a person below": intake.medium,
            **{f"decides {slug} alone from": own.high for slug, own in sorted(intake.per_type.items())},
            **{f"asks a person about {slug} below": own.medium for slug, own in sorted(intake.per_type.items())},
            "asks in between": intake.route or "nobody",
            **classifiers,
            "encoder": intake.encoder[:SHOWN],
        },
        "Context": {
            "corpus": f"{context.corpus}, snapshot {context.snapshot}",
            "passages a case": str(context.passages),
            "reranker": context.reranker or "none",
        },
        "Action": {
            "drafts with": action.route,
            "asks a person above": action.amount_limit,
            **{f"may do {grant}": "yes" for grant in action.grants},
        },
    }


def _taxonomies(old: Manifest, new: Manifest) -> list[Change]:
    if old.taxonomy == new.taxonomy:
        return []
    versions = Change("Taxonomy", "version", str(old.taxonomy_version), str(new.taxonomy_version))
    known = {each.sha256: each for each in TaxonomyVersion.objects.filter(sha256__in=[old.taxonomy, new.taxonomy])}
    before, after = known.get(old.taxonomy), known.get(new.taxonomy)
    inside = compare_taxonomies(before.taxonomy(), after.taxonomy()) if before and after else []
    return [*([versions] if versions.before != versions.after else []), *inside]


def _documents(old: ContextPart, new: ContextPart) -> list[Change]:
    if old.snapshot_sha256 == new.snapshot_sha256:
        return []
    return compare(_documents_of(old), _documents_of(new))


def _documents_of(context: ContextPart) -> Said:
    documents = Document.objects.filter(corpus__slug=context.corpus, valid__contains=context.snapshot)
    return {
        f"Document {document.slug}": {
            "title": document.title,
            "version": str(document.version),
            "owner": document.owner,
            "in force": f"{document.effective.lower or 'always'} to {document.effective.upper or 'further notice'}",
            "regions": "all" if "*" in document.regions else ", ".join(document.regions),
            "for": document.get_audience_display() + (", with consent" if document.requires_consent else ""),
            "content": document.sha256[:SHOWN],
        }
        for document in documents.defer("text").order_by("slug")
    }


def _prompt(title: str, before: str, after: str) -> TextChange | None:
    if before == after:
        return None
    known = {each.sha256: each for each in PromptVersion.objects.filter(sha256__in=[before, after])}
    old, new = known.get(before), known.get(after)
    rows = compare_texts(_text_of(old), _text_of(new))
    return TextChange(title, str(old or ""), str(new or ""), tuple(rows))


def _text_of(version: PromptVersion | None) -> str:
    """With what else the version pins, as its author writes it."""
    return f"model: {version.model}\n\n{version.text}" if version else ""
