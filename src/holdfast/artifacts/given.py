"""Files that the user names in a setting: who must not be contacted, and who was contacted."""

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
        """The bytes of the file; a file that is missing is told when it is read."""
        if self.path is None:
            return ""
        return sha256_file(self.path) if self.path.is_file() else str(self.path)

    def lines(self, what: str) -> list[str]:
        """The lines that are not blank, without blanks around them; of no file: none.

        Args:
            what: names the file in an error.

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
