"""Units of length, and the words that files have for them."""

from __future__ import annotations

UNITS_PER_METRE = {"m": 1.0, "cm": 100.0, "mm": 1000.0}
WORDS = {
    word: unit
    for unit, prefix in (("m", ""), ("cm", "centi"), ("mm", "milli"))
    for word in (unit, *(prefix + metre for metre in ("meter", "meters", "metre", "metres")))
}


def unit_of_word(word: object) -> str | None:
    """m, cm or mm, as a file's word has it; None where the word is none of those known.

    Example:
        >>> unit_of_word(" Millimetres "), unit_of_word("inch")
        ('mm', None)
    """
    return WORDS.get(str(word or "").strip().lower())
