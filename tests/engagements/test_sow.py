"""The statement of work: versions that nobody overwrites, remarks, an offer, a signature, and paper."""

from io import BytesIO

import pytest
from django.http import QueryDict
from docx import Document

from apps.audit.models import Entry
from apps.compliance.signatures import SignatureRefused, verified
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import begin_phase, start_engagement
from apps.engagements.sow_models import SowComment, SowVersion
from apps.engagements.statement import sow, sow_paper
from apps.engagements.statement.sow_content import Criterion, Party, Prices, SowContent, as_text, gaps, outside
from apps.engagements.statement.sow_form import content_from
from apps.engagements.statement.sow_prefill import prefilled
from apps.reviews.calendars import today
from tests.cast import PASSWORD, Member, email_of
from tests.factories import customer_service

WHOLE = {
    "client": Party(name="Northgate", signatory="Helena Brandt, decision owner"),
    "provider": Party(name="Meridian", signatory="Ines Ferreira, partner"),
    "goal": "Answers within a day.",
    "included": ("Returns",),
    "excluded": ("Complaints",),
    "acceptance": (Criterion(measure="Right without a person", least="at least 95 %", cases=80),),
}


@pytest.fixture
def engagement(consultant: Member) -> Engagement:
    return start_engagement(actor=consultant.actor, workflow=customer_service(), discovery_on=today(), answers={})


def whole(engagement: Engagement) -> SowContent:
    return prefilled(engagement, "Northgate").model_copy(update=WHOLE)


def written(engagement: Engagement, consultant: Member, content: SowContent | None = None) -> SowVersion:
    last = sow.newest(engagement)
    return sow.write_version(
        actor=consultant.actor,
        engagement=engagement,
        content=content or whole(engagement),
        note="As agreed on Tuesday.",
        base=last.number if last else 0,
    )


def test_the_first_version_grows_out_of_what_is_known(engagement: Engagement) -> None:
    content = prefilled(engagement, "Northgate")
    assert content.client.name == "Northgate"
    assert [each.begin for each in content.milestones] == [1, 3, 5, 7]
    assert "Acceptance needs a measure on the labelled set." in gaps(content)


def test_two_people_never_write_over_each_other(engagement: Engagement, consultant: Member) -> None:
    written(engagement, consultant)
    other = whole(engagement).model_copy(update={"goal": "Answers within the hour."})
    with pytest.raises(sow.SowRefused, match="has written version 1 meanwhile"):
        sow.write_version(actor=consultant.actor, engagement=engagement, content=other, note="Mine.", base=0)
    assert written(engagement, consultant, other).number == 2


def test_a_version_that_changes_nothing_is_none(engagement: Engagement, consultant: Member) -> None:
    written(engagement, consultant)
    with pytest.raises(sow.SowRefused, match="Nothing has changed"):
        written(engagement, consultant)


def test_what_is_not_whole_is_not_offered(engagement: Engagement, consultant: Member) -> None:
    version = written(engagement, consultant, whole(engagement).model_copy(update={"acceptance": ()}))
    with pytest.raises(sow.SowRefused, match="needs a measure"):
        sow.offer(actor=consultant.actor, version=version)


