"""Prompts are versions like everything else that decides a case."""

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import Entry
from apps.prompts.content import Prompt, parse_prompt
from apps.prompts.models import PromptVersion
from apps.prompts.services import VersionConflict, create_version
from tests.cast import Member

WRITTEN = "---\nslug: draft-reply\nversion: 1\npurpose: action\nmodel: claude-sonnet-4-5\n---\nQuote verbatim.\n"


def test_a_prompt_is_read_from_front_matter_and_text() -> None:
    prompt = parse_prompt(WRITTEN)
    assert (prompt.slug, prompt.purpose, prompt.text) == ("draft-reply", "action", "Quote verbatim.")


@pytest.mark.parametrize(
    "wrong", ["Quote verbatim.", "---\nslug: x\n---\ntext", WRITTEN.replace("Quote verbatim.", "")]
)
def test_an_incomplete_prompt_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"front matter|validation error"):
        parse_prompt(wrong)


def test_the_same_text_is_the_same_version_and_a_changed_one_needs_a_higher_number(consultant: Member) -> None:
    prompt = parse_prompt(WRITTEN)
    first = create_version(actor=consultant.actor, prompt=prompt)
    assert create_version(actor=consultant.actor, prompt=prompt) == first
    changed = prompt.model_copy(update={"text": "Quote exactly."})
    with pytest.raises(VersionConflict):
        create_version(actor=consultant.actor, prompt=changed)
    second = create_version(actor=consultant.actor, prompt=Prompt(**{**changed.model_dump(), "version": 2}))
    assert second.sha256 != first.sha256
    assert Entry.objects.filter(action="prompt.version_created").count() == 2


def test_the_database_refuses_to_change_a_prompt(consultant: Member) -> None:
    version = create_version(actor=consultant.actor, prompt=parse_prompt(WRITTEN))
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        PromptVersion.objects.filter(pk=version.pk).update(text="Anything goes.")
