"""A taxonomy as somebody uploads it: read with care, and refused with every place and reason at once."""

import yaml
from pydantic import ValidationError

from apps.taxonomies.content import Taxonomy

LONGEST = 400_000  # characters


class NotATaxonomy(ValueError):
    """`problems` says each place and what is wrong there."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def parse_taxonomy(text: str) -> Taxonomy:
    """Raises NotATaxonomy. Aliases are refused: a few lines of them stand for more than a memory holds."""
    if len(text) > LONGEST:
        raise NotATaxonomy([f"It has more than {LONGEST:,} characters."])
    try:
        aliases = [event.anchor for event in yaml.parse(text) if isinstance(event, yaml.AliasEvent)]
        if aliases:
            raise NotATaxonomy([f"Write out what the alias *{aliases[0]} stands for."])
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f"Line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise NotATaxonomy([f"{line}this is no YAML: {error.problem or error.context}."]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, NotATaxonomy):
            raise
        raise NotATaxonomy([f"This is no YAML: {error}."]) from None
    if not isinstance(content, dict):
        raise NotATaxonomy(["A taxonomy begins with names and values, such as `version: 2`."])
    try:
        return Taxonomy.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        around = {each["loc"][:depth] for each in found for depth in range(len(each["loc"]))}  # only follow from them
        told = [each for each in found if each["loc"] not in around]
        raise NotATaxonomy([_in_words(content, each["loc"], each["msg"]) for each in told]) from None


def _in_words(content: object, place: tuple[int | str, ...], message: str) -> str:
    """case_types, 2 (refund), lane: …: numbers from 1, with the name that stands there."""
    steps: list[str] = []
    for key in place:
        content = _within(content, key)
        name = content.get("slug") or content.get("id") or content.get("name") if isinstance(content, dict) else None
        steps.append((f"{key + 1}" if isinstance(key, int) else key) + (f" ({name})" if name else ""))
    said = message.removeprefix("Value error, ")
    return f"{', '.join(steps)}: {said}" if steps else said


def _within(content: object, key: int | str) -> object:
    if isinstance(content, dict):
        return content.get(key)
    return content[key] if isinstance(content, list) and isinstance(key, int) and key < len(content) else None
