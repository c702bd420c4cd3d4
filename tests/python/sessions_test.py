"""Scores and outcomes are those of the command, and arrays are not copied."""

import gc
import json
import os
import unittest

import fluence
import numpy as np
from command import SOURCE, InFolder, fluence as command, sentence
from fluence import Fault

SMALL = "lfcW1A1"
OUTCOMES = ["correct", "masked", "tolerable", "critical", "hang"]


def lines(file: str) -> list:
    """What a file says, JSON Lines."""
    with open(file) as text:
        return [json.loads(line) for line in text]


class Images(InFolder):
    def test_are_classified_as_by_the_command(self) -> None:
        session = fluence.Session(SMALL, count=20)
        found = session.classify()
        scores = self.file("scores.i16")
        sums = self.file("scores.npy")
        line = command("classify", "--network", SMALL, "--count", "20", "--scores", scores)
        command("classify", "--network", SMALL, "--count", "20", "--scores", sums)
        np.testing.assert_array_equal(found.scores, np.fromfile(scores, "<i2").reshape(20, 64))
        np.testing.assert_array_equal(session.sums(found.scores), np.load(sums))
        self.assertIn(f"{found.correct.sum()} of 20 correct", line)
        self.assertEqual(len(found.classes), 10)
        np.testing.assert_array_equal(session.classify(engine="rtl", count=3).scores, found.scores[:3])

    def test_can_be_arrays(self) -> None:
        for network in (SMALL, "cnvW1A1"):
            session = fluence.Session(network, count=4)
            given = session.images.astype(np.uint8)
            with_labels = fluence.Session(network, images=given, labels=session.labels)
            np.testing.assert_array_equal(with_labels.classify().scores, session.classify().scores)
            np.testing.assert_array_equal(with_labels.labels, session.labels)
            # In any order of memory, and without labels right as they are.
            without = fluence.Session(network, images=np.asfortranarray(given))
            np.testing.assert_array_equal(without.images, session.images)
            self.assertTrue(without.classify().correct.all())

    def test_that_are_no_good_are_refused(self) -> None:
        good = fluence.Session(SMALL, count=2).images
        for images, labels, words in (
            (good[:, :, 1:], None, r"has the shape \(2, 1, 27, 28\) where the network takes images of \(1, 1, 28, 28\)"),
            (good + 300, None, "image 0 of the array of images has the number 300 where 0 to 255"),
            (good.astype(str), None, "the images hold no numbers"),
            (good, np.array([1]), "the array of labels holds 1 labels"),
            (good, np.array([1, 10]), "has the label 10 where 0 to 9 are possible"),
            (None, np.array([1]), "labels are given without an array of images"),
        ):
            with self.assertRaisesRegex(fluence.InputError, words):
                fluence.Session(SMALL, images=images, labels=labels)
        with self.assertRaises(fluence.InputError) as raised:
            fluence.Session(SMALL, images="nowhere.bin")
        self.assertEqual(
            str(raised.exception), sentence("classify", "--network", SMALL, "--images", "nowhere.bin")
        )
        with self.assertRaisesRegex(fluence.InputError, "count asks for 100000 images"):
            fluence.Session(SMALL, count=100_000)


