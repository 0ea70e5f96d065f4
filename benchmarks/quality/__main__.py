"""Holdfast's predictions beside other ways to make them: the same logs, days, rows and features.

`make bench-quality`, with ARGS="--only retail" for the questions whose titles hold a word. Each way is
trained on what was known before a day and judged by what then happened. A run over all questions writes its
tables to benchmarks/README.md.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.competition import PLACE, PROJECT
from benchmarks.report import fill, machine

from holdfast.running import show_progress
from holdfast.runtime.compiled import code_state


def main(arguments: Sequence[str] | None = None) -> None:
    """Lookup every question, and write down what the answers were worth."""
    chosen = parse(arguments)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(PLACE / "numba" / code_state()))
    # imported here: Numba reads its cache's folder when the compiled scan is first imported
    from benchmarks.quality.predictors import predictors, simple_rules
    from benchmarks.quality.questions import ask, questions
    from benchmarks.quality.shuffled import shuffled_verdict
    from benchmarks.quality.verdicts import HOLDFAST, answer, summary

    show_progress("quality")
    everything = questions()
    wanted = [one for one in everything if chosen.only.lower() in one.title.lower()]
    answers = []
    for question in wanted:
        link_retail(question.root, question.source, chosen.online_retail)
        since = time.perf_counter()
        case = ask(question)
        said = {HOLDFAST: case.probability, **simple_rules(case)}
        for name, predict in predictors(chosen.automl_seconds).items():
            say(name)
            said[name] = predict(case)
        answers.append(answer(question.title, case, said))
        say(f"{question.title}: {time.perf_counter() - since:.0f} s")
        print(summary(answers[-1:]), flush=True)
    lines = [summary(answers), f"- {shuffled_verdict(wanted[-1])}", "", machine()]
    print("\n".join(lines))
    if len(wanted) == len(everything):
        fill("quality", "\n".join(lines))


def say(text: str) -> None:
    """Progress, beside the result."""
    print(f"  {text}", file=sys.stderr, flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The settings of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="questions whose titles hold this")
    parser.add_argument("--automl-seconds", type=int, default=100, help="for FLAML, a question (default 100)")
    parser.add_argument(
        "--online-retail", type=Path, metavar="FILE", help="default: the one in data/raw/online_retail/"
    )
    return parser.parse_args(arguments)


def link_retail(root: Path, source: str, file: Path | None) -> None:
    """Put Online Retail where its source looks for it.

    Raises:
        SystemExit: there is no file.
    """
    if source != "online_retail":
        return
    file = file or next((PROJECT / "data/raw/online_retail").glob("*.*"), None)
    if file is None or not file.is_file():
        raise SystemExit("Online Retail is not there; next: make bench-quality ARGS='--online-retail FILE'")
    place = root / "data/raw/online_retail" / file.name
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        place.symlink_to(file.resolve())


if __name__ == "__main__":
    main()
