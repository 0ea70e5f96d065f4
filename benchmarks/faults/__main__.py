"""Each file call of a `holdfast score` fails once: the list that stands stays whole, and a message says why.

    python -m benchmarks.faults                one call of each kind and file, with one error each in turn
    python -m benchmarks.faults --every 3      a third of them, from the first on (--first 1: from the second)
    python -m benchmarks.faults --write        writes the table into benchmarks/README.md

A shared library is preloaded (`shim.c`, compiled with the system's C compiler), so that calls of DuckDB, of Arrow
and of the standard library fail, too. Each try has a copy of a company whose list of the week before stands.

whole: the list of the week before is unchanged, and the new one is published with all its files or not at all.
said: exit code 1 to 7 with what, where or found, and the next step; no traceback, not "unexpected". A call whose
failure does no harm (a cache, a temporary file) ends with exit code 0.
swept: the same call, made again without a fault, publishes the list and leaves the files of an undisturbed run.
"""

import argparse
import collections
import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from benchmarks.reasons import run

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
COMPANY = ("demo.customers=300", "demo.truth_weeks=8", "demo.truth_draws=1")
TRAIN, BEFORE, DAY = "2026-04-06", "2026-05-04", "2026-05-11"
ERRORS = {
    "write": ("ENOSPC", "EIO", "EFBIG"), "fsync": ("EIO", "ENOSPC"), "truncate": ("EFBIG", "ENOSPC"),
    "open": ("EMFILE", "EACCES", "ENOSPC"), "read": ("EMFILE", "EACCES", "EIO"),
    "mkdir": ("EACCES", "ENOSPC"), "symlink": ("ENOSPC", "EACCES"), "rename": ("EIO", "EACCES", "ENOSPC"),
    "unlink": ("EACCES", "EIO"),
}  # fmt: skip
TABLES = re.compile(r"contacts|customers|surveys|tickets|transactions|usage|web_activity|order_lines|orders")
VARIABLE = re.compile(r"[0-9a-f]{12,64}|[0-9a-f]{8}(?=\W|$)|\.tmp[\w-]*|(?<=part-)\d+|\d{4,}")


class Site(NamedTuple):
    """A file call: its number within the run, its kind, and the path below the root."""

    number: int
    kind: str
    path: str


class Try(NamedTuple):
    """What came of one failed call. `text`: what was said."""

    site: Site
    error: str
    code: int
    whole: bool
    said: bool
    swept: bool
    text: str


def compile_shim(folder: Path) -> Path:
    """The shared library."""
    library = folder / "shim.so"
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("no C compiler: apt install gcc libc6-dev")
    command = [compiler, "-shared", "-fPIC", "-O2", "-w", "-o", str(library), str(HERE / "shim.c"), "-ldl"]
    subprocess.run(command, check=True)
    return library


