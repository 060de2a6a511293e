"""The same message in other words: with typing mistakes, paraphrased, cut off, or half in another language.

Paraphrases come from a table of phrases and change no structure, and the other languages from a small dictionary: less
than a person would change. So what fails here is certain to fail outside, and what holds here may still fail there.
Pure functions; the same generator state gives the same words.
"""

import re
from collections.abc import Mapping
from random import Random

MISTAKES = 0.12  # share of the words that get a typing mistake
KEPT = 0.6  # share of the words that a cut-off message still has
LEAST = 4  # letters of a word that gets a mistake
_WORD = re.compile(r"[A-Za-zÀ-ÿ]+")
_NEXT_KEY = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "q": "w", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b",
    "w": "e", "x": "c", "y": "u", "z": "x",
}  # fmt: skip
_PHRASES: Mapping[str, str] = {
    "I would like to": "I want to", "I want to": "I would like to", "I'd like to": "I want to",
    "could you please": "would you kindly", "can you": "could you", "could you": "can you", "please": "kindly",
    "where is": "what has become of", "has not arrived": "did not get here", "hasn't arrived": "did not get here",
    "have not received": "never got", "haven't received": "never got", "I received": "I got", "arrived": "came",
    "send back": "return", "return": "send back", "give me my money back": "refund me", "my money": "the sum",
    "as soon as possible": "soon", "immediately": "right away", "parcel": "package", "package": "parcel",
    "broken": "damaged", "damaged": "broken", "does not work": "is not working", "doesn't work": "is not working",
    "too small": "not large enough", "too big": "too large", "bought": "purchased", "ordered": "placed an order for",
    "claim": "case", "vehicle": "car", "car": "vehicle", "house": "home", "accident": "crash", "stolen": "taken",
    "thanks": "thank you", "thank you": "thanks", "regards": "best wishes", "hello": "good day", "hi": "hello",
    "don't": "do not", "can't": "cannot", "it's": "it is", "I'm": "I am", "I've": "I have", "didn't": "did not",
    "isn't": "is not", "wasn't": "was not", "won't": "will not", "because": "since", "but": "though",
    "how long": "how much time", "tell me": "let me know", "let me know": "tell me", "help": "assist",
}  # fmt: skip
_FOREIGN: Mapping[str, Mapping[str, str]] = {
    "de": {
        "hello": "Guten Tag", "hi": "Hallo", "thanks": "danke", "thank you": "vielen Dank", "please": "bitte",
        "order": "Bestellung", "parcel": "Paket", "refund": "Erstattung", "return": "Rücksendung",
        "invoice": "Rechnung", "address": "Adresse", "size": "Größe", "boots": "Stiefel",
        "jacket": "Jacke", "voucher": "Gutschein",
        "where is": "wo ist", "my": "mein", "and": "und", "with": "mit", "not": "nicht", "broken": "kaputt",
        "claim": "Schadenfall", "policy": "Police", "car": "Auto", "roof": "Dach", "water": "Wasser", "fire": "Feuer",
    },
    "fr": {
        "hello": "Bonjour", "hi": "Salut", "thanks": "merci", "thank you": "merci", "please": "s'il vous plaît",
        "order": "commande", "parcel": "colis", "refund": "remboursement", "return": "retour", "invoice": "facture",
        "address": "adresse", "size": "taille", "boots": "bottes", "jacket": "veste", "voucher": "bon d'achat",
        "where is": "où est", "my": "ma", "and": "et", "with": "avec", "not": "pas", "broken": "cassé",
        "claim": "sinistre", "policy": "police", "car": "voiture", "roof": "toit", "water": "eau", "fire": "feu",
    },
    "es": {
        "hello": "Hola", "hi": "Hola", "thanks": "gracias", "thank you": "gracias", "please": "por favor",
        "order": "pedido", "parcel": "paquete", "refund": "reembolso", "return": "devolución", "invoice": "factura",
        "address": "dirección", "size": "talla", "boots": "botas", "jacket": "chaqueta", "voucher": "vale",
        "where is": "dónde está", "my": "mi", "and": "y", "with": "con", "not": "no", "broken": "roto",
        "claim": "siniestro", "policy": "póliza", "car": "coche", "roof": "techo", "water": "agua", "fire": "fuego",
    },
}  # fmt: skip


def with_typos(text: str, chance: Random) -> str:
    """About one word in eight with a swapped, dropped, doubled or neighbouring letter. Numbers stay as they are."""

    def maybe(found: re.Match[str]) -> str:
        word = found[0]
        return _mistyped(word, chance) if len(word) >= LEAST and chance.random() < MISTAKES else word

    return _WORD.sub(maybe, text)


def paraphrased(text: str) -> str:
    """Phrases of a table for others that say the same; nothing where none occurs."""
    return _replaced(text, _PHRASES)


def cut_off(text: str) -> str:
    """The first part, as if the connection had broken off in the middle of a sentence."""
    words = list(re.finditer(r"\S+", text))
    kept = max(3, int(KEPT * len(words)))
    return text if kept >= len(words) else text[: words[kept - 1].end()]


def half_translated(text: str, chance: Random) -> tuple[str, str]:
    """The text with words of another language in it, and that language's code."""
    language = chance.choice(sorted(_FOREIGN))
    return _replaced(text, _FOREIGN[language]), language


def _replaced(text: str, table: Mapping[str, str]) -> str:
    """All phrases of the table at once, the longest first, so that none is replaced twice."""
    lower = {phrase.lower(): other for phrase, other in table.items()}
    phrases = "|".join(re.escape(phrase) for phrase in sorted(lower, key=len, reverse=True))

    def other(found: re.Match[str]) -> str:
        said = lower[found[0].lower()]
        return said[0].upper() + said[1:] if found[0][0].isupper() else said

    return re.sub(rf"\b(?:{phrases})\b", other, text, flags=re.IGNORECASE)


def _mistyped(word: str, chance: Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    letter = word[at]
    return chance.choice(
        (
            word[:at] + word[at + 1] + letter + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + _NEXT_KEY.get(letter.lower(), letter) + word[at + 1 :],
        )
    )
