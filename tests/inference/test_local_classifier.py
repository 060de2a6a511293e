from itertools import product

import numpy as np
import pytest

from apps.inference.local.calibration import NEVER
from apps.inference.local.classifier import Artefact, Prediction, Vectors
from apps.inference.local.novelty import OUT_OF_SCOPE, nearest_distance
from apps.inference.local.training import fit, fit_and_hold_out
from tests.local_models import local_encoder

SENTENCES = {
    "return": (
        "I want to send back the {}.",
        "Can I return {} that does not fit?",
        "How do I get a return label for {}?",
    ),
    "delivery": ("Where is my {}?", "The {} has not arrived yet.", "When will {} be delivered?"),
    "warranty": (
        "The {} broke after a month.",
        "My {} stopped working, is it covered?",
        "{} is faulty, please repair.",
    ),
    "invoice": (
        "I need the invoice for {}.",
        "The bill for {} shows a wrong address.",
        "Please resend my receipt for {}.",
    ),
}
THINGS = (
    "jacket",
    "lamp",
    "pair of boots",
    "coffee machine",
    "tent",
    "rucksack",
    "watch",
    "blanket",
    "kettle",
    "bicycle",
)
STRANGE = (
    "What is the boiling point of nitrogen at sea level?",
    "Who won the chess championship in 1972?",
    "Translate this poem about autumn into Latin.",
)


def trained(outside: tuple[str, ...] = ()) -> Artefact:
    rows = [(line.format(thing), label) for label, lines in SENTENCES.items() for line, thing in product(lines, THINGS)]
    rows += [(text, OUT_OF_SCOPE) for text in outside]
    texts, labels = zip(*rows, strict=True)
    return fit(texts, local_encoder().encode(texts), labels, encoder=local_encoder().fingerprint)


def ask(artefact: Artefact, *texts: str) -> list[Prediction]:
    return artefact.predict(texts, local_encoder().encode(texts))


def clusters(labels: int, each: int, spread: float = 0.6) -> tuple[list[str], Vectors, list[str]]:
    """Points around one random centre per label, with a word of its own in every second text."""
    generator = np.random.default_rng(labels)
    centres = generator.normal(size=(labels, 384))
    vectors = np.repeat(centres, each, axis=0) + spread * generator.normal(size=(labels * each, 384))
    names = [f"label{number}" for number in range(labels) for _ in range(each)]
    texts = [f"word{name}" if row % 2 else "a text" for row, name in enumerate(names)]
    return texts, np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32), names


def test_new_wordings_of_known_types_are_recognised_in_scope_and_with_alternatives() -> None:
    answers = ask(trained(), "I would like to return these boots", "Where is the parcel with my watch?")

    assert [(answer.label, answer.in_scope) for answer in answers] == [("return", True), ("delivery", True)]
    for answer in answers:
        shares = [answer.probability, *(share for _, share in answer.alternatives)]
        assert sorted(shares, reverse=True) == shares
        assert sum(shares) == pytest.approx(1, abs=1e-3)
        assert answer.label not in dict(answer.alternatives)


def test_what_is_unlike_every_example_is_out_of_scope_without_ever_having_seen_such() -> None:
    known, *strange = ask(trained(), "Where is my tent?", *STRANGE)

    assert known.in_scope
    assert [answer.in_scope for answer in strange] == [False] * 3
    assert all(answer.oos_score > 0 > known.oos_score for answer in strange)


def test_out_of_scope_is_a_label_of_its_own_once_there_are_examples() -> None:
    kinds = ("the weather in {}", "the capital of {}", "a hotel in {}", "the population of {}")
    places = ("Norway", "Chile", "Japan", "Kenya", "Peru", "Malta")
    artefact = trained(tuple(f"Tell me {kind.format(place)}" for kind, place in product(kinds, places)))

    weather, parcel = ask(artefact, "Tell me the weather in Portugal", "Where is my kettle?")

    assert (weather.label, weather.in_scope) == (OUT_OF_SCOPE, False)
    assert (parcel.label, parcel.in_scope) == ("delivery", True)


def test_an_artefact_is_bytes_that_name_themselves_and_predicts_alike_when_read_back() -> None:
    artefact = trained()
    stored = artefact.to_bytes()
    again = Artefact.from_bytes(stored)

    assert stored == trained().to_bytes() == again.to_bytes()
    assert again.sha256 == artefact.sha256
    assert again.encoder == local_encoder().fingerprint
    assert ask(again, "Where is my lamp?", *STRANGE) == ask(artefact, "Where is my lamp?", *STRANGE)


