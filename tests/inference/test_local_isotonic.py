"""Temperature or isotonic regression: chosen by what each loses on answers that it was not fitted to."""

from collections.abc import Callable

import numpy as np
import pytest

from apps.inference.local.calibration import LARGEST
from apps.inference.local.classifier import Artefact
from apps.inference.local.isotonic import Calibration, choose
from apps.inference.local.training import fit_and_hold_out
from tests.inference.test_local_classifier import clusters


def logits(
    chance: Callable[[np.ndarray], np.ndarray], number: int, seed: int = 0
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Answers between two labels, stated with logits from 0 to 5 and right with `chance(stated logit)`; five folds."""
    draw = np.random.default_rng(seed)
    margin = draw.uniform(0, 5, number)
    truth = np.where(draw.random(number) < chance(margin), 0, 1)
    one = np.column_stack([margin, np.zeros(number)])
    return [one, one], truth, np.arange(number) % 5


def bent(margin: np.ndarray) -> np.ndarray:
    """No factor makes a sigmoid of this: a coin toss up to the middle, and hardly ever wrong after it."""
    return np.where(margin < 2.5, 0.52, 0.995)


def straight(margin: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-0.7 * margin))


def test_isotonic_is_chosen_where_no_temperature_fits() -> None:
    found, said = choose(*logits(bent, 2_000))
    assert found.method == "isotonic"
    assert found.isotonic_loss < found.temperature_loss - found.error
    assert said.min() < 0.6
    assert said.max() > 0.97


def test_temperature_is_chosen_where_it_fits_and_where_examples_are_few() -> None:
    for parts in (logits(straight, 2_000), logits(bent, 20), logits(straight, 5)):
        found, _ = choose(*parts)
        assert found.method == "temperature"
        assert found.stated == found.observed == ()


def test_an_isotonic_line_rises_so_that_the_order_of_the_answers_stays() -> None:
    found, _ = choose(*logits(bent, 2_000))
    assert np.all(np.diff(found.stated) > 0)
    assert np.all(np.diff(found.observed) > 0)
    probabilities = np.column_stack([np.linspace(0.5, 0.99, 50), 1 - np.linspace(0.5, 0.99, 50)])
    applied = found.apply(probabilities)[:, 0]
    assert np.all(np.diff(applied) > 0)
    assert applied.max() <= LARGEST


def test_the_answer_stays_the_answer_and_no_other_label_is_likelier() -> None:
    line = Calibration("isotonic", 0.6, 0.5, 0.01, 100, stated=(0.0, 0.5, 1.0), observed=(0.0, 0.1, 1.0))
    probabilities = np.array([[0.2, 0.5, 0.3], [0.05, 0.05, 0.9]])
    applied = line.apply(probabilities)
    assert applied.argmax(axis=1).tolist() == [1, 2]
    assert applied[0, 1] == pytest.approx(0.1)
    assert (np.sort(applied, axis=1)[:, 1] < applied.max(axis=1)).all()


def test_the_line_travels_in_the_artefact_as_arrays_and_predicts_the_same_after_storage() -> None:
    texts, vectors, labels = clusters(3, 40)
    artefact, _ = fit_and_hold_out(texts, vectors, labels, encoder="test")
    assert artefact.calibration is not None
    assert artefact.calibration.examples == 120
    line = Calibration("isotonic", 0.6, 0.5, 0.01, 120, stated=(0.0, 0.5, 1.0), observed=(0.0, 0.2, 1.0))
    bent_one = Artefact(**vars(artefact) | {"calibration": line})
    read = Artefact.from_bytes(bent_one.to_bytes())
    assert read.calibration == line
    assert read.sha256 == bent_one.sha256 != artefact.sha256
    assert read.predict(texts, vectors) == bent_one.predict(texts, vectors)
    assert read.predict(texts, vectors)[0].probability != artefact.predict(texts, vectors)[0].probability


def test_an_artefact_from_before_the_choice_keeps_its_name() -> None:
    artefact, _ = fit_and_hold_out(*clusters(2, 10), encoder="test")
    old = Artefact(**vars(artefact) | {"calibration": None})
    read = Artefact.from_bytes(old.to_bytes())
    assert read.calibration is None
    assert read.sha256 == old.sha256
