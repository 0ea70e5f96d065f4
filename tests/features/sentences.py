"""From a customer's facts to the sentence that a reason states about them, for the specs of families."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml  # type: ignore[import-untyped]  # comes with Hydra, publishes no types
from tests.features.logs import Row, features

from holdfast.explain.figures import Statements
from holdfast.explain.peers import Peers
from holdfast.explain.reasons import true_text
from holdfast.explain.texts import Texts
from holdfast.features.reasons import Group

REASON_FILES = Path(__file__).parents[2] / "conf" / "outreach" / "reasons"
LANGUAGES = sorted(path.stem for path in REASON_FILES.glob("*.yaml"))
TEXTS = {
    language: Texts(yaml.safe_load((REASON_FILES / f"{language}.yaml").read_text(encoding="utf-8")))
    for language in LANGUAGES
}
DAY = 400  # the as-of date of a spec, counted as `logs.day` counts

Tables = Mapping[str, Sequence[Row]]
Features = Mapping[str, float]


def says(code: str, sentence: str, *, of: Tables, not_of: Tables) -> None:
    """A reason states a sentence of one customer, and nothing of another one, in any language.

    Each of the two is all that the other is compared with. Of a neutral reason, the other one gets the text
    without figures.

    Args:
        of, not_of: their facts, as tables of rows (`logs.purchases` and others).
    """
    one, other = compute_both(of, not_of)
    says_by_features(code, sentence, of=one, not_of=other)


def says_by_features(code: str, sentence: str, *, of: Features, not_of: Features) -> None:
    """The same from features by name, for those that are not computed from facts."""
    found = stated(code, of, peer=not_of)
    assert found == sentence, f"{code} states '{found}' of a customer of whom '{sentence}' is true"
    for language, texts in TEXTS.items():
        assert stated(code, of, peer=not_of, language=language) is not None, language
        wrong = stated(code, not_of, peer=of, language=language)
        general = texts.sentences[code][-1] if Statements([]).reason(code).neutral else None
        assert wrong == general, f"{code} states '{wrong}' of a customer of whom it is not true"


def stated(code: str, customer: Features, *, peer: Features, language: str = "en") -> str | None:
    """The sentence that a reason states of a customer; None: none of its texts is true."""
    statements = Statements({**customer, **peer})
    return true_text(code, customer, peers_like(peer), TEXTS[language], statements)


def peers_like(peer: Features) -> Peers:
    """Comparable customers, in every group one of them."""
    known = {column: np.array([float(value)]) for column, value in peer.items() if not np.isnan(value)}
    return Peers(dict.fromkeys(Group, known))


def compute_both(of: Tables, not_of: Tables) -> tuple[dict[str, Any], dict[str, Any]]:
    """The features of two customers on one day; a third one's facts lie at the beginning of every table."""
    tables = {
        name: [
            {**row, "customer_id": who}
            for who, rows in (("a", of), ("b", not_of))
            for row in rows.get(name, ())
        ]
        for name in dict.fromkeys((*of, *not_of))
    }
    frame = features(tables, DAY).select_dtypes("number")
    return tuple(frame.xs(who).iloc[0].to_dict() for who in ("a", "b"))  # type: ignore[return-value]
