"""The walk of a plan, written out as a function: every measure a statement, nothing left to look up.

A loop that reads what to do from tables spends most of its time reading them. So the plan becomes the few
lines of Python that one would write by hand for just these measures, and Numba compiles those. They are kept
in Numba's cache folder under the name of their hash, so the next run loads what was compiled. A handful of
facts is walked by the same lines without compiling them, which takes seconds.
"""

import functools
import hashlib
import importlib.util
import os
import sys
import textwrap
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

from holdfast.features import values
from holdfast.features.measures import Measure, Selection
from holdfast.features.values import DISTINCT, EVERY, REPEATED
from holdfast.files import write_text
from holdfast.streams.facts import ALWAYS, DAY, NEVER, Facts

# `_nrt`: it allocates nothing, so references to arrays need no counting, which takes longer than the work
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
FRAME = '''\
"""Written by holdfast.features.kernel."""

nan = float("nan")


def walk(
    start, occurred_at, known_at, kind, numbers, newer, older,
    edges, customer, as_of, limits, first, place, empty, apart, held, reference, last, out,
):
    for row in range(len(customer)):
        now = as_of[row]
        edge = 0
        for one in range(len(empty)):
            held[one] = empty[one]
            reference[one] = nan
            last[one] = {NEVER}
        for fact in range(start[customer[row] + 1] - 1, start[customer[row]] - 1, -1):
            if known_at[fact] >= now:  # nothing is known before it happened
                continue
            time = occurred_at[fact]
            while edge < len(edges) and time < now - edges[edge]:
                for cell in range(first[edge], first[edge + 1]):
                    out[cell, row] = held[place[cell]]
                for one in apart:
                    held[one] = empty[one]
                edge += 1
            what = kind[fact]
{selections}
        while edge <= len(edges):
            for cell in range(first[edge], first[edge + 1]):
                out[cell, row] = held[place[cell]]
            for one in apart:
                held[one] = empty[one]
            edge += 1
'''

WORTH_COMPILING = 3_000_000  # sightings × measures: a second as they are; compiling takes several

lock = threading.Lock()
worked: Counter[str] = Counter()  # what each source has had to do so far in this process


def walker(source: str, work: int) -> Callable[..., None]:
    """The function that some source (`write`) is: compiled if it was before, or once there is enough to do.

    Both ways say the same to the bit.

    Args:
        work: about how many sightings × measures it will be given.
    """
    with lock:
        worked[source] += work
        kept = kept_at(source)
        if worked[source] > WORTH_COMPILING or (kept and kept.is_file()):
            return _compiled(source)
        return _plain(source)


def kept_at(source: str) -> Path | None:
    """Where a source is kept for Numba; None: nowhere."""
    cache = os.environ.get("NUMBA_CACHE_DIR")
    return Path(cache) / f"walk_{hashlib.sha256(source.encode()).hexdigest()[:16]}.py" if cache else None


@functools.cache
def _plain(source: str) -> Callable[..., None]:
    names: dict[str, Callable[..., None]] = {}
    exec(compile(source, "<walk>", "exec"), names)
    return names["walk"]


@functools.cache
def _compiled(source: str) -> Callable[..., None]:
    path = kept_at(source)
    if path is None:
        function: Callable[..., None] = numba.njit(**OPTIONS)(_plain(source))
        return function
    if not path.is_file() or path.read_text(encoding="utf-8") != source:
        write_text(path, source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # where Numba looks for it when it loads what was compiled
    spec.loader.exec_module(module)
    function = numba.njit(cache=True, **OPTIONS)(module.walk)
    return function


def write(measures: Sequence[Measure], limits: Sequence[Selection], facts: Facts) -> str:
    """The source of the walk.

    Args:
        measures: those of one selection together.
        limits: the selections that bound others, in the order of the walk's `limits`.
        facts: whose columns, kinds and keys the measures go by (their names; not their rows).
    """
    selections = dict.fromkeys(measure.selection for measure in measures)
    lines = [
        line
        for number, selection in enumerate(selections)
        for line in selection_lines(number, selection, measures, limits, facts)
    ]
    return FRAME.format(NEVER=NEVER, selections=textwrap.indent("\n".join(lines), " " * 12))


def selection_lines(
    number: int, selection: Selection, measures: Sequence[Measure], limits: Sequence[Selection], facts: Facts
) -> Iterator[str]:
    """What is done with a fact that may belong to a selection.

    One that compares looks along the links for the nearest visible fact of its kinds. One that was not yet
    known is stepped over, so that a late row cannot leak through its neighbour.
    """
    mask, depth = facts.bits(selection.kinds), 1
    key = facts.key_names.index(selection.key) if selection.key else -1
    conditions = [f"what & {mask}"]
    if selection.until:
        conditions.append(f"not numbers[{facts.number_names.index(selection.until)}, fact] < now")
    if selection.later_than:
        limit = f"limits[{limits.index(selection.later_than)}, row]"
        conditions.append(f"({limit} == {ALWAYS} or time > {limit})")
    yield f"if {' and '.join(conditions)}:"
    if selection.mode != EVERY:
        link = "newer" if selection.mode == DISTINCT else "older"
        yield f"    other = {link}[{key}, fact]"
        yield f"    while other >= 0 and (known_at[other] >= now or not kind[other] & {mask}):"
        yield f"        other = {link}[{key}, other]"
        # -1: the newest (DISTINCT) or the oldest (FIRST) of its key stands for all; KEYLESS is neither
        repeats = f"other >= 0 and time - occurred_at[other] <= {selection.within_days * DAY}"
        yield f"    if {repeats if selection.mode == REPEATED else 'other == -1'}:"
        depth = 2
    own = [(place, measure) for place, measure in enumerate(measures) if measure.selection == selection]
    for line in measure_lines(number, own, mask, key, facts):
        yield "    " * depth + line


def measure_lines(
    number: int, own: Sequence[tuple[int, Measure]], mask: int, key: int, facts: Facts
) -> Iterator[str]:
    """What the measures of a selection do with a fact that it takes: each source is read once."""
    for source, relation in dict.fromkeys((measure.source, measure.relation) for _, measure in own):
        readers = [(at, one) for at, one in own if (one.source, one.relation) == (source, relation)]
        column = -1 if isinstance(source, int) else facts.number_names.index(source)
        yield from values.reading(source, relation, column, number, mask, key)
        yield "if value == value:"
        for place, measure in readers:
            for line in values.folding(place, measure.operation):
                yield f"    {line}"
    if any(measure.source == values.GAP for _, measure in own):
        yield f"last[{number}] = time"
