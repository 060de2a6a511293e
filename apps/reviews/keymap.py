"""Which keys a person presses for what. Pages name an action by its usual key; each person may choose others."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import models, transaction

from apps.audit.entries import record
from apps.tenants.actors import Actor


class KeyMap(models.Model):
    """A person's own keys. Who has none uses the usual ones."""

    person_id = models.UUIDField(primary_key=True)
    keys = models.JSONField()  # action → its keys
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"keys of {self.person_id}"


class Action(NamedTuple):
    slug: str
    title: str
    keys: tuple[str, str]  # the usual ones, for either hand; pages name the action by the first


ACTIONS = (
    Action("approve", "Approve", ("a", "y")),
    Action("edit", "Edit, then approve", ("e", "i")),
    Action("reject", "Reject", ("r", "o")),
    Action("escalate", "Escalate", ("x", "m")),
    Action("snooze", "Snooze", ("s", "z")),
    Action("give", "Give to somebody else", ("d", ";")),
    Action("next", "Next case, or next row of a list", ("j", ".")),
    Action("previous", "Previous case, or previous row of a list", ("k", ",")),
    Action("sentence", "Next sentence of the draft", ("n", "+")),
    Action("sentence_back", "Sentence before", ("p", "-")),
    Action("citation", "Next citation", ("c", "v")),
    Action("undo", "Undo the last decision", ("u", "w")),
    Action("last_ten", "My last ten decisions", ("l", "h")),
    Action("take_over", "Take over from who holds it", ("t", "g")),
    Action("search", "Search", ("/", "f")),
    Action("keys", "All keys", ("?", "q")),
)
FIXED = frozenset("123456789")  # the reasons
MOST = 2  # keys for one action


class NotAKey(ValueError):
    """The keys were not kept. `problems` says what is wrong, by action."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("Some keys cannot be used like that.")
        self.problems = dict(problems)


def keys_of(actor: Actor) -> dict[str, tuple[str, ...]]:
    """Action → the keys that the person presses for it, the one to show first."""
    own = KeyMap.objects.filter(pk=actor.id).first() if actor.kind == "person" else None
    chosen = own.keys if own else {}
    taken = {key for keys in chosen.values() for key in keys}  # an action that came later does not take a key away
    return {
        action.slug: tuple(chosen.get(action.slug) or (key for key in action.keys if key not in taken))
        for action in ACTIONS
    }


def translation(chosen: Mapping[str, Sequence[str]]) -> str:
    """For the pages' script, as JSON: key that is pressed → usual key that pages name; "" for one without a use."""
    dead = {key: "" for action in ACTIONS for key in action.keys}
    return json.dumps(dead | {key: action.keys[0] for action in ACTIONS for key in chosen[action.slug]})


def choose_keys(*, actor: Actor, keys: Mapping[str, Sequence[str]]) -> KeyMap:
    """Keep the person's own keys: one or two for each action. Raises NotAKey, and then keeps nothing."""
    wanted = {action.slug: [key.strip() for key in keys.get(action.slug, ()) if key.strip()] for action in ACTIONS}
    if problems := _problems(wanted):
        raise NotAKey(problems)
    with transaction.atomic():
        before = keys_of(actor)
        chosen, _ = KeyMap.objects.update_or_create(pk=actor.id, defaults={"keys": wanted})
        changed = [slug for slug, given in wanted.items() if tuple(given) != before[slug]]
        record(
            actor=actor,
            action="keys.chosen",
            object=f"person:{actor.id}",
            before={slug: list(before[slug]) for slug in changed},
            after={slug: list(wanted[slug]) for slug in changed},
        )
        return chosen


def forget_keys(*, actor: Actor) -> None:
    """Back to the usual keys."""
    with transaction.atomic():
        KeyMap.objects.filter(pk=actor.id).delete()
        record(actor=actor, action="keys.reset", object=f"person:{actor.id}")


def _problems(wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    problems: dict[str, str] = {}
    taken: dict[str, Action] = {}
    for action in ACTIONS:
        given = wanted[action.slug]
        if not given or len(given) > MOST:
            problems[action.slug] = "Give it one key or two."
        for key in given:
            if len(key) != 1 or not key.isprintable():
                problems[action.slug] = f"“{key}” is not one key that writes a character."
            elif key in FIXED:
                problems[action.slug] = f"“{key}” chooses a reason, so it cannot do anything else."
            elif key in taken and taken[key] is not action:
                problems[action.slug] = f"“{key}” is the key for “{taken[key].title}” already."
            taken.setdefault(key, action)
    return problems
