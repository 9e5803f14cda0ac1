"""One sale."""

from dataclasses import dataclass


@dataclass
class Sale:
    date: str
    region: str
    amount: float

    @classmethod
    def from_row(cls, row):
        """A sale from a row of the file; an empty field is nothing."""
        amount = row["amount"].strip()
        region = row["region"].strip()
        return cls(row["date"], region or None, float(amount) if amount else None)
