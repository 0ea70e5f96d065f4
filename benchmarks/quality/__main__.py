"""Holdfast's predictions beside other ways to make them: the same logs, days, rows and features.

`make bench-quality`, with ARGS="--only retail" for the questions whose titles hold a word. Each way is
trained on what was known before a day and judged by what then happened. Answers are stored as JSON lines, a
question at a time; ARGS="--table" writes the tables of all stored answers to benchmarks/README.md.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.competition import PLACE, PROJECT
from benchmarks.quality.verdicts import HOLDFAST, Answer, answer, summary
from benchmarks.report import fill, machine

from holdfast.files import write_text
from holdfast.running import show_progress
from holdfast.runtime.compiled import code_state

ANSWERS = PLACE / "quality" / "answers.jsonl"


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer the chosen questions, and print what the answers are worth."""
    chosen = parse(arguments)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(PLACE / "numba" / code_state()))
    # imported here: Numba reads its cache's folder when the compiled scan is first imported
    from benchmarks.quality.predictors import predictors, simple_rules
    from benchmarks.quality.questions import ask, questions
    from benchmarks.quality.shuffled import shuffled_verdict
    from benchmarks.quality.simple_features import predict_with_simple_features

    show_progress("quality")
    everything = questions()
    wanted = [one for one in everything if chosen.only.replace("_", " ").lower() in one.title.lower()]
    answers = read_answers()
    for question in () if chosen.table else wanted:
        link_retail(question.root, question.source, chosen.online_retail)
        since = time.perf_counter()
        case = ask(question)
        said = {HOLDFAST: case.probability, **simple_rules(case), **predict_with_simple_features(case)}
        for name, predict in predictors(chosen.automl_seconds).items():
            say(name)
            said[name] = predict(case)
        answers[question.title] = answer(question.title, case, said)
        write_text(ANSWERS, "\n".join(one.to_json() for one in answers.values()) + "\n")
        say(f"{question.title}: {time.perf_counter() - since:.0f} s")
        print(summary([answers[question.title]]), flush=True)
    answered = [answers[one.title] for one in everything if one.title in answers]
    lines = [f"{len(answered)} of {len(everything)} questions answered.", "", summary(answered)]
    if chosen.shuffled:
        lines.append(f"- {shuffled_verdict(wanted[-1])}")
    text = "\n".join([*lines, "", machine()])
    print(text)
    if chosen.table:
        fill("quality", text)


def read_answers() -> dict[str, Answer]:
    """The stored answers, by title: of this run and of earlier ones."""
    lines = ANSWERS.read_text().splitlines() if ANSWERS.is_file() else []
    return {one.title: one for one in map(Answer.from_json, lines)}


def say(text: str) -> None:
    """Progress, beside the result."""
    print(f"  {text}", file=sys.stderr, flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The settings of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="questions whose titles hold this")
    parser.add_argument(
        "--table", action="store_true", help="write the stored answers to benchmarks/README.md"
    )
    parser.add_argument("--shuffled", action="store_true", help="train on shuffled labels as well")
    parser.add_argument("--automl-seconds", type=int, default=0, help="of FLAML for a question (0: without)")
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
