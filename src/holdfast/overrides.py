"""One override of a call in Hydra's syntax, and which of Hydra's own settings can be given."""

import re

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from holdfast.errors import SettingError

SUPPORTED = (
    "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.sweeper.max_batch_size", "hydra.launcher.n_jobs",
)  # fmt: skip
LAUNCHERS = ("basic", "joblib")
REFUSED = {
    "hydra/launcher": "basic runs job after job, joblib several at a time; others need machines of their own",
    "hydra.sweeper.params": "name the values in the call: -m key=a,b",
    "hydra/sweeper": "list the values (-m key=a,b); for a search of the model's settings: tuning=quick",
    "hydra/job_logging": "Holdfast writes what goes on to stderr",
    "hydra/hydra_logging": "Holdfast writes what goes on to stderr",
    "hydra.searchpath": "name your folder with --config-dir: its files replace the shipped ones",
    "hydra.mode": "give -m for a sweep",
}


def to_hydra_syntax(override: str, *, many: bool = False) -> str:
    """An override in Hydra's syntax: values that its grammar cannot parse, such as paths, get quotes.

    A dotted key gets `++`, because the file may omit it; the schema later checks that the setting exists.

    Args:
        many: whether comma-separated values are a sweep.
    """
    key, given, value = override.partition("=")
    if not given and not key.startswith("~"):
        raise SettingError(
            f"'{override}' is not key=value", next_step="holdfast STAGE --help shows the settings"
        )
    plain = key.lstrip("+~")
    launcher = plain == "hydra/launcher" and value in LAUNCHERS
    if re.match(r"hydra\b", plain) and plain not in SUPPORTED and not launcher:
        refused = next((why for name, why in REFUSED.items() if plain.startswith(name)), None)
        raise SettingError(
            f"'{plain}' is not supported",
            where=override,
            expected=f"of Hydra's own settings: {', '.join(SUPPORTED)}",
            next_step=refused or "leave it out",
        )
    if re.fullmatch(r"\w+(\.\w+)+", key) and plain not in SUPPORTED:
        key = f"++{key}"
    if not given:
        return key
    try:
        parsed = OverridesParser.create().parse_override(f"{key}={value}")
        needs_quotes = not many and parsed.is_sweep_override()
    except HydraException:
        needs_quotes = True
    quoted = value.replace("'", "\\'")
    return f"{key}='{quoted}'" if needs_quotes else f"{key}={value}"
