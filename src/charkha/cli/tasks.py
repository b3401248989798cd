"""Lists the tasks. Each is one file; a path to a file of your own is taken wherever a name is."""

from __future__ import annotations

import argparse
import sys

from charkha.core.lookup import find, names


def arguments(parser: argparse.ArgumentParser) -> None:
    """No flags."""


def command(given: argparse.Namespace) -> int:
    """One line a task."""
    print(f"{'task':<22}{'reads':<10}{'contexts':<36}what")
    for name in names("task"):
        task = find("task", name)
        told = (sys.modules[task.__module__].__doc__ or "").split("\n")[0].partition(": ")[2]
        print(f"{name:<22}{task.reads:<10}{', '.join(task.contexts):<36}{told}")
    return 0
