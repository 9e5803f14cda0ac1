import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TODO = Path(__file__).resolve().parent / "todo.py"


class TodoTest(unittest.TestCase):
    def test_what_is_added_is_listed(self):
        with tempfile.TemporaryDirectory() as folder:
            def todo(*words):
                command = [sys.executable, TODO, *words]
                return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout

            self.assertEqual(todo("add", "Buy", "milk"), "added 1\n")
            self.assertEqual(todo("list"), "[ ] 1 Buy milk\n")
