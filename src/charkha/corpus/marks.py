"""Stand-ins that travel inside a page's text between passes and never leave it.

They are Unicode noncharacters (U+FDD0..U+FDEF): no wiki text holds them, and they keep a string two bytes a character.
"""

from __future__ import annotations

import re

GAP = "\ufdd0"  # something was taken out here: spaces, brackets and commas around it may have to close up
COMMENT = "\ufdd1"  # the same for a comment, which MediaWiki ignores where a heading or a line ends
BREAK = "\ufdd2"  # <br>: a line of its own in prose, a space in a list item
BETWEEN = "\n\ufdef\n"  # stands between values that are cleaned together
NOTHING = "\ufdee"  # <nowiki/>: nothing to see, but the letters behind it do not glue onto a link before it
PIPE = "\ufdd3"  # {{!}}: a pipe that did not divide the arguments of the template it stood in

_GUARDED = "[]{}|'=<>&*#:;_!~-"
_STAND_INS = {ord(char): chr(0xFDD4 + at) for at, char in enumerate(_GUARDED)}
_HIDDEN = re.compile(f"[{''.join(_STAND_INS.values())}]")
_BACK = {ord(stand_in): chr(char) for char, stand_in in _STAND_INS.items()}


def guard(text: str) -> str:
    """Text that no later pass takes for markup (nowiki, a decoded entity). `bare` gives the characters back."""
    return text.translate(_STAND_INS)


def bare(text: str) -> str:
    """Text with the characters that `guard` hid."""
    return text.translate(_BACK) if _HIDDEN.search(text) else text


def is_guarded(char: str) -> bool:
    """Whether `guard` would replace this character."""
    return ord(char) in _STAND_INS
