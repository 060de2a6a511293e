"""Build, buy or blend: the index goes from one end to the other, and what is said to turn the answer does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.planning.build_or_buy import FACTORS, HEAVIEST, Weighed, pull

levels = st.fixed_dictionaries({name: st.integers(1, 5) for name in FACTORS})
weights = st.fixed_dictionaries({name: st.integers(0, HEAVIEST) for name in FACTORS}).filter(
    lambda all_: any(all_.values())
)
STANDARD = {name: factor.weight for name, factor in FACTORS.items()}


def all_for(build: bool) -> dict[str, int]:
    return {name: 5 if factor.builds == build else 1 for name, factor in FACTORS.items()}


def test_all_for_building_is_build_and_all_for_buying_is_buy():
    assert (Weighed(all_for(True), STANDARD).answer, Weighed(all_for(True), STANDARD).index) == ("build", 1.0)
    assert (Weighed(all_for(False), STANDARD).answer, Weighed(all_for(False), STANDARD).index) == ("buy", 0.0)


def test_the_middle_of_everything_is_a_blend():
    assert Weighed(dict.fromkeys(FACTORS, 3), STANDARD).answer == "blend"


@given(levels, weights)
def test_each_flip_turns_the_answer_and_no_smaller_change_does(levels, weights):
    weighed = Weighed(levels, weights)
    names = {factor.title: name for name, factor in FACTORS.items()}
    for flip in weighed.flips:
        name = names[flip.factor.title]
        assert Weighed({**levels, name: flip.to}, weights).answer == flip.answer != weighed.answer
        for nearer in range(1, 6):
            if abs(nearer - levels[name]) < abs(flip.to - levels[name]):
                assert Weighed({**levels, name: nearer}, weights).answer == weighed.answer


@given(levels, weights)
def test_the_moves_of_the_factors_add_up_to_the_index(levels, weights):
    weighed = Weighed(levels, weights)
    assert 0.5 + sum(move for *_, move in weighed.shares) == pytest.approx(weighed.index)


def test_a_factor_without_weight_turns_nothing():
    only = {**dict.fromkeys(FACTORS, 0), "time": 5}
    assert {flip.factor.title for flip in Weighed(dict.fromkeys(FACTORS, 3), only).flips} == {"Time pressure"}


@pytest.mark.parametrize(
    ("levels", "weights"),
    [({"time": 6}, {}), ({"time": 0}, {}), ({}, {"time": 11}), ({}, {"time": -1}), ({}, dict.fromkeys(FACTORS, 0))],
)
def test_what_cannot_be_is_refused(levels, weights):
    with pytest.raises(ValueError, match="whole number"):
        Weighed({**dict.fromkeys(FACTORS, 3), **levels}, {**STANDARD, **weights})


def test_pressure_of_time_speaks_for_buying():
    assert (pull("time", 5), pull("capacity", 5)) == (0.0, 1.0)
