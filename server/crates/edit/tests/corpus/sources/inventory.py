"""Keeps stock of what a small shop sells."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Item:
    """One article in the shop."""

    name: str
    price: float
    quantity: int = 0
    tags: list[str] = field(default_factory=list)

    def total(self) -> float:
        """The value of all pieces."""
        return self.price * self.quantity

    def is_low(self, limit: int = 5) -> bool:
        return self.quantity < limit


class Inventory:
    """All articles, by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.items: dict[str, Item] = {}

    def add(self, item: Item) -> None:
        if item.name in self.items:
            raise ValueError(f"duplicate item: {item.name}")
        self.items[item.name] = item

    def remove(self, name: str) -> Item:
        if name not in self.items:
            raise KeyError(name)
        return self.items.pop(name)

    def load(self) -> None:
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as stream:
            for entry in json.load(stream):
                self.add(Item(**entry))

    def save(self) -> None:
        entries = [vars(item) for item in self.items.values()]
        text = json.dumps(entries, indent=2)
        self.path.write_text(text, encoding="utf-8")

    def report(self) -> str:
        lines = []
        for item in sorted(self.items.values(), key=lambda item: item.name):
            marker = "*" if item.is_low() else " "
            lines.append(f"{marker} {item.name:20} {item.quantity:5}")
        return "\n".join(lines)


def main() -> int:
    inventory = Inventory(Path("stock.json"))
    inventory.load()
    print(inventory.report())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
