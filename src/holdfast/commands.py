"""The commands of `holdfast`, a line each; apart from `pipeline.py`, whose imports take a second."""

COMMANDS = {
    "simulate": "writes a demo company's raw tables",
    "validate": "raw → validated and rejected, with a data report",
    "features": "snapshots, labels, features",
    "train": "trains, evaluates, holds the challenger against the baselines and the champion, registers",
    "explain": "global and per-customer SHAP of a model at an as_of",
    "score": "scores one as_of, writes the at-risk list",
    "outcomes": "what became of an earlier list",
    "monitor": "drift of inputs, scores and results",
    "audit": "proves on the user's own data that no feature sees the future",
}
