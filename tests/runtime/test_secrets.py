"""Secrets: an address with a password is in no stage's declared settings, so in no manifest."""

import json

from holdfast.config import load_config
from holdfast.pipeline import STAGES
from holdfast.runtime.settings import declared_values

PLANTED = "s3cret-word"


def test_no_address_of_a_store_or_sink_gets_into_a_manifest() -> None:
    address = f"postgresql://user:{PLANTED}@db.example.org/x"
    config = load_config([f"tracking.uri={address}", f"outreach.database.url={address}", "source=demo"], None)
    assert PLANTED in config.outreach.database.url.get_secret_value()  # type: ignore[union-attr]  # it is set
    for stage in STAGES:
        assert PLANTED not in json.dumps(declared_values(config, stage.settings)), stage.name
