"""Networks and their sites are those of the command."""

import io
import os
import shutil
import subprocess
import sys
import unittest

import fluence
import numpy as np
import pandas as pd
from command import SOURCE, InFolder, fluence as command, sentence

SMALL = "lfcW1A1"


class Networks(InFolder):
    def test_are_found_by_name_and_by_path(self) -> None:
        network = fluence.Network(SMALL)
        self.assertIn(SMALL, fluence.networks())
        self.assertIn("cnvW1A1-TMR", fluence.networks())
        self.assertEqual((network.name, network.image_shape, network.scores), (SMALL, (1, 28, 28), 64))
        by_path = fluence.Network(os.path.join(SOURCE, "networks", f"{SMALL}.network.json"))
        self.assertEqual(by_path.digest, network.digest)
        self.assertEqual(by_path.hardware_digest, network.hardware_digest)

    def test_that_are_none_are_refused_as_the_command_does(self) -> None:
        with self.assertRaises(fluence.InputError) as raised:
            fluence.Network("nobody")
        self.assertEqual(str(raised.exception), sentence("sites", "--network", "nobody"))
        self.assertIsInstance(raised.exception, fluence.Error)
        self.assertIsInstance(raised.exception, ValueError)

    def test_installed_modules_find_what_is_installed_with_them(self) -> None:
        place = self.file("lib/python3/dist-packages/fluence")
        shutil.copytree(os.path.dirname(fluence.__file__), place)
        os.makedirs(self.file("share/fluence/models"))
        seen = subprocess.run(
            [sys.executable, "-B", "-c", f"import fluence; fluence.Session('{SMALL}')"],
            env={"PYTHONPATH": os.path.dirname(place)}, capture_output=True, text=True,
        ).stderr
        models = self.file("share/fluence/models")
        self.assertIn(f"there are no embedded parameters of {SMALL} in '{models}'", seen)


class Sites(unittest.TestCase):
    def test_are_all_bits_by_name_and_number(self) -> None:
        for name in (SMALL, "cnvW1A1-TMR"):
            network = fluence.Network(name)
            sites = network.sites()
            np.testing.assert_array_equal(sites.address, np.arange(len(sites)))
            some = sites.sample(1000, random_state=1)
            np.testing.assert_array_equal(network.addresses(some), some.address)
            there = network.sites_at(some.address.to_numpy())
            for column in there.columns:
                self.assertEqual(list(there[column]), list(some[column]), column)
            total = command("sites", "--network", name).splitlines()[-1].split()[0]
            self.assertEqual(len(sites), int(total))
        self.assertEqual(sites["copy"].max(), 2)

    def test_are_those_of_a_space_and_layer(self) -> None:
        network = fluence.Network(SMALL)
        sites = network.sites("thresholds", 1)
        self.assertEqual(set(sites.space), {"thresholds"})
        self.assertEqual(set(sites.layer), {1})
        self.assertEqual(len(sites), network.layers().threshold_bits[1])
        for space, layer, words in (("threshold", None, "unknown space 'threshold'"), (None, 9, "layer 9 does not")):
            with self.assertRaisesRegex(fluence.InputError, words):
                network.sites(space, layer)

    def test_lie_in_the_arrays_that_the_command_lists(self) -> None:
        network = fluence.Network(SMALL)
        listed = pd.read_csv(io.StringIO(command("sites", "--network", SMALL, "--csv")))
        arrays = network.arrays()
        self.assertEqual(list(arrays.columns), list(listed.columns))
        for column in listed.columns:
            self.assertEqual(list(arrays[column]), list(listed[column]), column)
        sites = network.sites()
        self.assertEqual(list(sites.rtl_name[arrays.address]), list(arrays.rtl_name))


if __name__ == "__main__":
    unittest.main()
