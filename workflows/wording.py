"""Messages of plugins in the words of a command: ``--max-people`` for ``max_people``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Word = str | Callable[[re.Match[str]], str]


def reworded(text: str, words: Iterable[tuple[str, Word]]) -> str:
    """``text`` with each regular expression of ``words``, in order, replaced by what goes with it.

    That is a text, or what makes one of the match.

    Example:
        >>> reworded("raise max_people", [(r"\\bmax_people\\b", "--max-people")])
        'raise --max-people'
    """
    for pattern, word in words:
        text = re.sub(pattern, word, text)
    return text