def score(root: Path, library: Path | None = None, **fault: str) -> "subprocess.CompletedProcess[str]":
    """Make the list of DAY, with a call that fails."""
    environment = os.environ | {f"FAULT_{name.upper()}": value for name, value in fault.items()}
    if library is not None:
        environment |= {"LD_PRELOAD": str(library), "FAULT_ROOT": str(root)}
    words = [
        "score",
        f"as_of={DAY}",
        f"paths.root={root}",
        "tracking=off",
        "monitor.refuse=never",
        "threads=2",
    ]
    command = [sys.executable, "-m", "holdfast", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def files_below(root: Path) -> set[str]:
    """The files below a root but locks and caches, without what differs between runs."""
    found = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    names = (path.relative_to(root).as_posix() for path in found)
    return {name for name in names if not name.startswith(".")}


def list_is_whole(root: Path, day: str) -> bool:
    """Whether the list of a day is published with all files of its manifest, unchanged."""
    folder = root / "data" / "at_risk" / day
    if not (folder / "manifest.json").is_file():
        return False
    files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    return bool(files) and all(
        (folder / name).is_file() and hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        for name, digest in files.items()
    )


def attempt(company: Path, library: Path, site: Site, error: str, undisturbed: set[str]) -> Try:
    """Let one call fail in a copy of the company, then make the same call again without a fault."""
    with tempfile.TemporaryDirectory(prefix="holdfast-fault-") as folder:
        root = Path(folder) / "root"
        shutil.copytree(company, root, symlinks=True)
        for link in [path for path in root.rglob("*") if path.is_symlink()]:
            target = str(link.readlink())
            if target.startswith(str(company)):
                link.unlink()
                link.symlink_to(target.replace(str(company), str(root)))
        done = score(root, library, at=str(site.number), errno=str(getattr(errno, error)))
        published = (root / "data/at_risk" / DAY).exists()
        whole = list_is_whole(root, BEFORE) and list_is_whole(root, "latest")
        whole &= list_is_whole(root, DAY) if published else done.returncode != 0
        text = done.stdout + done.stderr
        block = done.stderr[done.stderr.find("holdfast: ") :]
        clear = "next:" in block and ("where:" in block or "found:" in block) and "unexpected" not in block
        said = "Traceback" not in text and (
            done.returncode == 0 or (done.returncode in range(1, 8) and clear)
        )
        again = score(root)
        left = files_below(root) ^ undisturbed
        swept = again.returncode == 0 and list_is_whole(root, DAY) and not left
        note = "" if swept else f"\nagain: {again.returncode} {again.stderr[-300:]} {sorted(left)[:4]}"
        return Try(site, error, done.returncode, whole, said, swept, block + note)


def sites_of(company: Path, library: Path, folder: Path) -> tuple[list[Site], set[str], int]:
    """One call of each kind and file, the files of an undisturbed run, and the number of all calls."""
    root, log = folder / "root", folder / "calls.log"
    shutil.copytree(company, root, symlinks=True)
    done = score(root, library, log=str(log))
    assert done.returncode == 0, done.stderr
    every = [line.split("\t", 2) for line in log.read_text(encoding="utf-8").splitlines()]
    calls = [Site(int(number), kind, path) for number, kind, path in every]
    first = {(site.kind, place(site)): site for site in reversed(calls)}
    ordered = sorted(first.values(), key=lambda site: (site.kind == "read", site.number))
    return ordered, files_below(root), len(calls)


def place(site: Site) -> str:
    """What is tried once: a file, whatever its table, date and hash; where files are read, their folder."""
    path = VARIABLE.sub("*", TABLES.sub("table", site.path))
    return path.rpartition("/")[0] if site.kind == "read" else path


def build_company(root: Path) -> None:
    """A company with a model, and the list of BEFORE."""
    run(root, "simulate", *COMPANY)
    run(root, "train", f"as_of={TRAIN}", "experiment=quick", "tracking=off")
    run(root, "score", f"as_of={BEFORE}", "tracking=off", "monitor.refuse=never")


def table(tries: list[Try]) -> Iterator[str]:
    """The table of benchmarks/README.md."""
    yield "| call | tried | list whole | said well | ended with exit 0 | swept by the next run |"
    yield "|---|--:|--:|--:|--:|--:|"
    kinds = collections.Counter(each.site.kind for each in tries)
    for kind in (*sorted(kinds), "all"):
        some = [each for each in tries if kind in (each.site.kind, "all")]
        counts = [len(some), *(sum(getattr(each, name) for each in some) for name in ("whole", "said"))]
        counts += [sum(each.code == 0 for each in some), sum(each.swept for each in some)]
        yield f"| {kind} | {' | '.join(map(str, counts))} |"


def main() -> None:
    """Try all sites, print the table and what fell short."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="how many kinds of call and file are skipped")
    parser.add_argument("--every", type=int, default=1, help="tries one of so many")
    parser.add_argument("--company", type=Path, help="the folder of the company, made if it is missing")
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/README.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-faults-") as temporary:
        folder = Path(temporary)
        company = (given.company or folder / "company").resolve()
        if not company.exists():
            build_company(company)
        library = compile_shim(folder)
        sites, undisturbed, calls = sites_of(company, library, folder)
        sites = sites[given.first :: given.every]
        print(f"{calls} calls below the root; {len(sites)} kinds of call and file are tried", flush=True)
        turn: dict[str, int] = collections.Counter()
        errors = []
        for site in sites:
            errors.append(ERRORS[site.kind][turn[site.kind] % len(ERRORS[site.kind])])
            turn[site.kind] += 1
        with ThreadPoolExecutor(2) as pool:
            jobs = [
                pool.submit(attempt, company, library, site, error, undisturbed)
                for site, error in zip(sites, errors, strict=True)
            ]
            tries = []
            for job in jobs:
                each = job.result()
                tries.append(each)
                judged = f"whole {each.whole}, said {each.said}, swept {each.swept}"
                print(
                    f"{each.site.kind} {each.site.path} {each.error}: exit {each.code}, {judged}", flush=True
                )
                if not (each.whole and each.said and each.swept):
                    print(each.text, flush=True)
        lines = "\n".join(table(tries))
        print(lines)
        if given.write:
            text = README.read_text(encoding="utf-8")
            mark = re.compile(r"(?<=<!-- faults -->\n).*?(?=<!-- /faults -->)", re.S)
            README.write_text(mark.sub(lambda _: f"\n{lines}\n\n", text), encoding="utf-8")


if __name__ == "__main__":
    main()
