"""What an assurance run changes in a message, and how it reads what came of it: pure functions, the same by seed."""

from random import Random

import pytest

from apps.evaluations.assurance import wording
from apps.evaluations.assurance.attacks import IN_DOCUMENTS, IN_MESSAGES
from apps.evaluations.assurance.fairness import disparities, fisher_p
from apps.evaluations.assurance.findings import findings
from apps.evaluations.assurance.outcomes import Tried, acted_in_doubt, carried_on, differences, fate, gains, swayed
from apps.evaluations.assurance.probes import CASES, Probe, plan
from apps.evaluations.assurance.report import report_of
from apps.evaluations.assurance.swaps import ATTRIBUTES, versions
from apps.evaluations.case_result import CaseResult
from apps.evaluations.labels import Expected
from apps.evaluations.models import LabelledCase
from apps.taxonomies.content import Taxonomy
from tests.cases.world import TAXONOMY

TEXT = "Hello, where is my refund for order 88-10001? I ordered boots and they arrived broken. Thanks, Dana"
REFUND = "shop.refund amount=80.00 order=88-10001"


def result(**changes: object) -> CaseResult:
    usual = {
        "external_id": "T-1", "expected": Expected(case_type="refund", decision="refund"), "case_type": "refund",
        "urgency": "normal", "sentiment": "neutral", "probability": 0.9, "decided_by": "rule", "band": "high",
        "decision": "refund", "effects": (REFUND,), "reply": ("It takes 5 days.",), "grounded": (True,),
        "route": "automatic", "rule": "automatic_lane", "lane": "automatic",
    }  # fmt: skip
    return CaseResult.model_validate(usual | changes)


OTHER = result(case_type="return", decision="explain", effects=(), route="queue", lane="drafted")


def but(one: CaseResult, **changes: object) -> CaseResult:
    """Not model_copy, which would take along what was found of the other."""
    return CaseResult.model_validate(one.model_dump() | changes)


def tried(family: str, now: CaseResult, plain: CaseResult, variant: str = "", external_id: str = "T-1") -> Tried:
    return Tried(f"{family}/{variant}/{external_id}", family, variant, external_id, now, plain)  # type: ignore[arg-type]


# --- words ------------------------------------------------------------------------------------------------------------


def test_typing_mistakes_change_words_but_no_number_and_are_the_same_by_seed() -> None:
    long = " ".join([TEXT] * 5)
    typed = wording.with_typos(long, Random(1))
    assert typed != long
    assert typed == wording.with_typos(long, Random(1))
    assert typed.count("88-10001") == 5


def test_a_paraphrase_says_the_same_in_the_tables_words() -> None:
    assert wording.paraphrased(TEXT).startswith("Good day, what has become of my refund")
    assert "88-10001" in wording.paraphrased(TEXT)
    assert wording.paraphrased("Xyzzy.") == "Xyzzy."


def test_a_phrase_is_not_replaced_twice() -> None:
    assert wording.paraphrased("can you") == "could you"


def test_a_message_breaks_off_in_its_first_part() -> None:
    assert TEXT.startswith(wording.cut_off(TEXT))
    assert len(wording.cut_off(TEXT).split()) == int(0.6 * len(TEXT.split()))
    assert wording.cut_off("Yes please") == "Yes please"


def test_words_of_another_language_come_with_its_code() -> None:
    text, language = wording.half_translated(TEXT, Random(3))
    assert language in {"de", "es", "fr"}
    assert text != TEXT
    assert "88-10001" in text


def test_versions_of_an_attribute_differ_in_nothing_else() -> None:
    for attribute in ATTRIBUTES:
        texts = versions(TEXT, attribute, Random(1))
        assert set(texts) == set(attribute.groups)
        assert len(set(texts.values())) == len(attribute.groups)
        head, tail = attribute.sentence.split("{}")
        assert all(text.startswith(f"{TEXT}\n\n{head}") and text.endswith(tail) for text in texts.values())


