"""Which encoding of Latin letters text has: by whether its words look like words."""

from __future__ import annotations

import unicodedata

# Single bytes of Latin letters beyond ASCII, the most common first.
LATIN = ("cp1252", "cp1250", "iso8859-2", "mac-roman", "iso8859-15", "cp1254", "cp1257", "cp850")

# Of these, the encodings that are tried whether or not they are likely.
N_COMMON = 4

# Another encoding is taken if this share of the letters is strange in the likeliest one, and far fewer in the other.
STRANGE, FEWER = 0.05, 0.25

# Quotes, dashes and dots may stand between letters.
BETWEEN = "\u2018\u2019\u00b7\u2013\u2014\u2026"

# Letters that only few languages have; Turkish and Baltic ones have their places in other encodings.
RARE = set("ðþýÐÞÝ")


def strangeness(words: bytes, encoding: str) -> float:
    """Return the share of the characters beyond ASCII that words seldom have where they are.

    These are capitals behind small letters, ligatures, punctuation between letters, other signs beside them, and what
    the encoding does not have.

    Examples
    --------
    >>> strangeness("żółty".encode("cp1250"), "cp1250"), strangeness("żółty".encode("cp1250"), "cp1252")
    (0.0, 0.3333333333333333)
    """
    text = f" {words.decode(encoding, 'replace')} "
    n_strange = n = 0
    for before, c, after in zip(text, text[1:], text[2:], strict=False):
        if c.isascii():
            continue
        n += 1
        kind = unicodedata.category(c)
        if kind in ("Lu", "Ll"):
            n_strange += (c.isupper() and before.islower()) or unicodedata.normalize("NFKC", c).isascii()
        elif kind[0] == "P" or kind == "Sc":
            n_strange += before.isalpha() and after.isalpha() and c not in BETWEEN
        else:
            n_strange += before.isalpha() or after.isalpha() or kind in ("Cc", "So")
    return n_strange / max(n, 1)


def choose_latin(words: bytes, likely: dict[str, float], found: str) -> str:
    """Return the encoding of words in Latin letters: the likeliest one, or another one if that makes them strange.

    Parameters
    ----------
    words : bytes
        Words with bytes beyond ASCII.
    likely : dict of str to float
        How likely encodings are.
    found : str
        The likeliest one.
    """
    signs = [c for c in words.decode(LATIN[0], "replace") if not c.isascii()]
    if not any(map(str.isalpha, signs)) and not strangeness(words, LATIN[0]):  # curly quotes, dashes, dots, currencies
        return LATIN[0]
    most = strangeness(words, found)
    if most <= STRANGE:
        return found
    tried = {*likely, *LATIN[:N_COMMON]}
    shares = {encoding: strangeness(words, encoding) for encoding in LATIN if encoding in tried}
    best = min(shares, key=lambda encoding: shares[encoding], default=found)
    return best if shares.get(best, 1.0) <= FEWER * most else found


def as_likely(words: bytes, likely: dict[str, float], found: str, close: float) -> tuple[str, ...]:
    """Return other encodings that are about as likely, and make other words of the bytes that look as much like words.

    If there are letters that only few languages have, all encodings are likely. Signs such as curly quotes and dashes
    are taken for what they are in the encoding that was found.
    """
    text = words.decode(found, "replace")
    if found not in LATIN or not any(c.isalpha() and not c.isascii() for c in text):
        return ()
    limit = max(strangeness(words, found), STRANGE / 2)
    least = 0.0 if RARE & set(text) else close * likely.get(found, 0.0)
    others = (name for name in LATIN if name != found and likely.get(name, 0.0) >= least)
    return tuple(name for name in others if strangeness(words, name) <= limit and words.decode(name, "replace") != text)
