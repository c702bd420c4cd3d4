"""The stub says what the module has, and every public name is documented."""

import ast
import inspect
import os
import re
import unittest

import fluence
from fluence import _native


def stated() -> dict:
    """Names of the stub, of classes with those of their members; of functions, their parameters."""

    def members(body: list) -> dict:
        found = {}
        for node in body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = [argument.arg for argument in node.args.args if argument.arg != "self"]
            elif isinstance(node, ast.ClassDef):
                found[node.name] = members(node.body)
            elif isinstance(node, ast.AnnAssign):
                found[node.target.id] = None
        return found

    with open(os.path.join(os.path.dirname(fluence.__file__), "_native.pyi")) as text:
        return members(ast.parse(text.read()).body)


def parameters(function: object) -> list:
    """By the signature that pybind11 writes into the docstring."""
    arguments = re.match(r"\w+\((.*?)\) ->", function.__doc__.replace("\n", " ")).group(1)
    return [name for name in re.findall(r"(\w+): ", arguments) if name != "self"]


def public(owner: object) -> set:
    return {name for name in vars(owner) if not name.startswith("_") or name == "__version__"}


class Stubs(unittest.TestCase):
    def test_say_what_there_is(self) -> None:
        known = stated()
        self.assertEqual(set(known), public(_native))
        for name, what in known.items():
            there = getattr(_native, name)
            if isinstance(what, list):
                self.assertEqual(what, parameters(there), name)
            elif isinstance(what, dict) and not issubclass(there, Exception):
                self.assertEqual(set(what) - {"__init__"}, public(there), name)
                for member, arguments in what.items():
                    if not isinstance(vars(there).get(member), property):
                        self.assertEqual(arguments, parameters(getattr(there, member)), f"{name}.{member}")

    def test_public_names_are_documented_and_typed(self) -> None:
        self.assertTrue(os.path.exists(os.path.join(os.path.dirname(fluence.__file__), "py.typed")))
        for name in fluence.__all__:
            there = getattr(fluence, name)
            if isinstance(there, str):
                continue
            self.assertTrue(there.__doc__, name)
            for member, what in vars(there).items() if inspect.isclass(there) else [(name, there)]:
                function = what.fget if isinstance(what, property) else getattr(what, "__func__", what)
                if inspect.isfunction(function) and not member.startswith("_"):
                    self.assertTrue(function.__doc__, f"{name}.{member}")
                    self.assertIn("return", function.__annotations__, f"{name}.{member}")


if __name__ == "__main__":
    unittest.main()
