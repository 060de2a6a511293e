"""What the machine itself wrote agrees with its entries, byte for byte, after a stay in the database."""

from dataclasses import replace

import pytest

from apps.cases.admission import admit
from apps.cases.models import Case
from apps.cases.processing import work_queue
from apps.compliance.agreement import Words
from apps.compliance.chapters import chapters_of
from apps.compliance.dossier import dossier
from apps.compliance.sources import sources_then
from apps.compliance.then import case_then, layers_then
from apps.tenants.actors import SYSTEM
from tests.cases.world import shop_system, submission, workflow  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_case_on_its_whole_way_agrees_with_what_the_log_says_of_it(workflow, monkeypatch):  # noqa: F811
    monkeypatch.setattr("apps.cases.hints.send", lambda *_: None)
    admitted = admit(actor=SYSTEM, workflow=workflow, submission=submission(), region="EU")
    for queue in ("quick", "effects"):
        work_queue(queue)
    case, found = Case.objects.get(pk=admitted.case_id), dossier(admitted.case_id)
    verdicts = {chapter.title: {each.verdict for each in chapter.words} for chapter in chapters_of(found)}
    for title in ("Came in", "Intake", "Context", "Action", "Review gate"):
        assert verdicts[title] == {"agrees"}
    then = case_then(found.entries)
    assert (then.state, then.layer, then.outcome) == (case.state, case.layer, case.outcome)
    assert {found.state_of(effect) for effect in found.found.effects} == {"confirmed"}
    assert all(source.exact and source.named for source in sources_then(found, layers_then(found)))
    steps = {step.layer: step for step in found.found.steps}
    steps["action"] = steps["action"].model_copy(update={"result": steps["action"].result | {"reasoning": "Another."}})
    changed = replace(found, found=found.found.model_copy(update={"steps": tuple(steps.values())}))
    assert [each.verdict for each in Words(changed).of(changed.entries[3])] == ["differs"]
