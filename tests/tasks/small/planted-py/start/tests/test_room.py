import unittest

from booking.room import Room


class RoomTest(unittest.TestCase):
    def setUp(self):
        self.room = Room()

    def test_an_empty_room_is_free_all_day(self):
        self.assertEqual(self.room.free(), [(480, 1080)])

    def test_bookings_leave_gaps(self):
        self.room.book(540, 600)
        self.room.book(600, 660)
        self.assertEqual(self.room.free(), [(480, 540), (660, 1080)])

    def test_a_taken_room_cannot_be_booked(self):
        self.room.book(540, 600)
        with self.assertRaisesRegex(ValueError, "taken"):
            self.room.book(599, 630)

    def test_a_booking_within_a_block_frees_nothing(self):
        self.room.book(600, 630)
        self.room.block(540, 720)
        self.assertEqual(self.room.free(), [(480, 540), (720, 1080)])


if __name__ == "__main__":
    unittest.main()
