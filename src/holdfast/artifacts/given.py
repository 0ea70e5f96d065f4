"""Files that a setting names: the do-not-contact list and the contacts file."""

from pathlib import Path
from typing import Any, NamedTuple

from holdfast.contracts.identifiers import BLANKS
from holdfast.errors import SettingError
from holdfast.files import sha256_file


class GivenFile(NamedTuple):
    """A file that a setting names; None: the setting is empty."""

    path: Path | None
    setting: str

    def digest(self) -> Any:
        """The hash of the file; of a missing file, its path: the error comes when it is read."""
        if self.path is None:
            return ""
        return sha256_file(self.path) if self.path.is_file() else str(self.path)

    def lines(self, what: str) -> list[str]:
        """The stripped lines that are not blank; none where the setting is empty.

        Args:
            what: the name of the file in error messages.

        Raises:
            SettingError: the file is missing or is not UTF-8 text.
        """
        if self.path is None:
            return []
        try:
            lines = self.path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(
                f"{what} cannot be read",
                where=self.setting,
                found=f"{self.path}: {type(error).__name__}",
                expected="a UTF-8 text file with a customer_id on each line",
                next_step=f"put the file there, or set {self.setting}=null",
            ) from error
        return [line.strip(BLANKS) for line in lines if line.strip(BLANKS)]
