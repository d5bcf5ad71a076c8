import unittest

from gonogo import Duration, Frequency, Rate, Size, counted


class Units(unittest.TestCase):
    def test_sizes_are_read_with_their_units(self) -> None:
        self.assertEqual(Size("64 GiB"), 64 << 30)
        self.assertEqual(Size("1.5kB").bytes, 1500)
        for wrong in ["64", "GiB", "-1 GiB", "64 gib", "1e3 B", "99999999999 PiB", "", "1  GiB"]:
            with self.assertRaisesRegex(ValueError, "is not a size: write a number and a unit"):
                Size(wrong)

    def test_values_are_shown_as_people_write_them(self) -> None:
        shown = [
            (Size("64 GiB"), "64 GiB"),
            (Size(1_610_612_736), "1.5 GiB"),
            (Size(512), "512 B"),
            (Size(107_374_182_400_000), "97.7 TiB"),
            (Size((1 << 40) - 1), "1024 GiB"),
            (Rate(2.5e9), "2.5 GB/s"),
            (Rate(12.0), "12 B/s"),
            (Duration(0), "0 s"),
            (Duration(0.0005), "500 µs"),
            (Duration("250 ms"), "250 ms"),
            (Duration(90), "90 s"),
            (Duration(1.25), "1.3 s"),
            (Duration("2 h"), "2 h"),
            (Duration("7 d"), "7 d"),
            (Frequency(1.98e9), "1980 MHz"),
        ]
        for value, text in shown:
            self.assertEqual(f"{value}", text)
        self.assertEqual(f"{Size(512):>8}", "   512 B")

    def test_a_default_is_written_so_that_it_means_the_same(self) -> None:
        for value in [Size(1_234_567), Size("16 GiB"), Size(0)]:
            self.assertEqual(Size(value.written()), value)
        for other in [Duration(0.0005), Duration("3 h"), Rate(1234.5), Frequency("1.5 kHz")]:
            self.assertEqual(type(other)(other.written()), other)
        self.assertEqual(Size("16 GiB").written(), "16 GiB")

    def test_they_calculate_and_compare_as_numbers(self) -> None:
        self.assertLess(Size("1 GiB"), Size("2 GB"))
        self.assertEqual(Size("1 KiB") + 1, 1025)
        self.assertEqual(Rate("2 GB/s").per_second, 2e9)
        self.assertEqual((Duration("2 min").seconds, Frequency("3 GHz").hertz), (120, 3e9))

    def test_things_are_counted(self) -> None:
        things = {
            "file": "files",
            "directory": "directories",
            "day": "days",
            "match": "matches",
            "index": "indexes",
        }
        for one, many in things.items():
            self.assertEqual((counted(1, one), counted(2, one)), (f"1 {one}", f"2 {many}"))
