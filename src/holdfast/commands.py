"""The commands of `holdfast`, a line each; apart from `pipeline.py`, whose imports take a second."""

COMMANDS = {
    "simulate": "writes a demo company's raw tables",
    "validate": "raw → validated and rejected, with a data report",
    "features": "snapshots, labels, features",
    "train": "trains, evaluates, compares the challenger with the baselines and the champion, registers",
    "explain": "global and per-customer SHAP of a model at an as_of",
    "score": "scores one as_of, writes the at-risk list",
    "outcomes": "the results of an earlier list",
    "retention": "rates, revenue, cohorts, segments, voice of the customer, goals",
    "monitor": "drift of inputs, scores and results",
    "audit": "proves on the user's own data that no feature sees the future",
}
TOOLS = {
    "config": "shows the settings of a call, and where each comes from",
    "doctor": "checks that all a run needs is there",
    "ui": "opens MLflow's pages on the runs of a root (port=5000)",
}
SECTIONS = {
    "Try it": ("simulate",),
    "Learn": ("validate", "features", "train", "audit"),
    "Act": ("score", "explain"),
    "Look back": ("outcomes", "retention", "monitor"),
    "Look around": ("config", "doctor", "ui"),
}

# What people change, by the beginning of a setting's name; `--help-all` shows every setting.
COMMON = (
    "as_of", "experiment", "source", "churn", "timeline.snapshots", "timeline.contacted_policy",
    "features.windows_days", "model.n_bags", "model.learning_rate", "model.num_leaves", "model.text",
    "tuning", "gate.auc_margin", "gate.allow_less_data", "language", "outreach.margin",
    "outreach.contact_cost", "outreach.capacity", "outreach.capacity_share", "outreach.holdout_share",
    "outreach.cool_down_days", "outreach.do_not_contact", "list_date", "contacts_file", "monitor.refuse",
    "retention",
    "audit.max_customers", "contracts", "seed", "threads", "force", "tracking", "demo.customers",
    "demo.days", "paths.root", "paths.local",
)  # fmt: skip
EVERYWHERE = (
    "experiment",
    "tracking",
    "threads",
    "force",
    "paths.root",
    "paths.local",
)  # those that no stage declares
