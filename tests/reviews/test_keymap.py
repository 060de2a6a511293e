import json

import pytest

from apps.audit.models import Entry
from apps.reviews.keymap import ACTIONS, KeyMap, NotAKey, choose_keys, forget_keys, keys_of, translation
from tests.factories import waiting_case


def usual(**changes):
    return {action.slug: list(action.keys) for action in ACTIONS} | changes


def test_who_chose_nothing_has_the_usual_keys(operator):
    assert keys_of(operator.actor)["approve"] == ("a", "y")


def test_no_two_actions_share_a_usual_key():
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))


def test_ones_own_keys_are_kept_and_nobody_elses(operator, senior_reviewer):
    choose_keys(actor=operator.actor, keys=usual(approve=["g"], take_over=["t"]))
    assert keys_of(operator.actor)["approve"] == ("g",)
    assert keys_of(senior_reviewer.actor)["approve"] == ("a", "y")


def test_an_action_that_came_later_takes_no_key_away_that_somebody_chose(operator):
    KeyMap.objects.create(person_id=operator.actor.id, keys={"approve": ["d"]})
    assert keys_of(operator.actor)["give"] == (";",)


def test_the_page_is_told_what_is_pressed_for_what_and_what_is_not_used(operator):
    choose_keys(actor=operator.actor, keys=usual(approve=["b"]))
    told = json.loads(translation(keys_of(operator.actor)))
    assert (told["b"], told["a"], told["y"], told["e"]) == ("a", "", "", "e")


def test_a_choice_and_going_back_are_in_the_log(operator):
    choose_keys(actor=operator.actor, keys=usual(approve=["b"]))
    forget_keys(actor=operator.actor)
    assert not KeyMap.objects.exists()
    assert Entry.objects.filter(action__in=["keys.chosen", "keys.reset"]).count() == 2


@pytest.mark.parametrize(
    ("changes", "action", "says"),
    [
        ({"approve": ["e"]}, "edit", "“e” is the key for “Approve” already."),
        ({"approve": ["3"]}, "approve", "chooses a reason"),
        ({"approve": ["F1"]}, "approve", "not one key"),
        ({"approve": ["", " "]}, "approve", "one key or two"),
        ({"approve": ["b", "1"]}, "approve", "chooses a reason"),
    ],
)
def test_keys_that_cannot_be_are_refused_and_nothing_is_kept(operator, changes, action, says):
    with pytest.raises(NotAKey) as refused:
        choose_keys(actor=operator.actor, keys=usual(**changes))
    assert says in refused.value.problems[action]
    assert not KeyMap.objects.exists()


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong_where_it_is(operator):
    response = operator.post("/review/keys/chosen/", usual(approve=["e", "y"]))
    assert response.status_code == 422
    assert "is the key for “Approve” already" in response.content.decode()
    assert 'name="approve" value="e"' in response.content.decode()


def test_chosen_keys_are_on_the_cases_page_until_one_goes_back(operator):
    case = waiting_case()
    assert operator.post("/review/keys/chosen/", usual(approve=["b"])).status_code == 302
    assert "<kbd>b</kbd>" in operator.get(f"/review/{case.number}/").content.decode()
    operator.post("/review/keys/usual/")
    assert "<kbd>b</kbd>" not in operator.get(f"/review/{case.number}/").content.decode()
