"""The floor: what any way must at least do, one scan with a group-by and writing the result.

The features themselves are taken from what Holdfast wrote, and reading them is not timed.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import duckdb
import pyarrow.parquet as pq
from benchmarks.peers.task import Clock, Task, main

from holdfast.artifacts.features import write_part

SCAN = """
SELECT customer_id, count(*), sum(amount), min(occurred_at), max(occurred_at), max(known_at)
FROM read_parquet('{log}') GROUP BY customer_id
"""


def run(task: Task, clock: Clock) -> None:
    """One scan of the log, then every file of Holdfast's features written again."""
    with clock.part("scan"), duckdb.connect(config={"threads": task.threads}) as connection:
        connection.execute(f"CREATE TABLE totals AS {SCAN.format(log=task.log)}")
    if task.written is None:
        return
    files = sorted(task.written.glob("*.parquet"))
    places = range(len(files))
    with ThreadPoolExecutor(task.threads) as pool:
        for at in range(0, len(files), task.threads):
            with clock.stopped():
                tables = [pq.read_table(file, partitioning=None) for file in files[at : at + task.threads]]
            with clock.part("writing"):
                list(pool.map(partial(write_part, task.out), places[at : at + task.threads], tables))


if __name__ == "__main__":
    main(run)
