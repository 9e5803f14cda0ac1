"""A shopping basket. Prices are whole cents."""

from dataclasses import dataclass, field


@dataclass
class Line:
    """One article in the basket."""

    name: str
    price: int
    quantity: int = 1

    def total(self):
        """The price of all pieces; ten or more are 10 % cheaper, rounded down to a cent."""
        full = self.price * self.quantity
        if self.quantity >= 10:
            return full * 90 // 100
        return full


@dataclass
class Basket:
    """What the customer wants to buy."""

    lines: list = field(default_factory=list)

    def add(self, name, price, quantity=1):
        """Adds pieces; an article that is there already gets more of them."""
        for line in self.lines:
            if line.name == name:
                line.quantity += quantity
                return
        self.lines.append(Line(name, price, quantity))

    def remove(self, name, quantity=1):
        """Takes pieces out; a line without pieces goes. KeyError where there is no such article."""
        for line in self.lines:
            if line.name == name:
                line.quantity -= quantity
                if line.quantity <= 0:
                    self.lines.remove(line)
                return
        raise KeyError(name)

    def shipping(self):
        """4.90, or nothing from 50.00 on, or for an empty basket."""
        goods = sum(line.total() for line in self.lines)
        return 0 if goods >= 5000 or not self.lines else 490

    def total(self):
        """What the customer pays."""
        return sum(line.total() for line in self.lines) + self.shipping()
