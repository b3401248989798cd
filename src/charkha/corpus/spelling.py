"""How names are compared when their spelling wavers: headings and templates of one meaning, written in many ways.

Writers of one language disagree on nukta, chandrabindu against anusvara, a nasal with virama against anusvara, long
against short i and u, joiners, hyphens, spaces, and in Urdu on which code point an old letter has. `loose` folds all of
these; two names that it makes equal are never told apart by readers. It refuses to know what the names mean.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from charkha.corpus.normal import nfc

_BLOCKS = range(0x900, 0xD80, 0x80)  # the Indic blocks lay out their letters alike
_SAME = {0x01: 0x02, 0x08: 0x07, 0x0A: 0x09, 0x40: 0x3F, 0x42: 0x41}  # chandrabindu, long i and u and their signs
_NASALS = (0x19, 0x1E, 0x23, 0x28, 0x2E)
_TABLE: dict[int, int | str] = {block + old: block + new for block in _BLOCKS for old, new in _SAME.items()}
_TABLE |= {block + 0x3C: "" for block in _BLOCKS}  # nukta
_TABLE |= {0x0A70: 0x0A02, 0x0A71: "", 0x09F0: 0x09B0, 0x0903: "", 0x0983: ""}  # tippi, addak, Assamese ra, visarga
_TABLE |= {0x0D7A + at: letter + "\u0d4d" for at, letter in enumerate("ണനരലളക")}  # Malayalam chillus
_TABLE |= dict.fromkeys([*range(0x64B, 0x660), 0x670, 0x640], "")  # Arabic vowel signs, hamza above, the stretcher
_TABLE |= str.maketrans("يىكهۃةھ", "ییکہہہہ")
_NASAL = re.compile("|".join(f"[{''.join(chr(b + n) for n in _NASALS)}]{chr(b + 0x4D)}" for b in _BLOCKS))
_NOTHING = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\ufdd0-\ufdef:_\-–—]+")
_IGNORED = re.compile("[\u200e\u200f\u202a-\u202e\ufdd0\ufdd1]")  # marks of direction, and of what was taken out


@lru_cache(maxsize=1 << 14)
def fold(name: str) -> str:
    """A namespace, template or file-option name as MediaWiki compares it: NFC, no case, single spaces for underscores."""
    return " ".join(nfc(_IGNORED.sub("", name)).replace("_", " ").split()).casefold()


@lru_cache(maxsize=1 << 14)
def loose(name: str) -> str:
    """A name without case, spaces, joiners, hyphens, colons, and with one letter for letters that are mixed up."""
    squeezed = _NOTHING.sub("", name).casefold()
    if squeezed.isascii():
        return squeezed
    return _NASAL.sub(_anusvara, unicodedata.normalize("NFD", squeezed).translate(_TABLE))


def _anusvara(pair: re.Match[str]) -> str:
    return chr((ord(pair[0][0]) & ~0x7F) + 0x02)
