"""What scoring, reasons and the monitor later compare with: figures of the training rows."""

from typing import NamedTuple

from holdfast.explain.attribution import peer_columns
from holdfast.explain.drivers import Drivers, explain_sample, sample_last_date
from holdfast.explain.levels import find_risky_levels
from holdfast.explain.peers import PeerGroups, build_peer_groups, recent_stayers
from holdfast.explain.texts import declared_reasons
from holdfast.model.labelled import Labelled
from holdfast.model.training import TrainingResult
from holdfast.monitor.profile import Profile
from holdfast.monitor.training_profile import profile_training


class References(NamedTuple):
    """Figures of the training rows.

    Attributes:
        profile: the distribution of each column.
        drivers: the contributions of a sample of snapshots.
        peer_groups: the customers who stayed, with whom reasons compare.
    """

    profile: Profile
    drivers: Drivers
    peer_groups: PeerGroups


def learn_references(trained: TrainingResult, labelled: Labelled, seed: int) -> References:
    """From the rows of a training and its model."""
    rows, bundle = labelled.rows, trained.bundle
    stayers = trained.with_texts(recent_stayers(rows))
    reasons = declared_reasons().values()
    levels = [name for name in bundle.columns.levels if any(one.speaks_of_level(name) for one in reasons)]
    return References(
        profile_training(trained, rows),
        explain_sample(bundle, trained.with_texts(sample_last_date(rows, seed))),
        build_peer_groups(
            stayers,
            peer_columns(bundle.columns.names, stayers.column_names),
            find_risky_levels(rows, levels),
        ),
    )