def test_the_owner_accepts_with_a_signature_that_is_bound_to_the_words(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    version = written(engagement, consultant)
    sow.offer(actor=consultant.actor, version=version)
    with pytest.raises(sow.SowRefused, match="decision owner decides"):
        sow.accept(actor=consultant.actor, version=version, password=PASSWORD)
    with pytest.raises(SignatureRefused):
        sow.accept(actor=decision_owner.actor, version=version, password="guess")
    move = sow.accept(actor=decision_owner.actor, version=version, password=PASSWORD, email=email_of("decision_owner"))
    assert sow.accepted(engagement) == version
    assert move.signature
    assert verified(move.signature)
    assert version.sha256 in move.signature.content
    assert Entry.objects.filter(action="sow.accepted").count() == 1


def test_nobody_accepts_what_they_offered_themselves(engagement: Engagement, decision_owner: Member) -> None:
    version = written(engagement, decision_owner)
    sow.offer(actor=decision_owner.actor, version=version)
    with pytest.raises(sow.SowRefused, match="offered it yourself"):
        sow.accept(actor=decision_owner.actor, version=version, password=PASSWORD, email=email_of("decision_owner"))
    assert sow.accepted(engagement) is None


def test_after_the_engagement_has_ended_nothing_is_accepted(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    version = written(engagement, consultant)
    sow.offer(actor=consultant.actor, version=version)
    begin_phase(actor=consultant.actor, engagement=engagement, phase="ended", on=today(), reason="Walked away.")
    with pytest.raises(sow.SowRefused, match="has ended"):
        sow.accept(actor=decision_owner.actor, version=version, password=PASSWORD, email=email_of("decision_owner"))
    sow.withdraw(actor=consultant.actor, version=version, reason="Walked away.")
    with pytest.raises(sow.SowRefused, match="has ended"):
        sow.offer(actor=consultant.actor, version=version)


def test_a_remark_is_resolved_with_words(engagement: Engagement, consultant: Member) -> None:
    version = written(engagement, consultant)
    remark = sow.comment(actor=consultant.actor, version=version, section="scope", text="Only from the EU?")
    with pytest.raises(sow.SowRefused, match="what became of the remark"):
        sow.resolve(actor=consultant.actor, remark=remark, resolution=" ")


def test_a_long_name_fits_into_a_word_file(engagement: Engagement, consultant: Member) -> None:
    long = whole(engagement).model_copy(update={"provider": Party(name="M" * 300, signatory="Ines")})
    assert Document(BytesIO(sow_paper.docx(written(engagement, consultant, long)))).core_properties.author == "M" * 255


def test_an_offer_is_changed_only_after_it_was_taken_back(engagement: Engagement, consultant: Member) -> None:
    version = written(engagement, consultant)
    sow.offer(actor=consultant.actor, version=version)
    changed = whole(engagement).model_copy(update={"goal": "Sooner."})
    with pytest.raises(sow.SowRefused, match="on offer"):
        written(engagement, consultant, changed)
    sow.withdraw(actor=consultant.actor, version=version, reason="A better goal.")
    assert written(engagement, consultant, changed).number == 2


def test_prices_outside_of_their_bands_are_told() -> None:
    assert outside(Prices()) == []
    assert "Build at USD 90,000 is outside of its band, 35,000 to 75,000" in outside(Prices(build=90_000))[0]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("volume=6,5", "The volume: write a whole number, not “6,5”"),
        (
            "milestone_begin=4&milestone_end=2&milestone_title=Slice&milestone_exit=x",
            "Milestone 1: “Slice” ends before",
        ),
    ],
)
def test_what_cannot_be_read_is_named_in_words(typed: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        content_from(QueryDict(typed))
    assert "Value error" not in str(refused.value)
    assert not str(refused.value).endswith("..")


def test_both_papers_say_every_line_of_the_text(engagement: Engagement, consultant: Member) -> None:
    version = written(engagement, consultant)
    paper = Document(BytesIO(sow_paper.docx(version)))
    said = [each.text for each in paper.paragraphs]
    said += [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    everything = "\n".join(said)
    for line in as_text(whole(engagement)).splitlines():
        for part in line.removeprefix("- ").split(" · "):
            assert part in everything
    assert sow_paper.pdf(version).startswith(b"%PDF-")


def test_the_pages_lead_from_nothing_to_an_accepted_statement(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    assert "Write the first version" in consultant.get("/engagement/sow/").content.decode()
    form = {
        "base": "0", "note": "First.", "client_name": "Northgate", "client_signatory": "Helena",
        "provider_name": "Meridian", "provider_signatory": "Ines", "goal": "Faster.", "included": "Returns",
        "excluded": "Complaints", "volume": "6,200", "milestone_begin": ["1", ""], "milestone_end": ["2", ""],
        "milestone_title": ["Intake", ""], "milestone_exit": ["Live", ""], "criterion_measure": "Right",
        "criterion_least": "95 %", "criterion_cases": "many", "price_build": "55000", "data_terms": "DPA",
    }  # fmt: skip
    refused = consultant.post("/engagement/sow/new/", form)
    assert refused.status_code == 400
    assert "Measure 1, cases" in refused.content.decode()
    assert 'value="many"' in refused.content.decode()
    assert consultant.post("/engagement/sow/new/", form | {"criterion_cases": "80"}).status_code == 302
    assert "USD, without tax" in consultant.get("/engagement/sow/").content.decode()
    consultant.post("/engagement/sow/1/comments/", {"section": "scope", "text": "Only from the EU?"})
    remark = SowComment.objects.get()
    consultant.post(f"/engagement/sow/comments/{remark.pk}/", {"resolution": "Yes."})
    consultant.post("/engagement/sow/1/offer/", {"do": "offer"})
    signed = {"do": "accept", "password": PASSWORD, "email": email_of("decision_owner")}
    assert decision_owner.post("/engagement/sow/1/decide/", signed).status_code == 302
    page = decision_owner.get("/engagement/sow/").content.decode()
    assert "Accepted on" in page
    assert "Version 1 is accepted, and signed by you." in page
    assert decision_owner.get("/engagement/sow/1/pdf/")["Content-Type"] == "application/pdf"


def test_two_versions_are_compared_word_by_word(engagement: Engagement, consultant: Member) -> None:
    written(engagement, consultant)
    written(engagement, consultant, whole(engagement).model_copy(update={"goal": "Answers within the hour."}))
    page = consultant.get("/engagement/sow/1/against/2/").content.decode()
    assert "<ins>the hour</ins>" in page or "<ins>the" in page


@pytest.mark.parametrize(("title", "said"), [("NDA review", "NDA review"), ("Customer service", "customer service")])
def test_a_workflows_name_stands_in_a_sentence_as_it_is_written(engagement: Engagement, title: str, said: str) -> None:
    engagement.workflow.title = title
    assert f"wants to improve {said}." in prefilled(engagement, "Northgate").background
