"""One sale."""

from dataclasses import dataclass


@dataclass
class Sale:
    date: str
    region: str
    amount: float

    @classmethod
    def from_row(cls, row):
        """A sale from a row of the file; an empty field is "unknown", or 0."""
        amount = row["amount"].strip()
        region = row["region"].strip()
        return cls(row["date"], region or "unknown", float(amount) if amount else 0.0)
