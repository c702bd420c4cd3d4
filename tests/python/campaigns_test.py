"""Campaigns give what the command's campaigns give, and their tables are the library's."""

import io
import os
import tempfile
import unittest
import warnings

import fluence
import numpy as np
import pandas as pd
from command import InFolder, fluence as command, sentence

OUTCOMES = ["correct", "masked", "tolerable", "critical", "hang"]
SPEC = {
    "name": "tried",
    "seed": 5,
    "count": 4,
    "trials": 6,
    "part": [
        {"networks": ["lfcW1A1"], "modes": ["seu", "mbu"], "spaces": ["weights", ["weights", "thresholds"]],
         "layers": ["all", [0, 1]], "faults": [1, np.int64(20)]},
        {"networks": "lfcW1A1", "modes": "seu", "spaces": "accumulator", "faults": 3, "time": "cycle",
         "engine": "rtl", "count": 2},
    ],
}
TOML = """name = "tried"
seed = 5
count = 4
trials = 6
[[part]]
networks = ["lfcW1A1"]
modes = ["seu", "mbu"]
spaces = ["weights", ["weights", "thresholds"]]
layers = ["all", [0, 1]]
faults = [1, 20]
[[part]]
networks = "lfcW1A1"
modes = "seu"
spaces = "accumulator"
faults = 3
time = "cycle"
engine = "rtl"
count = 2
"""


