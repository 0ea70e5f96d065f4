"""Generate the source of a window scan: a loop over facts with a few lines for every measure.

A generic loop would spend most of its time looking up its instructions. So the measures of a plan become the
Python code that one would write by hand for them, and Numba compiles it (`compiled.py`).
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from holdfast.features.expressions import Measure
from holdfast.features.selection import Condition, KeyRule, Selection
from holdfast.features.values import Read
from holdfast.streams.clock import ALWAYS, DAY, NEVER
from holdfast.streams.facts import Facts

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
        since: the selections used in `since_last`, in the order of the scan's `since`.
        facts: supplies the names of columns, kinds and keys; the rows are not used.
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
    pairs = dict.fromkeys(
        (condition, constant) for condition in conditions for constant in condition.constants
    )
    return {pair: index for index, pair in enumerate(pairs)}


def indent(lines: Iterable[str], depth: int) -> str:
    """Join and indent lines."""
    return textwrap.indent("\n".join(lines), "    " * depth)


class SelectionCode:
    """The code for the facts of one selection; `number` is its index among the selections."""

    def __init__(self, number: int, selection: Selection, facts: Facts, constants: Constants) -> None:
        self.selection, self.facts, self.constants = selection, facts, constants
        self.key = facts.key_names.index(selection.key) if selection.key else -1
        self.next_time = f"next_time[{number}]"

    def lines(self, measures: Sequence[Measure], since: Sequence[Selection]) -> Iterator[str]:
        """The code for one fact: test whether it is selected, then aggregate it."""
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
        """The test whether a fact is of the kinds and matches the conditions."""
        kind = f"kind[{fact}] & {self.facts.bits(self.selection.kinds)}"
        return " and ".join(
            [kind, *(self.matches(condition, fact) for condition in self.selection.conditions)]
        )

    def matches(self, condition: Condition, fact: str) -> str:
        """The test whether a fact matches one condition; null matches none."""
        column = self.column(condition.column, fact)
        indices = [self.constants[condition, constant] for constant in condition.constants]
        tests = " or ".join(f"{column} {condition.operator} constants[{index}]" for index in indices)
        return f"({column} == {column} and ({tests or False}))"

    def column(self, name: str | None, fact: str) -> str:
        """The value of a fact's column."""
        return f"numbers[{self.facts.number_names.index(name)}, {fact}]" if name else ""

    def key_rule(self) -> Iterator[str]:
        """Find the nearest selected fact with an equal key, and test whether the rule takes `fact`.

        Facts that were not yet known are skipped, so that a late row cannot leak through its neighbour.
        """
        rule = self.selection.key_rule
        link = f"{'newer' if rule == KeyRule.DISTINCT else 'older'}[{self.key}, "
        yield f"other = {link}fact]"
        yield f"while other >= 0 and (known_at[other] >= now or not ({self.selects('other')})):"
        yield f"    other = {link}other]"
        # -1: `fact` is the last (DISTINCT) or first (FIRST) of its key; a fact without the key has KEYLESS
        repeats = f"other >= 0 and time - occurred_at[other] <= {self.selection.within_days * DAY}"
        yield f"if {repeats if rule == KeyRule.REPEATED else 'other == -1'}:"

    def aggregate(self, measures: Sequence[Measure]) -> Iterator[str]:
        """Read each value of the fact once, and update the measures."""
        updated = [
            (index, measure) for index, measure in enumerate(measures) if measure.selection == self.selection
        ]
        for value in dict.fromkeys(measure.value for _, measure in updated):
            yield value.read.value.format(
                column=self.column(value.column, "fact"),
                column_of_other=self.column(value.column, "other"),
                column_of_along=self.column(value.column, "along"),
                quantity=self.column(value.quantity, "fact"),
                quantity_of_other=self.column(value.quantity, "other"),
                selects_along=self.selects("along"),
                key=self.key,
                next_time=self.next_time,
                days=value.days,
            )
            yield "if value == value:"
            for index, measure in updated:
                if measure.value == value:
                    code = measure.operation.value.format(state=f"state[{index}]", shift=f"shift[{index}]")
                    yield indent([code], 1)
        if any(measure.value.read in (Read.GAP, Read.GAP_BEYOND) for _, measure in updated):
            yield f"{self.next_time} = time"