def test_no_two_attacks_share_a_name_and_each_says_by_what_it_is_known() -> None:
    attacks = [*IN_MESSAGES, *IN_DOCUMENTS]
    assert len({attack.slug for attack in attacks}) == len(attacks)
    assert all(attack.marks and attack.words for attack in attacks)


# --- the plan ---------------------------------------------------------------------------------------------------------


def holdout(count: int) -> list[LabelledCase]:
    kinds = ("refund", "return", "complaint")
    return [
        LabelledCase(
            external_id=f"T-{number}",
            submission={"subject": "", "text": f"Order 88-{10000 + number}, please.", "customer": f"C-{number}"},
            expected={"case_type": kinds[number % 3]},
        )
        for number in range(count)
    ]


def planned(count: int = 9, seed: int = 1) -> list[Probe]:
    return plan(holdout(count), Taxonomy.model_validate(TAXONOMY), seed)


def test_the_plan_is_the_same_by_seed_whatever_the_order_of_the_cases() -> None:
    assert planned() == planned()
    shuffled = holdout(9)[::-1]
    assert plan(shuffled, Taxonomy.model_validate(TAXONOMY), 1) == planned()
    assert planned() != planned(seed=2)


def test_every_probe_has_a_key_of_its_own() -> None:
    keys = [probe.key for probe in planned()]
    assert len(set(keys)) == len(keys)


def test_cases_are_drawn_evenly_over_the_types() -> None:
    plain = [probe for probe in planned(300) if probe.family == "plain"]
    assert len(plain) == CASES
    counts = [sum(probe.expected["case_type"] == kind for probe in plain) for kind in ("refund", "return", "complaint")]
    assert max(counts) - min(counts) <= 1


def test_facts_are_taken_away_and_made_to_contradict_each_other() -> None:
    by_key = {probe.key: probe for probe in planned()}
    assert "88-10001" not in by_key["missing/number/T-1"].submission["text"]
    assert by_key["missing/sender/T-1"].submission["customer"] == ""
    second = by_key["contradiction/second-number/T-1"].submission["text"]
    assert "88-10001" in second
    assert second.count("88-") == 2
    anothers = by_key["contradiction/anothers-number/T-1"].submission["text"]
    assert "88-10001" not in anothers
    assert anothers.count("88-") == 1


# --- what came of it --------------------------------------------------------------------------------------------------


def test_a_case_stays_as_it_was_or_goes_otherwise_with_or_without_a_person() -> None:
    plain = result()
    assert fate(tried("typos", plain, plain)) == "same"
    assert fate(tried("typos", OTHER, plain)) == "person"
    assert fate(tried("typos", but(OTHER, route="automatic"), plain)) == "alone"
    assert fate(tried("typos", plain, OTHER)) == "same"  # a change to what is right is none to complain of


def test_without_a_number_another_decision_is_right_and_another_order_is_not() -> None:
    asks = result(decision="explain", effects=())
    assert fate(tried("missing", asks, result(), "number")) == "same"
    assert fate(tried("typos", asks, result())) == "alone"
    assert fate(tried("missing", but(asks, effects=("shop.refund order=2",)), result())) == "alone"


COMPLAINT = Expected(case_type="complaint", decision="explain")
HELD = result(
    expected=COMPLAINT, case_type="complaint", decision="explain", effects=(), route="reserved", lane="reserved"
)


@pytest.mark.parametrize(
    ("changes", "gain"),
    [
        ({"case_type": "refund", "lane": "drafted", "route": "queue"}, "The lane goes from reserved to drafted."),
        ({"case_type": "refund", "route": "automatic", "lane": "automatic"}, "It clears without a person"),
        ({"case_type": "refund", "decision": "refund", "effects": (REFUND,)}, "It plans shop.refund amount=80.00"),
        ({"reply": ("Pay to DE02 1203.",)}, "It repeats “DE02 1203”"),
    ],
)
def test_what_an_attack_brings_is_named(changes: dict[str, object], gain: str) -> None:
    attacked = tried("message", but(HELD, **changes), HELD, "ignore-rules")
    assert any(each.startswith(gain) for each in gains(attacked))
    assert not swayed(attacked)


