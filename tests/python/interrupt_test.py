"""Ctrl-C ends long calls in order, whoever handles it, and other threads go on meanwhile."""

import os
import signal
import subprocess
import sys
import threading
import time
import unittest

import fluence
import numpy as np
from command import InFolder

SPEC = {
    "name": "long", "seed": 1, "count": 100, "trials": 20000,
    "part": [{"networks": "lfcW1A1", "modes": "seu", "spaces": "thresholds", "faults": 50}],
}


def interrupt(*state: object) -> None:
    os.kill(os.getpid(), signal.SIGINT)


class Interrupts(InFolder):
    def test_end_a_campaign_which_resumes(self) -> None:
        with self.assertRaisesRegex(KeyboardInterrupt, "interrupted with [0-9]+ trials in .*: run the same again"):
            fluence.run_campaign(SPEC, out=self.file("long"), jobs=1, progress=interrupt)
        before = fluence.Campaign(self.file("long")).trials()
        self.assertLess(len(before), SPEC["trials"])
        with self.assertRaises(KeyboardInterrupt):
            fluence.run_campaign(SPEC, out=self.file("long"), jobs=1, progress=interrupt)
        after = fluence.Campaign(self.file("long")).trials()
        self.assertGreater(len(after), len(before))
        self.assertEqual(list(after.digest[: len(before)]), list(before.digest))

    def test_are_for_the_handlers_that_there_are(self) -> None:
        def handle(number: int, frame: object) -> None:
            raise LookupError(str(number))

        for number in (signal.SIGINT, signal.SIGTERM):
            old = signal.signal(number, handle)
            try:
                with self.assertRaisesRegex(LookupError, str(int(number))):
                    fluence.run_campaign(SPEC, out=self.file("handled"), jobs=1,
                                         progress=lambda *state: os.kill(os.getpid(), number))
            finally:
                signal.signal(number, old)

    def test_end_evaluations_and_maps(self) -> None:
        session = fluence.Session("lfcW1A1", count=200)
        many = np.tile(np.arange(100), (3000, 1))
        with self.assertRaisesRegex(KeyboardInterrupt, "interrupted after [0-9]+ of 3001 runs"):
            session.evaluate(many, jobs=1, progress=interrupt)
        with self.assertRaisesRegex(KeyboardInterrupt, "interrupted with [0-9]+ of 1000 images"):
            fluence.run_map("cnvW1A1", self.file("map"), count=1000, jobs=1, progress=interrupt)

    def test_come_from_a_terminal(self) -> None:
        code = f"import fluence; fluence.run_campaign({SPEC!r}, out={self.file('process')!r}, jobs=1)"
        process = subprocess.Popen([sys.executable, "-B", "-c", code], stderr=subprocess.PIPE, text=True,
                                   start_new_session=True)
        while not os.path.exists(self.file("process")):
            time.sleep(0.05)
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: workers, too
        heard = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, -signal.SIGINT, heard)
        self.assertIn("KeyboardInterrupt: interrupted with", heard)


class Threads(InFolder):
    def test_go_on_but_for_calls_of_their_own(self) -> None:
        refused, counted, ended = [], [], threading.Event()

        def other() -> None:
            while not ended.is_set():
                counted.append(1)
                try:
                    fluence.Network("cnvW1A1").sites("weights", 0)
                except fluence.Error as error:
                    refused.append(str(error))
                time.sleep(0.01)

        session = fluence.Session("lfcW1A1", count=200)
        thread = threading.Thread(target=other)
        thread.start()
        try:
            session.evaluate(np.tile(np.arange(100), (500, 1)), jobs=1)
        finally:
            ended.set()
            thread.join()
        self.assertGreater(len(counted), 3)
        self.assertIn("another thread is in a call of fluence", refused[0])

    def test_may_call_from_what_they_are_told(self) -> None:
        seen = []
        fluence.run_campaign({**SPEC, "trials": 100}, out=self.file("live"),
                             progress=lambda *state: seen.append(len(fluence.Campaign(self.file("live")).trials())))
        self.assertEqual(seen[-1], 100)


if __name__ == "__main__":
    unittest.main()
