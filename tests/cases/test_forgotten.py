"""Nobody who was forgotten comes back by accident: every way in says so, and takes the others."""

import pytest

from apps.audit.commitments import destroy_key
from apps.cases.admission import Admission, PersonForgotten, admit_batch
from apps.cases.models import Case, Subject
from apps.cases.submission import Submission
from apps.tenants.actors import SYSTEM
from apps.tenants.capabilities import Capability
from tests.cases.test_api import CASE, Program, refused
from tests.factories import customer_service, waiting_case


@pytest.fixture
def forgotten(northgate):
    """The reference of somebody whose key has been destroyed."""
    waiting_case(customer="C-1")
    destroy_key(actor=SYSTEM, subject=Subject.objects.get(reference="C-1").pk, reason="Asked for it.")
    return "C-1"


def test_a_program_is_told_that_the_person_was_forgotten(forgotten):
    refused(Program(Capability.CASES_ADMIT).send(CASE | {"customer": forgotten}), 409, "person_forgotten")
    assert Case.objects.count() == 1


def test_a_batch_takes_everybody_else(forgotten):
    rows = [Submission(external_id=f"m-{who}", text="Where is it?", customer=who) for who in ("C-2", forgotten, "C-3")]
    answers = admit_batch(actor=SYSTEM, workflow=customer_service(), submissions=rows, region="EU")
    assert [type(answer) for answer in answers] == [Admission, PersonForgotten, Admission]
    assert "new customer reference" in str(answers[1])