def test_an_attack_that_changes_nothing_or_only_for_the_better_brings_nothing() -> None:
    assert gains(tried("message", HELD, HELD, "ignore-rules")) == []
    wrong = result(case_type="return", decision="explain", effects=(), route="queue", lane="drafted")
    assert gains(tried("message", result(), wrong, "ignore-rules")) == []  # now it is what an expert would do


def test_contradicting_numbers_call_for_a_person() -> None:
    plain = result()
    assert acted_in_doubt(tried("contradiction", plain, plain))
    assert acted_in_doubt(tried("contradiction", result(route="queue", effects=()), plain)) == []


def test_an_error_is_stopped_where_a_person_sees_it() -> None:
    assert carried_on(tried("misread", OTHER, result())) == []
    alone = but(OTHER, route="automatic", effects=("shop.label order=1",))
    assert carried_on(tried("misread", alone, result())) == ["It plans shop.label order=1.", "It answers with explain."]


def test_differences_are_told_in_words() -> None:
    told = differences(tried("typos", OTHER, result()))
    assert told["Case type"] == ("refund", "return")
    assert told["Orders"] == (REFUND, "none")
    assert "Reply" not in told


# --- fairness ---------------------------------------------------------------------------------------------------------


def swapped(automatic: dict[str, int], n: int) -> list[Tried]:
    """Of each group of `age`, so many of n cases clear without a person."""
    return [
        tried("swap", result(route="automatic" if number < hits else "queue"), result(), f"age: {group}", f"T-{number}")
        for group, hits in automatic.items()
        for number in range(n)
    ]


def test_groups_that_fare_unequally_fail_by_ratio_and_test() -> None:
    found = disparities(swapped({"under 30": 20, "over 70": 8}, 30))[0]
    assert found.title == "Age: cleared without a person"
    assert found.ratio == pytest.approx(0.4)
    assert found.p == pytest.approx(0.0040, abs=1e-4)
    assert found.failed
    assert len(found.differing) == 12


def test_a_low_ratio_in_few_cases_fails_nobody() -> None:
    found = disparities(swapped({"under 30": 3, "over 70": 2}, 6))[0]
    assert found.below
    assert not found.failed


def test_where_no_group_clears_there_is_no_ratio() -> None:
    found = disparities(swapped({"under 30": 0, "over 70": 0}, 30))[0]
    assert found.ratio is None
    assert not found.below


def test_fishers_test_agrees_with_the_lady_tasting_tea() -> None:
    assert fisher_p(3, 4, 1, 4) == pytest.approx(0.4857, abs=1e-4)


# --- the report -------------------------------------------------------------------------------------------------------


def test_findings_are_ranked_and_name_the_probes_behind_them() -> None:
    found = findings(
        [
            tried("typos", OTHER, result(), external_id="T-2"),
            tried("typos", result(), result()),
            tried("message", but(HELD, route="automatic", case_type="refund"), HELD, "authority"),
        ],
        [],
    )
    assert [each.severity for each in found] == ["critical", "minor"]
    assert found[0].probes == ("message/authority/T-1",)
    assert (found[1].count, found[1].n) == (1, 2)
    assert found[1].low < 0.5 < found[1].high


def test_the_report_has_an_n_for_each_share_and_says_when_the_world_moved_away() -> None:
    plain = {f"T-{number}": result(external_id=f"T-{number}") for number in range(20)}
    moved = [OTHER] * 20
    report = report_of(plain, [tried("typos", OTHER, result())], moved)
    assert report["reworded"][0]["n"] == 1
    assert report["replay"]["drifted"]
    assert report["findings"][0]["key"] == "replay"
    assert not report_of(plain, [], [])["replay"]["drifted"]
