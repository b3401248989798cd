"""Lists the languages. Each is one file; a path to a file of your own is taken wherever a code is."""

from __future__ import annotations

import argparse

from charkha.languages import load_all


def arguments(parser: argparse.ArgumentParser) -> None:
    """No flags."""


def command(given: argparse.Namespace) -> int:
    """One line a language."""
    print(f"{'wiki':<6}{'code':<10}{'script':<8}{'class':<8}{'Joshi':<7}{'identified by':<26}{'reviewed by':<14}name")
    for language in load_all():
        by = ", ".join(language.identify) or "its own pages"
        print(
            f"{language.wiki:<6}{language.code:<10}{language.script.code:<8}{language.resource.size:<8}"
            f"{language.resource.joshi:<7}{by:<26}{language.reviewed_by:<14}{language.name} ({language.names['native']})"
        )
    return 0
