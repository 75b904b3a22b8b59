"""The budget of a source for one UTC day, stored so that a killed run cannot spend it twice.

Before a request is sent, the lake's note says that its worst price is spent; when the answer has come, it says what the
answer cost. A request whose answer was lost stays at its worst price. The day is that of the requests, not of the
snapshots: a night that takes three days spends one ceiling. Money is counted in mills, thousandths of a dollar.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from clout.errors import InvalidInput
from clout.lake.partitions import Lake


class Budget:
    """The money of one source on one day."""

    def __init__(self, lake: Lake, platform: str, day: date, ceiling_usd: float) -> None:
        self.ceiling = int(Decimal(str(ceiling_usd)) * 1000)
        self._lake, self._note = lake, f"spent/{platform}/{day.isoformat()}.json"
        self.spent = self._read()

    @property
    def left(self) -> int:
        """What may still be spent; never below 0."""
        return max(0, self.ceiling - self.spent)

    def reserve(self, mills: int) -> None:
        """Note that so much is spent, before the request that may cost it."""
        if mills > self.left:
            raise ValueError(f"{mills} mills are more than the {self.left} that are left")
        self._write(self.spent + mills)

    def give_back(self, mills: int) -> None:
        """Note that an answer cost so much less than was reserved; more than that (mills below 0) is noted as well."""
        if mills:
            self._write(self.spent - mills)

    def _read(self) -> int:
        try:
            return int((self._lake.checksums.read_note(self._note) or {"mills": 0})["mills"])
        except (ValueError, LookupError, TypeError) as error:
            raise InvalidInput(
                f'{self._lake.location(self._note)}: does not say what was spent; write {{"mills": …}} into it'
            ) from error

    def _write(self, mills: int) -> None:
        self._lake.checksums.write_note(self._note, {"mills": mills}, twice=True)
        self.spent = mills