class Faults(InFolder):
    def setUp(self) -> None:
        super().setUp()
        self.session = fluence.Session(SMALL, count=6)

    def test_give_the_scores_of_a_replay(self) -> None:
        listed = os.path.join(SOURCE, "campaigns", "example-faults.jsonl")
        network = "cnvW1A1"
        out = self.file("out.jsonl")
        command("replay", "--network", network, "--faults", listed, "--all-scores", "--out", out)
        faults = fluence.read_faults(listed, network)
        images = {case["id"]: case["images"] for case in lines(listed)}
        session = fluence.Session(network, count=max(images.values()))
        for case in lines(out):
            of_case = faults[faults.trial == case["id"]]
            if of_case.empty:
                continue
            found = session.evaluate(of_case, count=images[case["id"]])
            np.testing.assert_array_equal(found.scores[0], case["scores"])
            self.assertEqual(list(found.trials.index), [case["id"]])

    def test_can_be_given_in_three_ways(self) -> None:
        sites = self.session.network.sites("weights", 2).sample(8, random_state=3)
        by_table = self.session.evaluate(sites)
        by_address = self.session.evaluate(sites.address.to_numpy())
        by_object = self.session.evaluate(
            [Fault(s.space, s.layer, s.module, s["index"], s.bit) for _, s in sites.iterrows()]
        )
        np.testing.assert_array_equal(by_table.scores, by_address.scores)
        np.testing.assert_array_equal(by_table.scores, by_object.scores)
        self.assertEqual(by_table.scores.shape, (8, 6, 64))
        self.assertEqual(by_table.decisions.shape, (8, 6))
        # Several of a trial: as a column, as rows of addresses, as lists.
        together = self.session.evaluate(sites.assign(trial=[7, 3] * 4))
        self.assertEqual(list(together.trials.index), [3, 7])
        pairs = sites.address.to_numpy().reshape(4, 2).T
        np.testing.assert_array_equal(self.session.evaluate(pairs).scores[::-1], together.scores)
        self.assertEqual(list(together.faults.trial), [3] * 4 + [7] * 4)
        self.assertEqual(set(together.faults.fate), {"read"})
        none = self.session.evaluate([[]])
        np.testing.assert_array_equal(none.scores[0], none.fault_free.scores)
        self.assertEqual(self.session.evaluate([]).scores.shape, (0, 6, 64))

    def test_have_outcomes_that_scores_agree_with(self) -> None:
        sites = self.session.network.sites("thresholds").sample(40, random_state=1)
        found = self.session.evaluate(sites.assign(trial=np.arange(40) // 20))
        for trial in found.trials.index:
            same = (found.scores[trial] == found.fault_free.scores).all(axis=1)
            alike = found.decisions[trial] == found.fault_free.decisions
            row = found.trials.loc[trial]
            self.assertEqual(row.masked, same.sum())
            self.assertEqual(row.tolerable, (alike & ~same).sum())
            self.assertEqual(row.critical, (~alike).sum())
            self.assertEqual(row.correct, (found.decisions[trial] == self.session.labels).sum())
            self.assertEqual((row.hang, row.images_done, row.failure), (0, 6, ""))
        self.assertGreater(found.trials.tolerable.sum() + found.trials.critical.sum(), 0)

    def test_are_the_same_on_both_engines_again_and_again(self) -> None:
        faults = [
            Fault("weights", 1, 2, 3, 4, before_image=1),
            Fault("weights", 3, 1, 2, 3, kind="stuck1", before_image=0, duration=1),
            Fault("accumulator", 0, 1, 0, 2, cycle=700),
        ]
        fast = self.session.evaluate(faults, count=3)
        for _ in range(2):
            rtl = self.session.evaluate(faults, engine="rtl", count=3)
            np.testing.assert_array_equal(rtl.scores, fast.scores)
            self.assertTrue((rtl.trials[OUTCOMES] == fast.trials[OUTCOMES]).all(axis=None))
            self.assertTrue((rtl.trials.cycles > 0).all())
        # One process, another network: workers elaborate for it.
        other = fluence.Session("lfcW1A2", count=1)
        np.testing.assert_array_equal(other.classify(engine="rtl").scores, other.classify().scores)

    def test_that_are_none_are_refused(self) -> None:
        site = dict(space="weights", layer=0, module=0, index=0, bit=0)
        for faults, words in (
            ([Fault(**{**site, "bit": 64})], "bit 64 does not exist in weights of layer 0"),
            ([Fault(**{**site, "space": "wait"})], "unknown space 'wait'"),
            ([Fault(**{**site, "module": 2**40})], "a site has the number 1099511627776"),
            ([Fault(**site, cycle=3, before_image=1)], "fault 0 has a 'cycle' and a 'before_image'"),
            ([Fault(**site, cycle=-3)], "fault 0 has the 'cycle' -3"),
            ([Fault(**site, before_image=6)], "6"),
            ([Fault(**site, kind="bent")], "unknown"),
            ([site], "trial 0 holds something that is no fault"),
            (np.array([0.5]), "flat state addresses"),
            (np.array([10**9]), "flat state address 1000000000 does not exist"),
            (self.session.network.sites("weights", 0).head(1).drop(columns="bit"), "have no column 'bit'"),
        ):
            with self.assertRaisesRegex(fluence.InputError, words):
                self.session.evaluate(faults)
        with self.assertRaisesRegex(fluence.InputError, "unknown engine 'slow'"):
            self.session.evaluate([Fault(**site)], engine="slow")
        with self.assertRaisesRegex(fluence.InputError, "unknown semantics 'magic'"):
            self.session.evaluate([Fault(**site)], semantics="magic")
        for count in (0, 7):
            with self.assertRaises(fluence.InputError):
                self.session.evaluate([Fault(**site)], count=count)


def owner(array: np.ndarray) -> str:
    """What the memory of an array belongs to."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return type(array.base).__name__


    def test_that_cannot_be_evaluated_have_no_outcomes(self) -> None:
        found = fluence.Session("cnvW1A1", count=5).evaluate(np.arange(2), engine="rtl", limit=0.002, jobs=1)
        self.assertTrue(found.trials[OUTCOMES].isna().all(axis=None))
        self.assertEqual(set(found.trials.failure), {"it ran longer than its limit of 0.002 s"})
        self.assertTrue(found.fault_free.scores.any())

    def test_need_a_model_for_the_rtl(self) -> None:
        os.environ["FLUENCE_RTL_MODELS"] = self.folder
        self.addCleanup(os.environ.pop, "FLUENCE_RTL_MODELS")
        with self.assertRaises(fluence.InputError) as raised:
            fluence.Session(SMALL, count=1).classify(engine="rtl")
        self.assertEqual(
            str(raised.exception),
            sentence("classify", "--network", SMALL, "--engine", "rtl", "--count", "1"),
        )


class Arrays(unittest.TestCase):
    def test_outlive_what_they_come_from_and_are_not_copied(self) -> None:
        session = fluence.Session(SMALL, count=3)
        found = session.evaluate(np.arange(5))
        scores, again = found.scores, found.scores.copy()
        self.assertEqual(owner(scores), "PyCapsule")
        self.assertEqual(owner(session.network.sites().bit.to_numpy()), "PyCapsule")
        del found, session
        gc.collect()
        np.testing.assert_array_equal(scores, again)

    def test_of_scores_must_have_all_of_an_image(self) -> None:
        session = fluence.Session(SMALL, count=1)
        with self.assertRaisesRegex(fluence.InputError, "the last side of the scores is not 64"):
            session.decide(np.zeros((2, 10), np.int16))


if __name__ == "__main__":
    unittest.main()
