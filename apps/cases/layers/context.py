"""Context: the passages that the action may cite, and the trusted facts about the person and the business object.

Consent, region, allow-list and dates are enforced by the search itself, before anything is ranked. A record is looked
up by a number from the case text, which anyone can type: it is used only when it belongs to the sender.
"""

from apps.cases.layers.types import (
    OUT_OF_SCOPE,
    CaseInput,
    ContextResult,
    Fact,
    IntakeResult,
    Ports,
    Release,
    SearchRequest,
)
from apps.taxonomies.decisions import choose


def run(case: CaseInput, release: Release, ports: Ports, intake: IntakeResult) -> ContextResult:
    facts, doubt = gather_facts(case, release, ports, intake)
    return find(case, release, ports, intake, facts, doubt)


def find(
    case: CaseInput, release: Release, ports: Ports, intake: IntakeResult, facts: tuple[Fact, ...], doubt: str
) -> ContextResult:
    """What the pinned snapshot has for the case, once the facts are known."""
    kind = release.taxonomy.case_type(intake.case_type.value)
    if kind is None or intake.case_type.value == OUT_OF_SCOPE:
        return ContextResult(passages=(), withheld=(), facts=facts, doubt=doubt, snapshot=release.snapshot, reranker="")
    request = search_request(case, release, kind.sources)
    answer = ports.search(request)
    row = choose(kind, {fact.name: fact.value for fact in facts}).row
    named = ports.passages(row.say, request)
    found = {passage.id: passage for passage in answer.passages}
    return ContextResult(
        # What the decision speaks from comes first, whether or not the search found it too.
        passages=tuple({passage.id: found.get(passage.id, passage) for passage in (*named, *answer.passages)}.values()),
        withheld=answer.withheld,
        facts=facts,
        doubt=doubt,
        snapshot=release.snapshot,
        reranker=answer.reranker,
    )


def search_request(case: CaseInput, release: Release, sources: tuple[str, ...]) -> SearchRequest:
    return SearchRequest(
        text=case.words,
        sources=sources,
        region=case.region,
        consent=case.consent,
        on=case.received_on,
        limit=release.passages_wanted,
    )


def gather_facts(case: CaseInput, release: Release, ports: Ports, intake: IntakeResult) -> tuple[tuple[Fact, ...], str]:
    """Facts by name, first come first kept, and the reason why some were withheld ("" for none)."""
    facts: dict[str, Fact] = {}
    doubt = ""
    if case.customer and release.taxonomy.customer:
        look_up = release.taxonomy.customer
        sender = ports.look_up(look_up.system, look_up.operation, case.customer) or {}
        facts = {name: Fact(name=name, value=value, system=look_up.system) for name, value in sender.items()}
    titles = {definition.name: definition for definition in release.taxonomy.fields}
    for field in intake.fields:
        definition = titles[field.name]
        if definition.lookup is None:
            continue
        if field.band != "high":
            doubt = f"The text names more than one {field.title.lower()}, so none was looked up."
            continue
        record = ports.look_up(definition.lookup.system, definition.lookup.operation, field.value)
        if record is None:
            continue
        if not case.customer or record.get("customer.id") != case.customer:
            doubt = f"{field.title} {field.value} is not known to belong to the sender, so nothing of it was used."
            continue
        for name, value in record.items():
            facts.setdefault(name, Fact(name=name, value=value, system=definition.lookup.system))
    return tuple(facts.values()), doubt
