"""Trouble with a night's input, from outside: refused, published with a banner, or missed.

    python -m benchmarks.nights                 28 quiet nights, then each kind of trouble on the last one
    python -m benchmarks.nights --nights 3 --only consent

Every kind begins with a copy of the same root: a trained model and the lists of the nights before. Fails if a
quiet night is refused, or if a kind is neither refused (exit 3 or 4) nor named on the list's banner.
"""

import argparse
import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas as pd
from benchmarks.nights.company import LAST_DAY, Called, holdfast, make_orders, write_company, write_night
from benchmarks.nights.troubles import TROUBLES, Trouble

from holdfast.files import read_json

TOP = 50  # customers at the head of the list
REFUSED = (2, 3, 4)


class Result(NamedTuple):
    """What a night with trouble came to.

    Attributes:
        banner: the notices in the manifest.
        shared: of the first 50 of the honest list, those in the first 50 of this one; None: unknown.
        opted_out: customers on the list who had said no.
        verdict: `refused`, `named`, `said nothing`, or what is wrong.
    """

    trouble: Trouble
    code: int
    banner: tuple[str, ...]
    shared: int | None
    opted_out: int
    verdict: str
    said: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the root, live through quiet nights, then try every kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nights", type=int, default=28, help="quiet nights before the last one")
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--folder", type=Path, help="kept afterwards; a root that stands there is used again")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        failed = 0
        if not (folder / "before").exists():
            failed = quiet_nights(folder / "before", given.nights)
        for trouble in TROUBLES:
            if given.only in trouble.name:
                result = run_trouble(folder, trouble, honest_night(folder))
                failed += result.verdict not in ("refused", "named", "said nothing")
                show(result)
    return 1 if failed else 0


def quiet_nights(root: Path, nights: int) -> int:
    """Train, and score every night but the last; returns how many were refused."""
    first = LAST_DAY - dt.timedelta(days=nights)
    orders, refused = make_orders(), 0
    write_company(root, first)
    called = holdfast(root, "train", first - dt.timedelta(days=14))
    assert called.code == 0, called.said
    for number in range(nights + 1):
        day = first + dt.timedelta(days=number)
        write_night(root, day, orders)
        if number < nights:
            called = holdfast(root, "score", day + dt.timedelta(days=1))
            banner = banner_of(root, day) if called.code == 0 else (last_words(called),)
            refused += called.code != 0
            print(f"{day}  exit {called.code}  {' | '.join(banner) or 'no banner'}", flush=True)
    return refused


def honest_night(folder: Path) -> Path:
    """The root after a night without trouble."""
    honest = folder / "honest"
    if not honest.exists():
        shutil.copytree(folder / "before", honest, symlinks=True)
        called = holdfast(honest, "score", LAST_DAY + dt.timedelta(days=1))
        assert called.code == 0, called.said
    return honest


def run_trouble(folder: Path, trouble: Trouble, honest: Path | None = None) -> Result:
    """One kind of trouble on a copy of the root; `honest`: the root after a night without it."""
    root = folder / "trouble"
    shutil.copytree(folder / "before", root, symlinks=True)
    people = pd.read_csv(root / "raw" / "customers.csv", dtype=str)
    refused = {*people.loc[people["may_contact"] == "no", "customer"], *(root / "no.txt").read_text().split()}
    trouble.apply(root, LAST_DAY)
    called = holdfast(root, "score", LAST_DAY + dt.timedelta(days=1))
    result = judge_refusal(trouble, called) if called.code else judge_list(trouble, root, honest, refused)
    shutil.rmtree(root)
    return result


def judge_refusal(trouble: Trouble, called: Called) -> Result:
    """A night without a list."""
    said = last_words(called)
    verdict = "refused" if called.code in REFUSED and "unexpected" not in said else "BROKEN"
    if trouble.expected == "nothing":
        verdict = "REFUSED, HARMLESS"
    elif not any(word in said for word in trouble.words):
        verdict += ", NOT NAMED"
    return Result(trouble, called.code, (), None, 0, verdict, said)


def judge_list(trouble: Trouble, root: Path, honest: Path | None, refused: set[str]) -> Result:
    """A night with a list."""
    banner, listed = banner_of(root, LAST_DAY), listed_in(root)
    shared = None if honest is None else len(set(listed[:TOP]) & set(listed_in(honest)[:TOP]))
    if trouble.expected == "nothing":
        verdict = "NAMED, HARMLESS" if banner else "said nothing"
    else:
        named = any(word in " ".join(banner) for word in trouble.words) and said_in_workbook(root, banner)
        verdict = "named" if named else "MISSED"
    return Result(trouble, 0, banner, shared, len(refused & set(listed)), verdict, "")


def list_folder(root: Path, day: dt.date) -> Path:
    """The folder of the list that is published on the day after `day`."""
    return root / "data" / "at_risk" / str(day + dt.timedelta(days=1))


def banner_of(root: Path, day: dt.date) -> tuple[str, ...]:
    """The notices in the manifest of the list that is published on the day after `day`."""
    return tuple(read_json(list_folder(root, day) / "manifest.json")["banner"])


def listed_in(root: Path) -> list[str]:
    """The customers on the last list, in its order."""
    listed = pd.read_csv(list_folder(root, LAST_DAY) / "at_risk.csv", dtype=str)
    return listed["customer_id"].to_list()


def said_in_workbook(root: Path, banner: tuple[str, ...]) -> bool:
    """Whether page and workbook carry the notices."""
    folder = list_folder(root, LAST_DAY)
    page = (folder / "report.html").read_text(encoding="utf-8")
    first = openpyxl.load_workbook(folder / "at_risk.xlsx", read_only=True).worksheets[0]
    return 'class="notices"' in page and [row[0].value for row in first.iter_rows()] == list(banner)


def last_words(called: Called) -> str:
    """The error block of a command."""
    return called.said[called.said.rfind("holdfast: ") :].strip()


def show(result: Result) -> None:
    """One line, and what was said."""
    harm = (
        "no list"
        if result.shared is None
        else f"{result.shared} of {TOP} shared, {result.opted_out} opted out"
    )
    print(f"{result.verdict:<14}exit {result.code}  {result.trouble.name:<40}{harm}")
    for line in (*result.banner, *result.said.splitlines()[:4]):
        print(f"              {line[:170]}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
