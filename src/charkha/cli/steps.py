"""The steps that `run` takes in order and that the single verbs take one of. What they print is printed here."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from charkha.cli.screen import Screen
from charkha.core.errors import EXIT_BUG, EXIT_DONE, EXIT_INTERRUPTED, EXIT_UNFINISHED, CharkhaError, RunError
from charkha.core.protocols import Task
from charkha.core.recipe import Recipe, dump_recipe, load_recipe, parse_recipe
from charkha.core.run import Run
from charkha.languages import Language
from charkha.stages.artifacts import NoRoot, find_artifacts, harvest_of
from charkha.stages.documents import LIST, in_words, refusals
from charkha.stages.export import export, publish, write_stats
from charkha.stages.filter import filters_of, limits_of, redecide
from charkha.stages.generate import Generation
from charkha.stages.identity import identity, tasks_of, with_models_checked
from charkha.stages.ingest import ingest
from charkha.stages.names import mine
from charkha.stages.rounds import supersede
from charkha.stages.sources import Blocklist, dumps_of, languages_of, sql_of

TOLD_ON_SCREEN = 50  # documents without a page


class Interrupted(CharkhaError):
    """Ctrl-C or SIGTERM: nothing new is asked, what is in flight lands."""

    exit_code = EXIT_INTERRUPTED


class Work:
    """A recipe on its run folder, with everything in it looked up and admitted."""

    def __init__(self, run: Run, recipe: Recipe) -> None:
        self.languages: list[Language] = languages_of(recipe)
        self.tasks: dict[str, Task] = tasks_of(recipe)
        filters_of(recipe)
        self.run, self.recipe = run, with_models_checked(recipe)
        self.blocklist = Blocklist.read(recipe.source.blocklist)
        self.told: list[str] = []  # what is worth a line at the end

    def admit(self, superseded: list[str]) -> None:
        """Notes the recipe in the run, or refuses it; sets the rows of superseded tasks aside."""
        for name in superseded:
            if name not in self.tasks:
                raise RunError(f"--supersede {name!r} is no task of the recipe. Its tasks: {', '.join(self.tasks)}.")
        facts = identity(self.recipe, self.languages, self.tasks)
        self.run.compare(facts, superseded)
        # The same command said again, after an interruption, sets nothing more aside.
        fresh = [name for name in superseded if not self.run.is_superseded(facts, name)]
        for language in self.languages:
            for name in fresh:  # first: a kill in between leaves rows set aside, never old rows that count as new
                supersede(self.run, language.wiki, name)
        self.run.admit(dump_recipe(self.recipe), facts, superseded)

    def ingest(self) -> list[str]:
        """Reads every dump and finds what is cultural; returns what was wrong with them, a line each."""
        trouble: list[str] = []
        blocked: list[dict[str, int]] = []
        told: list[str] = []
        dumps = dumps_of(self.recipe)
        with Screen("ingest") as screen:
            for language in self.languages:
                found = ingest(self.run, language, dumps[language.wiki], self.blocklist, screen.pages)
                mine(self.run, language)
                trouble += trouble_of(found.dump, found.cut, found.tally)
                trouble += left_out_of(self.run, language.wiki, found.documents)
                told += [f"{language.wiki}: {line}" for line in in_words(found.documents)]
                blocked.append(found.blocked)
        self.told = [*told, *blocked_of(blocked)]
        return trouble + self._find_artifacts()

    def _find_artifacts(self) -> list[str]:
        """Finds what is cultural, before the first seed is drawn; later only `charkha artifacts` changes the order of passages.

        Returns what was wrong with SQL dumps, a line each.
        """
        plan, made = self.recipe.culture, harvest_of(self.run)
        torn = made is None and (self.run.folder / "artifacts").exists()
        drawn = any(self.run.rounds(language.wiki) for language in self.languages)
        by_hand = made is not None and made.by_hand and all(language.wiki in made.counts for language in self.languages)
        if not plan or by_hand or (drawn and not torn):
            return []
        if not plan.roots and not any(language.culture.roots for language in self.languages):
            self.told.append("artifacts: none, since no language's file names a root. Name one: culture: {roots: [EDITION:TITLE]}")
            return []
        with Screen("artifacts") as screen:
            try:
                harvest = find_artifacts(self.run, self.languages, sql_of(self.recipe), plan, screen.step)
            except NoRoot as error:
                if plan.roots:
                    raise
                self.told.append(f"artifacts: none. {error}")  # a wiki that has no such tree can be used all the same
                return []
        self.told.append(f"artifacts: {harvest.artifacts:,}, {len(harvest.lost)} losses told in artifacts/artifacts.json")
        return harvest.cut

    def generate(self) -> list[str]:
        """Writes examples; returns bugs met on the way, a line each. Rows made under other limits are decided again first."""
        limits = limits_of(self.recipe)
        if self.run.record().get("limits", limits) != limits:
            redecide(self.run, self.recipe, [language.wiki for language in self.languages])
        self.run.note("limits", limits)
        with self.run.store() as store, Screen("generate") as screen:
            stage = Generation(self.run, self.recipe, self.languages, self.tasks, store, screen.outcomes)
            try:
                asyncio.run(_with_signals(stage))
            finally:
                self.run.event("generate", bought=stage.pump.bought, reused=stage.pump.reused)
        return stage.bugs

    def export(self) -> dict[str, Any]:
        """Writes the dataset, the numbers, the card; returns the numbers."""
        from charkha.report.card import write_card

        fresh = export(self.run, self.recipe, self.languages, list(self.tasks))
        stats = write_stats(self.run, self.recipe)
        write_card(self.run, fresh)
        publish(self.run, fresh)
        return stats


async def _with_signals(stage: Generation) -> None:
    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(stage.run())

    def stop() -> None:
        if stage.pump.stopped_by is not None:
            work.cancel()
        else:
            print("\ncharkha: letting what is in flight land; once more to stop at once", file=sys.stderr)
            stage.pump.stop(Interrupted("interrupted; what is finished is safe, run the same command again to go on"))

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)
    try:
        await work
    except asyncio.CancelledError:
        raise Interrupted("stopped at once; what was answered is kept, run the same command again to go on") from None


def trouble_of(dump: str, cut: str | None, tally: dict[str, Any]) -> list[str]:
    """What was wrong with a dump, in lines."""
    lines = [f"{dump}: {cut}; what was whole is kept"] if cut else []
    lines += [f"{told}; what was whole is used" for told in tally.get("cut_tables") or []]
    twice = len(tally.get("duplicates") or [])
    if twice:
        lines.append(f"{dump}: {twice} pages came twice; their first copy was kept")
    damaged = tally.get("damaged") or []
    if damaged:
        count = len(damaged) if isinstance(damaged, list) else damaged
        names = ", ".join(map(repr, damaged[:3])) if isinstance(damaged, list) else ""
        lines.append(f"{dump}: {count} damaged pages were skipped{': ' + names if names else ''}")
    return lines


def left_out_of(run: Run, lang: str, counts: dict[str, Any]) -> list[str]:
    """A line for every document that gave no page, TOLD_ON_SCREEN at most, then where the others are told."""
    if not counts.get("lines"):
        return []
    folder = run.folder / "pages" / lang
    lines = [f"{lang}: {line}" for line in refusals(folder, TOLD_ON_SCREEN)]
    more = counts["lines"] - len(lines)
    return lines + ([f"{lang}: and {more:,} more: see {folder / LIST}"] if more > 0 else [])


def blocked_of(languages: list[dict[str, int]]) -> list[str]:
    """What the blocklist did, in one line: entries that met a page in some language, and those that met none."""
    hits = sum(map(Counter, languages), Counter[str]())
    entries = list(dict.fromkeys(entry for blocked in languages for entry in blocked))
    if not entries:
        return []
    missed = [entry for entry in entries if not hits[entry]]
    line = f"blocklist: {len(entries) - len(missed):,} of {len(entries):,} entries met a page"
    return [line + (f"; {len(missed):,} met none: {', '.join(missed[:3])}{', ...' * (len(missed) > 3)}" if missed else "")]


def run_flags(parser: argparse.ArgumentParser) -> None:
    """RECIPE, --out, --set, --supersede: what every verb that reads a recipe takes."""
    parser.add_argument("recipe", metavar="RECIPE", type=Path, help="the recipe, a YAML file")
    parser.add_argument("--out", metavar="RUN", type=Path, required=True, help="the run folder")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="change a key, e.g. targets.rows=500"
    )
    parser.add_argument(
        "--supersede", metavar="TASK", action="append", default=[], help="set a task's old rows aside, write new ones"
    )


def folder_flag(parser: argparse.ArgumentParser) -> None:
    """RUN: what every verb that reads a run folder takes, by position or by --out."""
    parser.add_argument("run", metavar="RUN", type=Path, nargs="?", help="the run folder")
    parser.add_argument("--out", metavar="RUN", type=Path, help="the same, as the other verbs take it")


def folder_of(given: argparse.Namespace) -> Path:
    """The run folder that was named either way."""
    folder: Path | None = given.run or given.out
    if folder is None:
        raise RunError("no run folder is named. Example: charkha report runs/first")
    if not (folder / "run.json").exists():
        raise RunError(f"{str(folder)!r} is no run folder (no run.json). Make one: charkha run RECIPE --out {folder}")
    return folder


@contextmanager
def opened(recipe: Recipe, out: Path) -> Iterator[Run]:
    """The run folder of a recipe, locked."""
    with Run(out, recipe.cache, recipe.state) as run:
        if run.took_over:
            print(f"charkha: took over from {run.took_over}, which did not end cleanly", file=sys.stderr)
        yield run


def recipe_of(given: argparse.Namespace) -> Recipe:
    """The recipe that was named, with its --set changes."""
    return load_recipe(given.recipe, given.set)


def recipe_in(folder: Path, overrides: list[str] | None = None) -> Recipe:
    """The resolved recipe that a run carries."""
    path = folder / "recipe.yaml"
    if not path.exists():
        raise RunError(f"{str(folder)!r} has no recipe.yaml yet. Run: charkha run RECIPE --out {folder}")
    if overrides:
        recipe = load_recipe(path, overrides)
    else:
        recipe = parse_recipe(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    languages_of(recipe)  # a language given by its path is known by its code from here on
    return recipe


def closing(
    run: Run, stats: dict[str, Any], trouble: list[str], bugs: list[str], told: Sequence[str] = ()
) -> int:
    """Prints what came out, what else was `told`, and where it lies; returns the exit code."""
    total = stats["total"]
    dropped, failed = sum(total["dropped"].values()), sum(total["failed"].values())
    print(
        f"{total['attempted']:,} attempted = {total['kept']:,} kept + {dropped:,} dropped + {failed:,} failed"
        f" + {total['pending']:,} pending"
    )
    for line in told:
        print(line)
    for name, path in (("dataset", run.folder / "dataset"), ("report", run.folder / "report.html")):
        if path.exists():
            print(f"{name + ':':<9}{path}")
    for line in trouble:
        print(f"charkha: {line}", file=sys.stderr)
    for line in bugs[:5]:
        print(f"charkha: bug in our code, please report it: {line}", file=sys.stderr)
    if not stats["balanced"]:
        print("charkha: the sums of stats.json differ; please report it with stats.json", file=sys.stderr)
        return EXIT_BUG
    if bugs:
        return EXIT_BUG
    return EXIT_UNFINISHED if trouble or total["pending"] else EXIT_DONE
