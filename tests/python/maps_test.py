"""Maps are those of the command, and their counts are the library's own memory."""

import json
import unittest

import fluence
import numpy as np
import pandas as pd
from command import InFolder, fluence as command, sentence

# A tenth of a second of work.
REQUEST = dict(spaces=["thresholds"], layers=[6, 7], count=3)


class Maps(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.map = fluence.run_map("cnvW1A1", self.file("map"), progress=False, **REQUEST)

    def test_are_those_of_the_command(self) -> None:
        names = {name: self.file(name) for name in ("there", "csv", "totals", "json")}
        text = command("map", "--network", "cnvW1A1", "--spaces", "thresholds", "--layers", "6,7", "--count", "3",
                       "--out", names["there"], "--csv", names["csv"], "--totals", names["totals"],
                       "--json", names["json"])
        here = self.map
        self.assertEqual(here.digest, fluence.Map(names["there"]).digest)
        self.assertTrue(text.startswith(here.text()))
        with open(names["json"]) as file:
            self.assertEqual(here.report(), json.load(file))
        for found, stored in ((here.entries(), pd.read_csv(names["csv"])), (here.totals(), pd.read_csv(names["totals"]))):
            self.assertEqual(len(found), len(stored))
            for column in stored.columns:
                self.assertEqual(list(found[column]), list(stored[column]), column)

    def test_have_counts_that_are_not_copied(self) -> None:
        counts = self.map.counts
        entries = self.map.entries()
        self.assertEqual((counts.shape, counts.dtype), ((len(entries), 4), np.uint32))
        self.assertTrue(np.shares_memory(counts, self.map.counts))
        with self.assertRaises(ValueError):
            counts[0, 0] = 1
        np.testing.assert_array_equal(counts[entries.number, 0], entries.tolerable)
        np.testing.assert_array_equal(counts[entries.number, 1:].sum(axis=1), entries.critical)
        before = counts.copy()
        self.map = None
        np.testing.assert_array_equal(counts, before)

    def test_agree_with_trials_of_the_same_faults(self) -> None:
        some = self.map.entries().sample(20, random_state=1)
        found = fluence.Session("cnvW1A1", count=3).evaluate(some, semantics="physical")
        for outcome in ("masked", "tolerable", "critical"):
            self.assertEqual(list(found.trials[outcome]), list(some[outcome]), outcome)

    def test_are_opened_and_refused_as_by_the_command(self) -> None:
        stored = fluence.Map(self.file("map"))
        self.assertEqual((stored.network, stored.mode, stored.images, stored.images_done), ("cnvW1A1", "seu", 3, 3))
        self.assertIn("params cnvW1A1", stored.manifest)
        told = []
        again = fluence.run_map("cnvW1A1", self.file("map"), progress=lambda *state: told.append(state), **REQUEST)
        self.assertEqual(again.digest, stored.digest)
        fluence.run_map("cnvW1A1", self.file("told"), progress=lambda *state: told.append(state), **REQUEST)
        self.assertEqual(told[-1][:2], (3, 3))
        for options, arguments in (({"count": 2}, ["--count", "2"]), ({"mode": "mbu"}, ["--mode", "mbu"])):
            with self.assertRaises(fluence.InputError) as raised:
                fluence.run_map("cnvW1A1", self.file("map"), progress=False, **{**REQUEST, **options})
            self.assertEqual(
                str(raised.exception),
                sentence("map", "--network", "cnvW1A1", "--spaces", "thresholds", "--layers", "6,7",
                         "--out", self.file("map"), *(["--count", "3"] if "--count" not in arguments else []), *arguments),
            )
        with self.assertRaisesRegex(fluence.InputError, "stuck bits of weights of layer 0"):
            fluence.run_map("cnvW1A1-TMR", self.file("other"), mode="stuck1", progress=False)


class BufferMaps(InFolder):
    def test_are_those_of_the_command(self) -> None:
        names = {name: self.file(name) for name in ("there", "csv", "totals", "json")}
        text = command("map", "--network", "cnvW1A1", "--spaces", "vector,accumulator", "--layers", "6,8", "--count", "2",
                       "--cycles", "181000:182000", "--out", names["there"], "--csv", names["csv"], "--totals", names["totals"],
                       "--json", names["json"])
        told = []
        here = fluence.run_buffer_map("cnvW1A1", self.file("here"), ["vector", "accumulator"], layers=[6, 8], count=2,
                                      cycles="181000:182000", progress=lambda *state: told.append(state))
        self.assertEqual(told[-1][0], told[-1][1])
        self.assertEqual((here.network, here.images, here.images_done, here.cycles), ("cnvW1A1", 2, 2, (181000, 182000)))
        self.assertEqual(here.digest, fluence.BufferMap(names["there"]).digest)
        self.assertIn("schedule", here.manifest)
        self.assertTrue(text.startswith(here.text()))
        with open(names["json"]) as file:
            self.assertEqual(here.report(), json.load(file))
        for found, stored in ((here.entries(), pd.read_csv(names["csv"])), (here.totals(), pd.read_csv(names["totals"]))):
            self.assertGreater(len(stored), 1)
            for column in stored.columns:
                pd.testing.assert_series_equal(found[column], stored[column], check_dtype=False, check_categorical=False)
        self.assertGreater(here.entries().critical.sum(), 0)

    def test_have_no_tables_before_all_images_are_done(self) -> None:
        some = fluence.run_buffer_map("cnvW1A1", self.file("some"), ["pool"], layers=[3], count=2, shard="0/2", progress=False)
        self.assertEqual((some.images, some.images_done), (2, 1))
        for table in (some.entries, some.totals, some.text, some.report):
            with self.assertRaisesRegex(fluence.InputError, "has 1 of its 2 images"):
                table()


if __name__ == "__main__":
    unittest.main()
