"""Summaries of the stages about a model: train, explain, monitor, audit."""

from holdfast.artifacts.audits import Audit
from holdfast.artifacts.explanations import IMPORTANCE, Explanations
from holdfast.artifacts.models import Model
from holdfast.artifacts.monitor import RESULTS, MonitorFindings
from holdfast.reports.outcome_words import replayed_in_words
from holdfast.reports.words import number, share
from holdfast.runtime.context import RunContext
from holdfast.snapshots.churn import Inactivity
from holdfast.summaries.layout import FIGURES, Parts, figures, paths, read_rows, table
from holdfast.timeline.choices import describe_fit


def of_train(context: RunContext, model: Model) -> Parts:
    """The grade, and the test metrics beside those of the baselines."""
    card = model.card()
    rows = [("model", *figures(card["metrics"]["test"]))]
    rows += [(name.replace("_", " "), *figures(metrics)) for name, metrics in card["baselines"].items()]
    dates = [date["as_of"] for date in card["timeline"]["grid"] if date["role"] == "test"]
    yield f"Grade {card['grade']}: {card['grade_text']}"
    yield replayed_in_words(card)
    if active := card.get("still_active"):
        gone = share(active["lapsed"] / (active["lapsed"] + active["rows"]))
        yield f"AUC {figures(active)[0]} of customers still active; {gone} of the test had lapsed"
    test = f"test as of {', '.join(dates)}" if dates else "test on other customers"
    yield table(None, [test, *FIGURES.values()], rows)
    if (sampled := card["sample"]["customer_share"]) < 1:
        weight = f"a row stands for {card['sample']['weight']:.1f}"
        yield f"trained on {sampled:.1%} of the customers, drawn by chance; {weight} (timeline.max_rows)"
    if (why := card.get("involuntary")) and why["churned"]:
        aucs = " and ".join(number(why[f"auc_{kind}"]) for kind in ("involuntary", "voluntary"))
        yield (
            f"{why['involuntary']:,} of {why['churned']:,} left because a payment failed; AUC of them and of "
            f"those who decided to go {aucs}"
        )
    if "achievable_auc" in card:
        yield (
            f"best achievable AUC on this test {card['achievable_auc']:.3f}: "
            f"the model reaches {card['share_of_achievable_gini']:.0%} of its Gini"
        )
    yield from (f"warning: {text}" for text in card["warnings"])
    churn = context.config.churn
    if card.get("choices") and isinstance(churn, Inactivity):
        yield describe_fit(card["choices"], (churn.horizon_days, churn.active_within_days))
    yield f"{card['gate']['decision']:<15}{'; '.join(card['gate']['reasons'])}"
    yield paths("model", model.folder, context)


def of_explain(context: RunContext, explanations: Explanations) -> Parts:
    """The most important features."""
    del context
    rows = [
        (row["feature"], f"{float(row['mean_abs_contribution']):.3f}", row["reason_code"])
        for row in read_rows(explanations.folder / IMPORTANCE)[:10]
    ]
    yield table("Feature importance", ["feature", "mean contribution (log-odds)", "reason"], rows)
    yield f"explanations   {explanations.folder}"


def of_monitor(context: RunContext, findings: MonitorFindings) -> Parts:
    """The verdict with its reasons, and the results of earlier scoring runs."""
    manifest = findings.manifest
    yield f"{manifest['verdict'].upper()}: {manifest['meaning']}"
    for reason in manifest["reasons"]:
        yield f"{reason['level']:<15}{reason['what']}"
        if reason["next_step"]:
            yield f"{'':<15}next: {reason['next_step']}"
    rows = [
        (
            row["as_of"], row["model_version"], f"{int(row['rows']):,}", f"{float(row['predicted']):.1%}",
            f"{float(row['observed']):.1%}", f"{float(row['auc']):.3f}" if row["auc"] else "–",
            "" if row["fair"] == "True" else "trained on these outcomes",
        )
        for row in read_rows(findings.folder / RESULTS)
        if row["group"] == "all"
    ]  # fmt: skip
    if rows:
        heads = ["scored as of", "model", "customers", "predicted", "churned", "AUC", ""]
        yield table("Results of earlier scores", heads, rows)
    yield paths("monitor", findings.folder, context)


def of_audit(context: RunContext, audit: Audit) -> Parts:
    """The size of the comparison, and the findings."""
    content = audit.content()
    counts, dates = content["counts"], list(content["dates"])
    yield (
        f"{counts['columns']:,} features of {counts['rows']:,} snapshots as of {', '.join(dates)}: "
        "bit-identical with the future deleted and with the future randomised"
    )
    rows = [
        (item["table"], ", ".join(item["columns"][:3]) or "–", item["severity"], item["found"])
        for item in content["findings"]
    ]
    if rows:
        yield table("Other findings", ["table", "column", "severity", "found"], rows)
    yield paths("audit", audit.folder, context)
