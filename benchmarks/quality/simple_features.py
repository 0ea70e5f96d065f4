"""Features written by hand in plain pandas, about sixty of a shop's log, and peers that learn from them.

None of Holdfast's features code is used: a fault or a weakness there must not hide in the peers as well.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.quality import subscription_features
from benchmarks.quality.questions import Case
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

WINDOWS = (14, 30, 60, 90, 180, 365)
DAY = 24 * 3600.0  # seconds
BAGS = 3

Floats = NDArray[np.float64]
Part = tuple[str, Callable[[pd.DataFrame, pd.Timestamp], pd.DataFrame]]


def predict_with_simple_features(case: Case) -> dict[str, Floats]:
    """(judge rows,) probabilities of the peers on hand-written features, by title."""
    assert case.validated is not None
    train, judge = (simple_features(case.validated, rows) for rows in (case.train, case.judge))
    churned = case.train["churned"].to_numpy()
    columns = list(train.columns[train.notna().any()])
    train, judge = train[columns], judge[columns]
    linear = make_pipeline(
        FunctionTransformer(signed_logs), StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)
    ).fit(train, churned)  # fmt: skip
    bags = [
        LGBMClassifier(
            n_estimators=300, learning_rate=0.03, num_leaves=7, min_child_samples=100, reg_lambda=10,
            colsample_bytree=0.5, subsample=0.7, subsample_freq=1, random_state=seed, n_jobs=1, verbosity=-1,
        ).fit(train, churned)
        for seed in range(BAGS)
    ]  # fmt: skip
    logistic = np.asarray(linear.predict_proba(judge))[:, 1]
    trees = expit(np.mean([logit(np.asarray(bag.predict_proba(judge))[:, 1]) for bag in bags], axis=0))
    return {
        "logistic, simple features": logistic,
        "LightGBM bags, simple features": trees,
        "average of the two": (logistic + trees) / 2,
    }


def signed_logs(frame: pd.DataFrame) -> Floats:
    """Numbers on a log scale that keeps their sign; nulls as 0."""
    values = frame.to_numpy(np.float64)
    return np.asarray(np.nan_to_num(np.sign(values) * np.log1p(np.abs(values))))


def simple_features(validated: Path, rows: pa.Table) -> pd.DataFrame:
    """The features of snapshots, in their order: one as-of date after the other.

    Args:
        validated: the folder of the mapped tables.
        rows: customer_id and as_of of each snapshot.
    """
    parts = SUBSCRIPTIONS if (validated / "subscriptions.parquet").exists() else SHOP
    tables = {
        name: pq.read_table(validated / f"{name}.parquet").to_pandas()
        for name in parts
        if (validated / f"{name}.parquet").exists()
    }
    keys = rows.select(["customer_id", "as_of"]).to_pandas()
    dated = []
    for as_of, customers in keys.groupby("as_of")["customer_id"]:
        day = pd.Timestamp(as_of)
        made = [
            make(visible(tables[name], time, day), day).reindex(customers.to_numpy())
            for name, (time, make) in parts.items()
            if name in tables
        ]
        part = pd.concat(made, axis=1)
        part.index = customers.index
        dated.append(part)
    features: pd.DataFrame = pd.concat(dated).loc[keys.index].astype(np.float64)
    return features


def visible(table: pd.DataFrame, time: str, day: pd.Timestamp) -> pd.DataFrame:
    """The rows that were known before a day, with their age in days."""
    table = table[(table["known_at"] < day) & (table[time] < day)]
    return table.assign(age=(day - table[time]).dt.total_seconds() / DAY)


def purchases(lines: pd.DataFrame) -> pd.DataFrame:
    """Recency, tenure, counts, sums, means, gaps and ratios between windows, a row a customer."""
    bought, back = lines[lines["amount"] > 0], lines[lines["amount"] <= 0]
    orders = bought.groupby(["customer_id", "transaction_id"]).agg(
        age=("age", "min"), amount=("amount", "sum"), lines=("amount", "size")
    )
    orders = orders.reset_index("customer_id").sort_values(["customer_id", "age"], ascending=[True, False])
    by_customer = orders.groupby("customer_id")
    gaps = -by_customer["age"].diff()
    gap = gaps.groupby(orders["customer_id"])
    table = pd.DataFrame({
        "recency": by_customer["age"].min(), "tenure": by_customer["age"].max(),
        "orders": by_customer.size(), "spent": by_customer["amount"].sum(),
        "mean_order": by_customer["amount"].mean(), "last_order": by_customer["amount"].last(),
        "max_order": by_customer["amount"].max(), "lines": by_customer["lines"].sum(),
        "lines_per_order": by_customer["lines"].mean(), "gap_mean": gap.mean(), "gap_median": gap.median(),
        "gap_std": gap.std(), "gap_max": gap.max(), "gap_last": gap.last(),
        "returned": -back.groupby("customer_id")["amount"].sum(),
        "returns": back.groupby("customer_id").size(),
        "weekday": bought.groupby("customer_id")["occurred_at"].max().dt.day_of_week,
    })  # fmt: skip
    if "product_id" in bought:
        table["products"] = bought.groupby("customer_id")["product_id"].nunique()
    for days in WINDOWS:
        recent = orders[orders["age"] <= days].groupby("customer_id")
        table[f"orders_{days}"] = recent.size()
        table[f"spent_{days}"] = recent["amount"].sum()
        table[f"lines_{days}"] = recent["lines"].sum()
    counted = table.columns[table.columns.str.startswith(("orders_", "spent_", "lines_", "return"))]
    table[counted] = table[counted].fillna(0)
    for short, long in ((30, 60), (60, 180), (90, 180), (180, 365)):
        for measure in ("orders", "spent"):
            table[f"{measure}_{short}_of_{long}"] = table[f"{measure}_{short}"] / (
                table[f"{measure}_{long}"] + 1
            )
    for days in (30, 60, 90):
        table[f"mean_order_{days}"] = table[f"spent_{days}"] / table[f"orders_{days}"].clip(lower=1)
    table["orders_a_month"] = table["orders"] / (table["tenure"] + 30) * 30
    table["spent_a_month"] = table["spent"] / (table["tenure"] + 30) * 30
    table["overdue"] = table["recency"] / (table["gap_mean"] + 7)
    table["overdue_max"] = table["recency"] / (table["gap_max"] + 7)
    table["overdue_tenure"] = table["recency"] / (table["tenure"] + 1)
    table["return_share"] = table["returned"] / table["spent"].clip(lower=1)
    return table


def tickets(opened: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Counts of tickets, the last one's age, the ones still open and the hours until they were resolved."""
    resolved = opened["resolved_at"].where(opened["resolved_at"] < day) if "resolved_at" in opened else None
    by_customer = opened.groupby("customer_id")
    table = pd.DataFrame({"tickets": by_customer.size(), "last_ticket": by_customer["age"].min()})
    for days in (30, 60, 90, 180):
        table[f"tickets_{days}"] = opened[opened["age"] <= days].groupby("customer_id").size()
    if resolved is not None:
        hours = (resolved - opened["opened_at"]).dt.total_seconds() / 3600
        table["open_tickets"] = resolved.isna().groupby(opened["customer_id"]).sum()
        table["resolution_hours"] = hours.groupby(opened["customer_id"]).mean()
    return table


# table → the time of its rows, and the function that makes features of those known before a day
SHOP: dict[str, Part] = {
    "transactions": ("occurred_at", lambda lines, _: purchases(lines)),
    "tickets": ("opened_at", tickets),
}
SUBSCRIPTIONS: dict[str, Part] = {
    "subscriptions": ("started_at", subscription_features.subscriptions),
    "payments": ("attempted_at", subscription_features.payments),
    "usage": ("occurred_at", lambda used, _: subscription_features.usage(used)),
    "tickets": ("opened_at", tickets),
}
