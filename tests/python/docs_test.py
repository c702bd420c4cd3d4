"""The code of docs/python.md runs as it stands, and so does the example."""

import contextlib
import io
import os
import re
import subprocess
import sys
import unittest

from command import SOURCE, InFolder


class Documents(InFolder):
    def test_have_code_that_runs(self) -> None:
        with open(os.path.join(SOURCE, "docs", "python.md")) as file:
            blocks = re.findall(r"^```python\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
        self.assertGreater(len(blocks), 5)
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(self.folder)
        printed = io.StringIO()
        names: dict = {}
        with contextlib.redirect_stdout(printed):
            for block in blocks:
                exec(compile(block, "docs/python.md", "exec"), names)
        self.assertTrue(printed.getvalue().startswith("unknown network 'nobody': use one of cnvW1A1, "))

    def test_show_a_script_that_runs(self) -> None:
        script = os.path.join(SOURCE, "examples", "python", "flip_to_plot.py")
        ran = subprocess.run([sys.executable, "-B", script, "plot.png"], cwd=self.folder, capture_output=True,
                             text=True, env={**os.environ, "MPLBACKEND": "Agg"})
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("images are right", ran.stdout)
        self.assertIn("trials, ", ran.stderr)
        with open(self.file("plot.png"), "rb") as plot:
            self.assertTrue(plot.read().startswith(b"\x89PNG"))


if __name__ == "__main__":
    unittest.main()
