import numpy as np

from apps.inference.local.lexical import SLOTS, count_slots, rarity, weigh


def test_a_text_without_words_has_no_slots() -> None:
    for text in ("", "  ", "?!"):
        slots, weights = weigh(count_slots(text), rarity([]))
        assert len(slots) == len(weights) == 0


def test_words_and_pieces_each_have_unit_length() -> None:
    rows = [count_slots("Refund for order 88-20417, please"), count_slots("refund")]
    _, weights = weigh(rows[0], rarity(rows))

    np.testing.assert_allclose(np.square(weights).sum(), 2, rtol=1e-5)


def test_case_does_not_matter_and_a_typo_keeps_most_pieces() -> None:
    def likeness(one: str, other: str) -> float:
        dense = np.zeros((2, SLOTS))
        for row, text in zip(dense, (one, other), strict=True):
            slots, weights = weigh(count_slots(text), rarity([]))
            row[slots] = weights
        return float(dense[0] @ dense[1] / 2)

    assert likeness("Cancel SUBSCRIPTION", "cancel subscription") > 0.999
    assert likeness("subscription", "subscribtion") > likeness("subscription", "invoice") + 0.2


def test_what_every_text_says_weighs_less_than_what_one_says() -> None:
    rows = [count_slots(text) for text in ("hello refund", "hello parcel", "hello roof")]
    slots, weights = weigh(rows[0], rarity(rows))
    everywhere = np.isin(slots, np.intersect1d(rows[1][0], rows[2][0]))

    assert weights[everywhere].max() < weights[~everywhere].max()


def test_a_pasted_book_is_read_only_at_its_beginning() -> None:
    slots, _ = count_slots("refund " * 1_000 + "roof")

    np.testing.assert_array_equal(slots, count_slots("refund " * 1_000)[0])
