"""Messages of plugins in the words of a command: ``--max-people`` for ``max_people``."""

from __future__ import annotations

import re
from collections.abc import Iterable


def reworded(text: str, words: Iterable[tuple[str, str]]) -> str:
    """``text`` with each regular expression of ``words``, in order, replaced by what goes with it.

    Example:
        >>> reworded("raise max_people", [(r"\\bmax_people\\b", "--max-people")])
        'raise --max-people'
    """
    for pattern, word in words:
        text = re.sub(pattern, word, text)
    return text
