"""What systems of record said about a real case when people decided on it, for evaluations to be told the same.

Today's record may already hold the refund that the decision led to: a release that is asked today would be right to
decide otherwise, and would be counted as wrong.
"""

from collections.abc import Iterable, Sequence

from apps.cases.layers.types import ContextResult
from apps.cases.loading import load
from apps.cases.models import Case, Step
from apps.cases.submission import Submission
from apps.evaluations.batches import question_id_of
from apps.evaluations.memory import look_up_key_of
from apps.evaluations.models import LabelledCase
from apps.evaluations.run_models import Remembered
from apps.taxonomies.rules import extract_fields

SENDER = "customer."  # begins the names of what is known of the sender
OWNER = "customer.id"  # whose a record is


def record_look_ups(rows: Iterable[LabelledCase]) -> int:
    """Keep what the context of each row's case was told, unless it is known. Returns how many look-ups that were.

    Part of adding the rows to a draft, which is what the log says. Where something was withheld as doubtful, nothing
    but the sender's own record is kept.
    """
    of_cases = [row for row in rows if row.case_id]
    contexts = _contexts_of([row.case for row in of_cases if row.case])
    made = [
        entry
        for row in of_cases
        if row.case and row.case_id in contexts
        for entry in _entries(row.case, contexts[row.case_id], Submission.model_validate(row.submission))
    ]
    Remembered.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _contexts_of(cases: Sequence[Case]) -> dict[object, ContextResult]:
    revisions = {case.pk: case.revision for case in cases}
    steps = Step.objects.filter(case__in=cases, layer=Case.Layer.CONTEXT)
    return {
        step.case_id: ContextResult.model_validate(step.result)
        for step in steps
        if step.revision == revisions[step.case_id]
    }


def _entries(case: Case, context: ContextResult, submission: Submission) -> list[Remembered]:
    taxonomy = load(case.release_id).release.taxonomy
    sender = {fact.name: fact.value for fact in context.facts if fact.name.startswith(SENDER)}
    asked = [(taxonomy.customer, case.customer, sender)] if taxonomy.customer and case.customer and sender else []
    if not context.doubt:
        found = [each for each in extract_fields(taxonomy, case.text) if each.alone]
        fields = {field.name: field for field in taxonomy.fields if field.lookup}
        known = [(fields[each.name], each.value) for each in found if each.name in fields]
        for field, value in known:
            prefix = f"{field.into}." if len(known) > 1 else ""
            record = {
                fact.name: fact.value
                for fact in context.facts
                if fact.name.startswith(prefix) and not fact.name.startswith(SENDER)
            }
            if field.lookup and record:  # of the sender, or nothing of it had been used
                asked.append((field.lookup, value, record | {OWNER: case.customer}))
    question, entries = question_id_of(submission), []
    for look_up, key, facts in asked:
        name = look_up_key_of(str(question), look_up.system, look_up.operation, key)
        entries.append(Remembered(key=name, layer="fact", result={"facts": facts}, microseconds=0, question=question))
    return entries
