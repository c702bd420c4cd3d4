"""The command, for tests that compare the module with it."""

import os
import subprocess
import tempfile
import unittest

SOURCE = os.environ["FLUENCE_SOURCE"]


def fluence(*arguments: str) -> str:
    """What the command prints."""
    return subprocess.run(
        [os.environ["FLUENCE_BINARY"], *arguments], check=True, capture_output=True, text=True
    ).stdout


def sentence(*arguments: str) -> str:
    """What the command says of arguments that it refuses."""
    refused = subprocess.run([os.environ["FLUENCE_BINARY"], *arguments], capture_output=True, text=True)
    assert refused.returncode == 2, refused
    return refused.stderr.removeprefix("fluence: ").rstrip("\n")


class InFolder(unittest.TestCase):
    """Has a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name: str) -> str:
        return os.path.join(self.folder, name)
