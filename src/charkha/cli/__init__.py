"""The command line: the only place that prints, exits, and reads argv. One file per command; nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import signal
import sys

from charkha import __version__
from charkha.core.errors import EXIT_INTERRUPTED, EXIT_USER, CharkhaError, did_you_mean

# In the order in which one needs them.
COMMANDS = {
    "demo": "everything, on the bundled dump, without a model: see what comes out",
    "run": "everything, by a recipe: dump to dataset, resumed where it stopped",
    "blocklist": "a benchmark's files become the list of pages to leave out",
    "download": "a Wikipedia's dump files: resumed, verified, a few at a time",
    "ingest": "a dump, or documents of your own, become pages and passages",
    "artifacts": "what is cultural: category trees walked, joined over languages, weighed",
    "names": "a wiki's suffixes and names, mined from its links",
    "passages": "what the passages offer; with --plan, whether it is enough for a recipe",
    "generate": "passages become examples; every reply is kept",
    "filter": "decide again with other limits; buys nothing",
    "export": "kept rows become the dataset with its card and attribution",
    "report": "the run on one page: retention, reasons, samples",
    "languages": "list the languages; each is one file",
    "tasks": "list the tasks; each is one file",
    "prompt": "print the exact messages of a task in a language",
    "why": "an example's passage, prompt, raw reply, every check and reason",
    "doctor": "what is installed, what is missing for what, how to get it",
}


def help_text() -> str:
    """One screen: the verbs in pipeline order."""
    width = max(map(len, COMMANDS))
    verbs = "\n".join(f"  {name:<{width}}  {line}" for name, line in COMMANDS.items())
    return (
        "usage: charkha COMMAND [options]\n\n"
        "Spins a language's own Wikipedia into culturally grounded instruction data.\n\n"
        f"{verbs}\n\n"
        "charkha COMMAND --help explains a command. Start with: charkha demo\n"
        "Exit: 0 done, 2 something to mend, 3 stopped with work left or failures listed, 130 interrupted."
    )


class Parser(argparse.ArgumentParser):
    """Argument errors in the house's form: one line, exit 2."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Raises what `main` prints."""
        raise CharkhaError(f"{self.prog}: {message}. See: {self.prog} --help")


def _prepare() -> None:
    """SIGTERM ends like Ctrl-C; a terminal that knows no Devanagari gets escapes, not a crash."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main(argv: list[str] | None = None) -> int:
    """Runs a command and returns its exit code; a user's mistake is one line, never a traceback."""
    arguments = sys.argv[1:] if argv is None else argv
    _prepare()
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(help_text())
        return 0
    if arguments[0] in ("-V", "--version"):
        print(f"charkha {__version__}")
        return 0
    name, rest = arguments[0], arguments[1:]
    try:
        if name not in COMMANDS:
            raise CharkhaError(f"unknown command {name!r}.{did_you_mean(name, COMMANDS)} See: charkha --help")
        module = importlib.import_module(f"charkha.cli.{name}")
        parser = Parser(
            prog=f"charkha {name}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.arguments(parser)
        return int(module.command(parser.parse_args(rest)))
    except CharkhaError as error:
        print(f"charkha: {' '.join(str(error).split())}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("charkha: interrupted; what is finished is safe, run the same command again to go on", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `charkha languages | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a path that cannot be: too long, under a file, in /proc
        print(f"charkha: {error.strerror}: {error.filename!r}. Name a folder that can be written.", file=sys.stderr)
        return EXIT_USER
    except RecursionError:
        print("charkha: the input is nested too deeply to be read. Look at it.", file=sys.stderr)
        return EXIT_USER
