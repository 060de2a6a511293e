from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.canonical import LARGEST, NotCanonical, canonical

texts = st.text(st.characters(exclude_categories=["Cs"]))
integers = st.integers(-LARGEST, LARGEST)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
)


@given(values)
def test_any_value_gets_the_bytes_of_the_rfc(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_the_rfcs_own_example_of_name_order_holds() -> None:
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    text = canonical(names).decode()
    assert text == "{" + ",".join(f'"{escaped(name)}":{names[name]}' for name in order) + "}"


def escaped(name: str) -> str:
    return {"\r": "\\r"}.get(name, name)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [{"b": 0.5}]}, r"a\[\].b is a float"),
        ({"a": float("nan")}, "a is a float"),
        (LARGEST + 1, "beyond"),
        ({"a": {1: "x"}}, "a has a name that is not a text: 1"),
        ({"a": object()}, "a is of type object"),
        ({"a": b"x"}, "a is of type bytes"),
        ("\ud800", "half a surrogate pair"),
        ({"\ud800": 1}, "half a surrogate pair"),
    ],
)
def test_what_has_no_canonical_form_is_refused_by_name(value: Any, message: str) -> None:
    with pytest.raises(NotCanonical, match=message):
        canonical(value)
