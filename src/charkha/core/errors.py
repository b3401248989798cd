"""Every error Charkha raises on purpose, as one tree.

    CharkhaError                     a person can mend it: one line, no traceback, exit 2
    ├── RecipeError                  a recipe, a flag or a name that is not known
    ├── SourceError                  a dump or document that cannot be read
    ├── RunError                     a run folder: locked, of another recipe, of a newer format, full disk
    ├── MissingDependency            an extra that is not installed
    ├── Unfinished                   stopped with work left that is listed: exit 3
    └── ProviderError                what a provider's call may raise, and nothing else
        ├── RateLimited              429; `retry_after` in seconds when the server told
        ├── Overloaded               5xx, a reset connection, a server that is down: try again later
        ├── TimedOut                 no answer within the request's time
        ├── BadReply                 an answer that is no chat completion (HTML, torn JSON)
        ├── Refused                  the request itself is wrong for this server or was declined
        ├── AuthFailed               401/403: no key, or a wrong one
        └── NoSuchModel              the endpoint does not serve the model

A message has three parts: what (with the value in repr), where, and the way out.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

EXIT_DONE, EXIT_BUG, EXIT_USER, EXIT_UNFINISHED, EXIT_INTERRUPTED = 0, 1, 2, 3, 130


class CharkhaError(Exception):
    """Something a person can mend; the command line prints it as one line."""

    exit_code = EXIT_USER


class RecipeError(CharkhaError):
    """A recipe, a flag or a name that is wrong."""


class SourceError(CharkhaError):
    """A dump or document that cannot be read."""


class RunError(CharkhaError):
    """A run folder that cannot be used as asked."""


class MissingDependency(CharkhaError):
    """An optional part that is not installed; the message names the command that installs it."""


class Unfinished(CharkhaError):
    """Work ended cleanly with failures that are listed."""

    exit_code = EXIT_UNFINISHED


class ProviderError(CharkhaError):
    """What a provider's call may raise."""

    fatal = False  # True: no later call can succeed either, so the run stops
    transient = False  # True: the same request may succeed later


class RateLimited(ProviderError):
    """HTTP 429.

    Args:
        message: what, where, way out.
        retry_after: seconds the server asked to wait, or None when it did not say.
    """

    transient = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Overloaded(ProviderError):
    """HTTP 5xx, a reset or refused connection."""

    transient = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TimedOut(ProviderError):
    """No answer within the time given."""

    transient = True


class BadReply(ProviderError):
    """An answer that is not a chat completion."""

    transient = True


class Refused(ProviderError):
    """The server understood and will not answer this request (HTTP 400, 413, 422, a content filter)."""


class AuthFailed(ProviderError):
    """No key, or a wrong one."""

    fatal = True


class NoSuchModel(ProviderError):
    """The endpoint does not serve the model that the recipe names."""

    fatal = True


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns " Did you mean 'x'?" for the nearest known name, or an empty string when none is near."""
    word = name.casefold()

    def likeness(other: str) -> float:  # people get the first letter right
        same_start = 0.25 if other[:1].casefold() == word[:1] else 0.0
        return difflib.SequenceMatcher(None, word, other.casefold()).ratio() + same_start

    near = max(known, key=likeness, default="")
    return f" Did you mean {near!r}?" if near and likeness(near) >= 0.6 else ""


def unknown(kind: str, name: str, known: Iterable[str], where: str = "", see: str = "") -> RecipeError:
    """The one wording for a name that is not known.

    Args:
        kind: what it should be ("language", "task", ...).
        name: the word that was given.
        known: the words that exist.
        where: file:line or the flag; left out when empty.
        see: the command that lists the known names; when empty they are listed here.
    """
    words = sorted(known)
    place = f" in {where}" if where else ""
    way_out = f" See: {see}" if see else f" Known: {', '.join(words)}."
    hint = did_you_mean(name, words)
    return RecipeError(f"unknown {kind} {name!r}{place}.{hint}{way_out}")
