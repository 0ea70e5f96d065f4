"""Lists of which chance held some out, and what then happened: the true effect is known."""

import numpy as np
import pandas as pd
import pyarrow as pa

SHARE = 0.8  # listed


def live(size, *, kept, driven_away, seed=0):
    """Features, draws and true effects of customers; `kept` and `driven_away` see (tickets, calls).

    Of would-be leavers `kept` stay if called, of would-be stayers `driven_away` leave.
    """
    random = np.random.default_rng(seed)
    tickets, calls = random.poisson(0.6, size), random.poisson(0.8, size)
    probability = random.uniform(0.1, 0.9, size)
    leaves = random.random(size) < probability
    listed = random.random(size) < SHARE
    turned = random.random(size) < np.where(leaves, kept(tickets, calls), driven_away(tickets, calls))
    churned = np.where(listed, leaves ^ turned, leaves)
    features = pa.table(
        {
            "churn_probability": pa.array(probability, pa.float32()),
            "tickets__opened__90d": pa.array(tickets, pa.float32()),
            "contacts__count__90d": pa.array(calls, pa.float32(), mask=random.random(size) < 0.05),
        }
    )
    drawn = pd.DataFrame(
        {
            "customer_id": [f"{place:05}" for place in range(size)],
            "churn_probability": probability,
            "churned": churned.astype(float),
            "decision": np.where(listed, "listed", "held_out"),
            "contacted": listed.astype(float),
            "share": SHARE,
            "weight": np.where(listed, 1.0, SHARE / (1 - SHARE)),
        }
    )
    truth = probability * kept(tickets, calls) - (1 - probability) * driven_away(tickets, calls)
    return features, drawn, truth
