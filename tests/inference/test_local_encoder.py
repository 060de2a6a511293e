import numpy as np

from apps.inference.local.encoder import MAX_TOKENS
from tests.local_models import local_encoder

TEXTS = [
    "Where is my parcel? It should have been here on Monday.",
    "",
    "My order has not been delivered yet.",
    "The roof leaks since the storm, and the insurer wants photographs of every room that is wet.",
    "ok",
]


def test_every_text_has_a_vector_of_unit_length_even_an_empty_one() -> None:
    vectors = local_encoder().encode(TEXTS)

    assert vectors.shape == (5, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors() -> None:
    vectors, tokens = local_encoder().both([])

    assert vectors.shape == (0, 384)
    assert tokens == []


def test_texts_of_one_meaning_are_nearer_than_texts_of_one_topic() -> None:
    parcel, _, order, roof, _ = local_encoder().encode(TEXTS)

    assert parcel @ order > 0.5 > parcel @ roof + 0.2


def test_a_text_has_the_same_vector_alone_and_among_others_of_any_length() -> None:
    together = local_encoder().encode(TEXTS * 30)
    alone = np.concatenate([local_encoder().encode([text]) for text in TEXTS])

    np.testing.assert_allclose(together, np.tile(alone, (30, 1)), atol=1e-5)


def test_token_vectors_come_one_per_token_and_of_unit_length() -> None:
    vectors, tokens = local_encoder().both(TEXTS)

    assert [matrix.shape for matrix in tokens] == [(len(local_encoder().token_ids(text)), 384) for text in TEXTS]
    np.testing.assert_allclose(np.linalg.norm(np.concatenate(tokens), axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors, local_encoder().encode(TEXTS), atol=1e-6)
    np.testing.assert_allclose(tokens[2], local_encoder().encode_tokens([TEXTS[2]])[0], atol=1e-4)


def test_what_lies_beyond_the_encoders_reach_is_not_read() -> None:
    long = "parcel " * 5_000
    first, other = local_encoder().encode([long + "a storm", long + "a refund"])

    np.testing.assert_array_equal(first, other)
    assert len(local_encoder().token_ids(long)) == MAX_TOKENS
