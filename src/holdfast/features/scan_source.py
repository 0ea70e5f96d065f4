"""Generates the source of a window scan: a loop over facts in which every measure is a few lines.

A loop that reads from tables what to do spends most of its time reading them. So a plan becomes the lines of
Python that one would write by hand for just its measures, and Numba compiles those (`compiled.py`).
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from holdfast.features.expressions import Measure
from holdfast.features.selection import Condition, KeyRule, Selection
from holdfast.features.values import Read
from holdfast.streams.facts import ALWAYS, DAY, NEVER, Facts

SCAN = '''\
"""Written by holdfast.features.scan_source."""

nan = float("nan")


def scan(
    start, occurred_at, known_at, kind, numbers, newer, older,
    bounds, customer, as_of, since, constants, first, index, empty, disjoint, state, shift, next_time, out,
):
    for row in range(len(customer)):
        now = as_of[row]
        window = 0
        for measure in range(len(empty)):
            state[measure] = empty[measure]
            shift[measure] = nan
            next_time[measure] = {NEVER}
        for fact in range(start[customer[row] + 1] - 1, start[customer[row]] - 1, -1):
            if known_at[fact] >= now:  # nothing is known before it happened
                continue
            time = occurred_at[fact]
            while window < len(bounds) and time < now - bounds[window]:
                for value in range(first[window], first[window + 1]):
                    out[value, row] = state[index[value]]
                for measure in disjoint:
                    state[measure] = empty[measure]
                window += 1
{selections}
        while window <= len(bounds):
            for value in range(first[window], first[window + 1]):
                out[value, row] = state[index[value]]
            for measure in disjoint:
                state[measure] = empty[measure]
            window += 1
'''
Constants = Mapping[tuple[Condition, float | str], int]


def generate(measures: Sequence[Measure], since: Sequence[Selection], facts: Facts) -> str:
    """The source of a window scan; the same for every bucket of a stream.

    Args:
        measures: grouped by selection.
        since: the selections whose last fact others are counted since, in the order of the scan's `since`.
        facts: of which the names of columns, kinds and keys are used, not the rows.
    """
    selections = list(dict.fromkeys(measure.selection for measure in measures))
    constants = constant_indices(selections)
    code = (
        line
        for number, selection in enumerate(selections)
        for line in SelectionCode(number, selection, facts, constants).lines(measures, since)
    )
    return SCAN.format(NEVER=NEVER, selections=indent(code, 3))


def constant_indices(selections: Sequence[Selection]) -> Constants:
    """The index among the scan's `constants` of each constant that a condition compares with."""
    conditions = (condition for selection in selections for condition in selection.conditions)
    pairs = dict.fromkeys((one, constant) for one in conditions for constant in one.constants)
    return {pair: index for index, pair in enumerate(pairs)}


def indent(lines: Iterable[str], depth: int) -> str:
    """Lines further to the right."""
    return textwrap.indent("\n".join(lines), "    " * depth)


class SelectionCode:
    """The code for the facts of one selection; `number` is its index among the selections."""

    def __init__(self, number: int, selection: Selection, facts: Facts, constants: Constants) -> None:
        self.selection, self.facts, self.constants = selection, facts, constants
        self.key = facts.key_names.index(selection.key) if selection.key else -1
        self.next_time = f"next_time[{number}]"

    def lines(self, measures: Sequence[Measure], since: Sequence[Selection]) -> Iterator[str]:
        """What is done with a fact that may be selected."""
        selection, takes = self.selection, [self.selects("fact")]
        if selection.until:
            takes.append(f"not {self.column(selection.until, 'fact')} < now")
        if selection.since:
            moment = f"since[{since.index(selection.since)}, row]"
            takes.append(f"({moment} == {ALWAYS} or time > {moment})")
        yield f"if {' and '.join(takes)}:"
        keyed = selection.key_rule != KeyRule.NONE
        if keyed:
            yield indent(self.key_rule(), 1)
        yield indent(self.aggregate(measures), 2 if keyed else 1)

    def selects(self, fact: str) -> str:
        """Whether a fact is of the kinds and matches the conditions."""
        kind = f"kind[{fact}] & {self.facts.bits(self.selection.kinds)}"
        return " and ".join([kind, *(self.matches(one, fact) for one in self.selection.conditions)])

    def matches(self, condition: Condition, fact: str) -> str:
        """Whether a fact matches one condition; null matches none."""
        column = self.column(condition.column, fact)
        indices = [self.constants[condition, constant] for constant in condition.constants]
        tests = " or ".join(f"{column} {condition.operator} constants[{index}]" for index in indices)
        return f"({column} == {column} and ({tests or False}))"

    def column(self, name: str | None, fact: str) -> str:
        """A column of a fact."""
        return f"numbers[{self.facts.number_names.index(name)}, {fact}]" if name else ""

    def key_rule(self) -> Iterator[str]:
        """Find the nearest selected fact of an equal key, and whether the rule takes `fact`.

        A fact that was not yet known is stepped over, so that a late row cannot leak through its neighbour.
        """
        rule = self.selection.key_rule
        link = f"{'newer' if rule == KeyRule.DISTINCT else 'older'}[{self.key}, "
        yield f"other = {link}fact]"
        yield f"while other >= 0 and (known_at[other] >= now or not ({self.selects('other')})):"
        yield f"    other = {link}other]"
        # -1: the last (DISTINCT) or the first (FIRST) of its key; a fact without the key has KEYLESS instead
        repeats = f"other >= 0 and time - occurred_at[other] <= {self.selection.within_days * DAY}"
        yield f"if {repeats if rule == KeyRule.REPEATED else 'other == -1'}:"

    def aggregate(self, measures: Sequence[Measure]) -> Iterator[str]:
        """What the measures do with a fact that is taken: each value is read once."""
        own = [(index, one) for index, one in enumerate(measures) if one.selection == self.selection]
        for value in dict.fromkeys(measure.value for _, measure in own):
            yield value.read.value.format(
                column=self.column(value.column, "fact"),
                column_of_other=self.column(value.column, "other"),
                column_of_along=self.column(value.column, "along"),
                selects_along=self.selects("along"),
                key=self.key,
                next_time=self.next_time,
            )
            yield "if value == value:"
            for index, measure in own:
                if measure.value == value:
                    code = measure.operation.value.format(state=f"state[{index}]", shift=f"shift[{index}]")
                    yield indent([code], 1)
        if any(measure.value.read == Read.GAP for _, measure in own):
            yield f"{self.next_time} = time"
