"""The words of the command for what the plugin's messages call parameters."""

from __future__ import annotations

from workflows.wording import reworded

WORDS = (
    (r"\bboards_path\b", "VIDEOS"),
    (r"\bboard_stride\b", "--stride"),
    (r"\bleave cameras_path empty\b", "leave --lenses out"),
    (r"\bcameras_path\b", "--lenses"),
    (r"^board '", "--board '"),
    (r"\bboard's counts\b", "--board's counts"),
    (r"\bend board by\b", "end --board by"),
    (r"\bas board says\b", "as --board says"),
)


def in_options(text: str) -> str:
    """A message of the plugin in the words of the command.

    Example:
        >>> in_options("look at more frames (a smaller board_stride)")
        'look at more frames (a smaller --stride)'
    """
    return reworded(text, WORDS)
