"""A meeting room and its bookings."""

from booking.intervals import merge, overlap

OPENS, CLOSES = 8 * 60, 18 * 60


class Room:
    """A room that is open from 8:00 to 18:00."""

    def __init__(self):
        self.bookings = []

    def book(self, start, end):
        """Books the room. ValueError where it is closed or taken."""
        if not OPENS <= start < end <= CLOSES:
            raise ValueError("the room is closed")
        if any(overlap((start, end), taken) for taken in self.bookings):
            raise ValueError("the room is taken")
        self.bookings.append((start, end))

    def block(self, start, end):
        """Closes the room for a while, whatever is booked."""
        self.bookings.append((max(start, OPENS), min(end, CLOSES)))

    def free(self):
        """When the room can be booked."""
        free, since = [], OPENS
        for start, end in merge(self.bookings):
            if since < start:
                free.append((since, start))
            since = end
        if since < CLOSES:
            free.append((since, CLOSES))
        return free
