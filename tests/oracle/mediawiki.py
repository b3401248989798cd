"""A real MediaWiki as a function: pages in, what its parser makes of them out. setup.sh installs it.

One PHP process serves one language. It refuses to know charkha's parser; from charkha it takes only the names of
namespaces and of other wikis, so that both sides know the same ones.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from charkha.corpus.interwiki import LANGUAGES, PROJECTS
from charkha.corpus.tags import DROPPED
from charkha.languages import Language

HERE = Path(__file__).resolve().parent
# Where the wiki lies; looked up once, since tests get a fresh HOME each.
HOME = Path(os.environ.get("CHARKHA_ORACLE") or Path.home() / ".cache" / "charkha-oracle")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What MediaWiki says of one page."""

    html: str
    categories: list[str]  # with underscores
    langlinks: list[str]  # "fr:Title"
    redirect: str


def is_installed() -> bool:
    """Whether setup.sh has run."""
    return (HOME / "wiki" / "ready").exists()


def install() -> None:
    """Runs setup.sh, which does nothing when all is there.

    Raises:
        RuntimeError: it failed; the message holds what it said.
    """
    done = subprocess.run(
        ["bash", str(HERE / "setup.sh")],
        env=os.environ | {"CHARKHA_ORACLE": str(HOME)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"tests/oracle/setup.sh failed: {done.stderr[-2000:]}")


class MediaWiki:
    """A running parser of one language's wiki; a context manager.

    Args:
        language: whose wiki it plays.
        siteinfo_namespaces: names from a dump's head, which come before the language file's.
    """

    def __init__(self, language: Language, siteinfo_namespaces: Mapping[int, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory()
        names = Path(self._folder.name) / "names.json"
        names.write_text(json.dumps(_names(language, siteinfo_namespaces or {}), ensure_ascii=False), encoding="utf-8")
        cache = HOME / "cache"
        cache.mkdir(exist_ok=True)
        environment = os.environ | {
            "MWLANG": language.wiki, "MW_INSTALL_PATH": str(HOME / "wiki"), "CHARKHA_ORACLE_NAMES": str(names),
            "CHARKHA_ORACLE_SETTINGS": str(HERE / "settings.php"), "CHARKHA_ORACLE_CACHE": str(cache),
        }  # fmt: skip
        self._process = subprocess.Popen(
            ["php", str(HERE / "ParsePages.php")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment,
        )  # fmt: skip

    def __enter__(self) -> MediaWiki:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.stdout.close()  # type: ignore[union-attr]
        self._process.wait(timeout=30)
        self._folder.cleanup()

    def render(self, title: str, wikitext: str) -> Rendered:
        """One page, parsed by MediaWiki, which stores its pages in NFC.

        Raises:
            RuntimeError: PHP ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        page = {"title": title, "wikitext": unicodedata.normalize("NFC", wikitext)}
        self._process.stdin.write(json.dumps(page) + "\n")
        self._process.stdin.flush()
        while (line := self._process.stdout.readline()) and not line.startswith("{"):
            pass  # a warning of PHP's
        if not line:
            raise RuntimeError(f"MediaWiki's process ended at the page {title!r}")
        return Rendered(**json.loads(line))


def _names(language: Language, siteinfo: Mapping[int, str]) -> dict[str, object]:
    spaces: dict[int, list[str]] = {number: [name] for number, name in siteinfo.items() if number and name}
    for number, words in language.mediawiki.namespaces.items():
        known = spaces.setdefault(number, [])
        known += [word for word in words if word not in known]
    return {"spaces": spaces, "languages": sorted(LANGUAGES), "projects": sorted(PROJECTS), "tags": sorted(DROPPED)}