class Campaigns(InFolder):
    """Has a campaign that all tests read."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.campaign = fluence.run_campaign(SPEC, out=os.path.join(folder.name, "here"), progress=False)

    def test_are_those_of_the_command(self) -> None:
        with open(self.file("spec.toml"), "w") as file:
            file.write(TOML)
        command("run", self.file("spec.toml"), "--out", self.file("there"))
        here = self.campaign
        self.assertEqual(here.digest, command("digest", self.file("there")).split()[0])
        self.assertEqual(here.manifest["name"], SPEC["name"])
        there = fluence.run_campaign(self.file("spec.toml"), out=self.file("there"), progress=False)
        self.assertEqual(there.digest, here.digest)
        self.assertEqual(there.manifest, here.manifest)
        pd.testing.assert_frame_equal(there.trials(), here.trials())
        pd.testing.assert_frame_equal(there.upsets(), here.upsets())

    def test_have_tables_of_everything_that_is_stored(self) -> None:
        campaign = self.campaign
        scenarios = campaign.scenarios
        self.assertEqual(len(scenarios), 17)
        self.assertEqual(list(scenarios.engine.unique()), ["fast", "rtl"])
        self.assertTrue((scenarios.done == 6).all())
        trials = campaign.trials()
        self.assertEqual(len(trials), 17 * 6)
        sums = trials.groupby("scenario")[["masked", "tolerable", "critical", "hang"]].sum().sum(axis=1)
        np.testing.assert_array_equal(sums, scenarios.images * 6)
        upsets = campaign.upsets()
        np.testing.assert_array_equal(upsets.groupby("scenario").size(), scenarios.faults * 6)
        of_one = campaign.upsets(3, trial=2)
        self.assertEqual(set(zip(of_one.scenario, of_one.trial)), {(3, 2)})
        self.assertTrue(campaign.upsets(16).before_image.isna().all())
        self.assertTrue(campaign.upsets(16).cycle.notna().all())
        self.assertEqual(len(campaign.failed), 0)
        self.assertEqual(campaign.trials(3).scenario.unique().tolist(), [3])
        with self.assertRaisesRegex(fluence.InputError, "scenario 17 does not exist in .*: use 0 to 16"):
            campaign.trials(17)

    def test_trials_that_are_drawn_by_a_map_have_weights(self) -> None:
        self.assertTrue((self.campaign.trials().weight == 1).all())
        fluence.run_map("lfcW1A1", mode="mbu", spaces=["weights"], count=30, out=self.file("map"), progress=False)
        part = {"networks": "lfcW1A1", "modes": "mbu", "spaces": "weights", "faults": 2,
                "draw": {"map": self.file("map"), "plain": 0.5}}
        drawn = fluence.run_campaign({**SPEC, "part": [part]}, out=self.file("drawn"), progress=False)
        self.assertTrue(drawn.scenarios.draw[0].endswith(" plain 0.5"))
        self.assertTrue((drawn.trials().weight <= 2).all())
        self.assertGreater(drawn.trials().weight.nunique(), 1)

    def test_trials_come_out_again_from_their_upsets(self) -> None:
        campaign = self.campaign
        session = fluence.Session("lfcW1A1", count=4)
        for scenario, engine in ((3, "fast"), (16, "rtl"), (16, "fast")):
            stored = campaign.trials(scenario).set_index("trial")
            images = campaign.scenarios.images[scenario]
            found = session.evaluate(campaign.upsets(scenario), engine=engine, count=images)
            for outcome in OUTCOMES:
                self.assertEqual(list(found.trials[outcome]), list(stored[outcome]), (scenario, engine, outcome))
            if engine == campaign.scenarios.engine[scenario]:
                self.assertEqual(list(found.faults.fate), list(campaign.upsets(scenario).fate))

        with self.assertRaisesRegex(fluence.InputError, "are those of several scenarios"):
            session.evaluate(campaign.upsets())

    def test_statistics_are_those_of_the_report(self) -> None:
        campaign = self.campaign
        csv, json = self.file("report.csv"), self.file("report.json")
        text = command("report", campaign.folder, "--csv", csv, "--json", json, "--tolerance", "5")
        pd.testing.assert_frame_equal(campaign.statistics(tolerance=5), pd.read_csv(csv))
        self.assertEqual(pd.read_json(io.StringIO(open_text(json)), typ="series").keys().tolist(),
                         list(campaign.report(tolerance=5)))
        self.assertIn(campaign.text(tolerance=5).splitlines()[3], text)
        self.assertIn("<html", campaign.page())

    def test_tell_their_progress(self) -> None:
        told = []
        part = {**SPEC, "part": SPEC["part"][1:]}
        fluence.run_campaign(part, out=self.file("told"), progress=lambda *state: told.append(state))
        self.assertEqual(told[-1][:2], (6, 6))
        self.assertTrue(told[-1][2].startswith("6/6 trials"))

    def test_end_with_what_progress_raises_and_resume(self) -> None:
        def enough(*state: object) -> None:
            raise LookupError("enough")

        with self.assertRaisesRegex(LookupError, "enough"):
            fluence.run_campaign(SPEC, out=self.file("here"), progress=enough)
        resumed = fluence.run_campaign(SPEC, out=self.file("here"), jobs=1, progress=False)
        self.assertEqual(resumed.digest, self.campaign.digest)

    def test_are_refused_as_by_the_command(self) -> None:
        missing = self.file("nowhere.toml")
        for spec, words in (
            (missing, sentence("run", missing)),
            ({**SPEC, "trails": 3}, "the campaign: "),
            ({**SPEC, "seed": None}, "a campaign's value is None"),
            ({**SPEC, "part": [{"networks": "lfcW1A1"}]}, "the campaign:"),
        ):
            with self.assertRaises(fluence.InputError) as raised:
                fluence.run_campaign(spec, out=self.file("none"))
            self.assertIn(words.split(": ")[0], str(raised.exception))
        with self.assertRaises(fluence.InputError) as raised:
            fluence.run_campaign(missing)
        self.assertEqual(str(raised.exception), sentence("run", missing))
        self.assertFalse(os.path.exists(self.file("none")))
        with self.assertRaisesRegex(fluence.InputError, "belongs to another campaign .its seed differs."):
            fluence.run_campaign(SPEC, out=self.campaign.folder, seed=6, progress=False)
        with self.assertRaises(fluence.InputError) as raised:
            fluence.Campaign(self.folder)
        self.assertEqual(str(raised.exception), sentence("report", self.folder))

    def test_say_what_is_no_error(self) -> None:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            fluence.run_campaign({**SPEC, "study": "khoshavi2020"}, out=self.campaign.folder, progress=False)
        self.assertIn("were begun without the study", str(heard[0].message))


def open_text(file: str) -> str:
    with open(file) as text:
        return text.read()


if __name__ == "__main__":
    unittest.main()
