"""Tests of training/train.py. Usage: train_test.py TOPOLOGY.json"""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing}; install Debian's python3-torch and python3-numpy")
    sys.exit(77)

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
import train as program  # noqa: E402

TOPOLOGY = Path(sys.argv[1])
NETWORKS = ("cnvW1A1", "cnvW1A2", "cnvW2A2", "lfcW1A1", "lfcW1A2")
CODES = program.read_topology(TOPOLOGY, "cnvW1A1")[2]


def write_images(file: Path, count: int, form: program.ImageForm = CODES) -> None:
    records = np.random.default_rng(1).integers(0, 256, (count, 1 + form.bytes()), np.uint8)
    records[:, 0] %= program.CLASSES
    records.tofile(file)


class TrainTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.images = self.folder / "images.bin"
        write_images(self.images, 20)

    def train(self, **changes: object) -> tuple[int, str]:
        """Exit code and error text of a run with some flags changed."""
        flags = {"network": "cnvW1A1", "topology": TOPOLOGY, "epochs": 1, "batch": 10}
        flags |= {"train": self.images, "test": self.images, "out": self.folder / "out"} | changes
        argv = [text for name, value in flags.items() for text in (f"--{name}", str(value))]
        error = io.StringIO()
        with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
            return program.main(argv), error.getvalue()

    def random_network(self, network: str) -> program.Network:
        torch.manual_seed(1)
        shapes, _, form = program.read_topology(TOPOLOGY, network)
        model = program.Network(shapes, form)
        for layer in model.layers:
            if layer.norm is not None:
                layer.norm.running_mean.uniform_(-4, 4)
                layer.norm.running_var.uniform_(10, 500)
                torch.nn.init.uniform_(layer.norm.weight, 0.05, 2)
                torch.nn.init.uniform_(layer.norm.bias, -0.5, 0.5)
                layer.norm.double()
        return model

    def decisions(self, model: program.Network, images: program.Images) -> tuple[list[int], list[int]]:
        """Of the network, and of the integers in self.folder."""
        trained = program.float_decisions(model, images.pixels)
        shapes = [layer.shape for layer in model.layers]
        return trained.tolist(), self.integers(model, shapes, images)

    def integers(
        self, model: program.Network, shapes: list[dict], images: program.Images
    ) -> list[int]:
        return program.integer_decisions(self.folder, shapes, model.form, images).tolist()

    def test_integers_decide_as_the_network(self) -> None:
        for network in NETWORKS:
            with self.subTest(network):
                model = self.random_network(network)
                write_images(self.images, 20, model.form)
                images = program.read_images([self.images], model.form)
                program.write_folder(self.folder, model, ["x"] * program.CLASSES)
                trained, integers = self.decisions(model, images)
                self.assertEqual(trained, integers)
                self.assertGreater(len(set(trained)), 1)

    def test_scores_of_matching_bits_are_never_negative(self) -> None:
        images = program.read_images([self.images], CODES)
        model = self.random_network("cnvW1A1")
        torch.nn.init.constant_(model.layers[7].norm.bias, 100)  # all activations +1
        with torch.no_grad():
            model.layers[8].latent.fill_(-1)
            model.layers[8].latent[6, 0] = 1  # one match: still a negative sum of products
        program.write_folder(self.folder, model, ["x"] * program.CLASSES)
        self.assertEqual(self.decisions(model, images), ([6] * 20, [6] * 20))

    def test_a_wrong_threshold_is_noticed(self) -> None:
        images = program.read_images([self.images], CODES)
        model = self.random_network("cnvW2A2")
        program.write_folder(self.folder, model, ["x"] * program.CLASSES)
        file = self.folder / "7-0-thres.bin"
        (np.fromfile(file, "<i8") + 40).tofile(file)
        trained, integers = self.decisions(model, images)
        self.assertNotEqual(trained, integers)

    def test_decision_of_the_host(self) -> None:
        scores = torch.full((3, 64), -5.0)
        scores[1, 3] = scores[1, 7] = 2
        scores[2, 9] = 1
        scores[2, 12] = 8
        self.assertEqual(program.decide(scores, {"thresholds": 0}).tolist(), [0, 3, 9])
        bits = (scores > 0).float()
        self.assertEqual(program.decide(bits, {"thresholds": 1}).tolist(), [0, 7, 9])

    def test_signs_of_pixels_are_filled_up(self) -> None:
        form = program.read_topology(TOPOLOGY, "lfcW1A1")[2]
        pixels = torch.full((1, 1, 28, 28), 127, dtype=torch.uint8)
        pixels[0, 0, 0, 1] = 128
        codes = form.codes(pixels)
        self.assertEqual(tuple(codes.shape), (1, 832, 1, 1))
        self.assertEqual(codes.flatten().nonzero().numel(), 832)
        self.assertEqual((codes.flatten() > 0).nonzero().flatten().tolist(), [1])

    def test_equal_seeds_give_equal_files(self) -> None:
        for out, seed in (("a", 1), ("b", 1), ("c", 2)):
            self.assertEqual(self.train(out=self.folder / out, seed=seed)[0], 0)
        folders = [(self.folder / out).iterdir() for out in ("a", "b", "c")]
        files = [{file.name: file.read_bytes() for file in folder} for folder in folders]
        self.assertEqual(files[0], files[1])
        self.assertNotEqual(files[0], files[2])
        self.assertEqual(len(files[0]["5-0-weights.bin"]), 18432 * 8)
        self.assertEqual(len(files[0]["0-15-thres.bin"]), 4 * 8)
        self.assertEqual(len(files[0]["classes.txt"].split()), program.CLASSES)

    def expect_refusal(self, what: str, **changes: object) -> None:
        code, error = self.train(**changes)
        self.assertEqual(code, 2, error)
        self.assertIn(what, error)
        self.assertEqual(error.count("\n"), 1, error)
        self.assertFalse((self.folder / "out").exists())
        self.assertFalse((self.folder / "out.part").exists())

    def test_bad_input_is_one_sentence(self) -> None:
        short, label, two = (self.folder / name for name in ("short.bin", "label.bin", "two.txt"))
        short.write_bytes(self.images.read_bytes()[:-1])
        label.write_bytes(b"\x0a" + self.images.read_bytes()[1:])
        two.write_text("cat\ndog\n")
        self.expect_refusal("unknown network 'vgg': use one of cnvW1A1", network="vgg")
        self.expect_refusal("cannot read '/nowhere.bin' (No such file", train="/nowhere.bin")
        self.expect_refusal("no whole number of records", test=short)
        self.expect_refusal("image 0 of", train=label)
        self.expect_refusal("label 10 where 0 to 9 are possible", train=label)
        self.expect_refusal("names 2 classes", classes=two)
        self.expect_refusal("is no topology.json", topology=two)
        self.expect_refusal("--epochs is 0", epochs=0)
        self.expect_refusal("invalid int value", batch="x")
        self.expect_refusal("20 training images are no batch", batch=21)
        self.expect_refusal("is there already", out=self.images)

    def test_folder_that_cannot_be_written(self) -> None:
        code, error = self.train(out=self.images / "out")
        self.assertEqual(code, 2)
        self.assertRegex(error, "^train.py: cannot write into .*: give an --out in a folder that .*\n$")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