def test_an_artefact_keeps_no_word_of_the_texts() -> None:
    stored = trained().to_bytes()

    assert b"kettle" not in stored
    assert b"delivery" in stored  # labels are not personal


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_bytes_that_are_no_artefact_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="classifier"):
        Artefact.from_bytes(data)


def test_five_examples_for_each_of_two_hundred_labels_are_enough_to_start() -> None:
    texts, vectors, labels = clusters(200, 5, spread=0.4)
    artefact = fit(texts, vectors, labels, encoder="test")

    answers = artefact.predict(texts, vectors)

    assert artefact.held_out["accuracy"] > 0.9
    assert np.mean([answer.label == label for answer, label in zip(answers, labels, strict=True)]) > 0.95


@pytest.mark.parametrize("each", [1, 2, 6])
def test_a_single_label_is_learnt_and_what_lies_elsewhere_is_refused(each: int) -> None:
    texts, vectors, labels = clusters(1, each, spread=0.3)
    artefact = fit(texts, vectors, labels, encoder="test")

    near, far = artefact.predict(["a text", "a text"], np.vstack([vectors[0], -vectors[0]]))

    assert near.label == far.label == "label0"
    assert near.in_scope
    assert not far.in_scope


def test_unbalanced_labels_and_labels_with_one_example_are_learnt() -> None:
    texts, vectors, labels = clusters(3, 100)
    rows = [*range(100), *range(100, 106), 200]
    artefact = fit([texts[row] for row in rows], vectors[rows], [labels[row] for row in rows], encoder="test")

    assert [answer.label for answer in artefact.predict(["a text"] * 2, vectors[[50, 150]])] == ["label0", "label1"]
    assert artefact.labels == ("label0", "label1", "label2")


def test_a_handful_of_examples_vouches_for_no_threshold_however_right_they_are() -> None:
    few, many = (fit(*clusters(4, each, spread=0.1), encoder="test") for each in (5, 40))

    assert few.held_out["accuracy"] == many.held_out["accuracy"] == 1
    assert few.thresholds.high == NEVER
    assert many.thresholds.high == 0.95


def test_labels_that_cannot_be_told_apart_are_answered_with_doubt() -> None:
    _, vectors, _ = clusters(1, 200)
    labels = ["heads" if side else "tails" for side in np.random.default_rng(0).integers(0, 2, 200)]
    artefact = fit(["a text"] * 200, vectors, labels, encoder="test")

    assert artefact.thresholds.high == NEVER
    assert max(answer.probability for answer in artefact.predict(["a text"] * 9, vectors[:9])) < 0.75


def test_training_needs_an_example_in_scope_and_columns_of_one_length() -> None:
    vectors = np.eye(2, 384, dtype=np.float32)

    with pytest.raises(ValueError, match="in scope"):
        fit(["a", "b"], vectors, [OUT_OF_SCOPE] * 2, encoder="test")
    with pytest.raises(ValueError, match="pair up"):
        fit(["a"], vectors, ["x", "y"], encoder="test")
    with pytest.raises(ValueError, match="2 vectors"):
        trained().predict(["a"], vectors)


def test_the_distance_is_to_the_five_nearest_and_never_to_itself() -> None:
    points = np.eye(6, 384, dtype=np.float32)

    np.testing.assert_allclose(nearest_distance(points[:1], points), [0.8])
    np.testing.assert_allclose(nearest_distance(points, points, same=True), np.ones(6))
    np.testing.assert_allclose(nearest_distance(points, points[:0]), np.zeros(6))


def test_held_out_answers_come_from_models_that_had_not_seen_the_example() -> None:
    texts, vectors, labels = clusters(3, 30)
    texts, labels = [*texts, "a word of nobody's"], [*labels, "label3"]
    vectors = np.concatenate([vectors, -vectors[:1]])
    artefact, held_out = fit_and_hold_out(texts, vectors, labels, encoder="test")

    assert artefact.sha256 == fit(texts, vectors, labels, encoder="test").sha256
    assert len(held_out.label) == len(held_out.probability) == len(held_out.in_scope) == 91
    assert held_out.label[-1] != "label3", "no model could know a label whose only example was held out"
    right = np.mean([said == label for said, label in zip(held_out.label, labels, strict=True) if label != "label3"])
    assert right > 0.9
