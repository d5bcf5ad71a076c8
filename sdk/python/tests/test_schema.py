import enum
import json
import unittest
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from gonogo import (
    AtLeast,
    AtMost,
    Command,
    Dataset,
    Endpoint,
    Matching,
    NotEmpty,
    Processes,
    Program,
    Readable,
    Report,
    Size,
    Unknown,
    Variable,
    check,
)
from gonogo.schema import kind_of


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Part:
    path: Annotated[Readable, "Where."]
    sizes: list[Size] = field(default_factory=list)
    used_maximum: Annotated[float, AtMost(1)] = 0.9


@check
def everything(
    report: Report,
    path: Annotated[Readable, "The file."],
    parts: Annotated[list[Part], NotEmpty()],
    minimum: Annotated[int, AtLeast(0), "Fewest."] = 1,
    program: Program = Program("git"),
    size: Size | None = None,
    colour: Colour = Colour.RED,
    mode: Literal["fast", "slow"] = "slow",
    name: Annotated[str, Matching("^a"), NotEmpty()] = "a",
    table: dict[str, bool] | None = None,
    command: Command = Command(["make", "check"]),
    processes: Processes = Processes(),
) -> None:
    """Everything"""
    report.fact("seen", repr((path, parts, minimum, size, colour, mode, command, bool(processes))))


class Schemas(unittest.TestCase):
    maxDiff = None

    def test_a_schema_says_what_the_type_hints_say(self) -> None:
        schema = everything.schema()
        self.assertEqual(schema["required"], ["path", "parts"])
        self.assertIs(schema["additionalProperties"], False)
        properties = schema["properties"]
        self.assertEqual(
            properties["path"],
            {
                "type": "string",
                "minLength": 1,
                "x-gonogo-grant": "read",
                "description": "The file.",
            },
        )
        self.assertEqual(
            properties["minimum"],
            {"type": "integer", "minimum": 0, "description": "Fewest.", "default": 1},
        )
        self.assertEqual(properties["program"]["default"], "git")
        self.assertEqual(properties["size"]["type"], ["string", "null"])
        self.assertIsNone(properties["size"]["default"])
        self.assertEqual(
            properties["colour"], {"type": "string", "enum": ["red", "blue"], "default": "red"}
        )
        self.assertEqual(properties["mode"]["enum"], ["fast", "slow"])
        self.assertEqual(
            (properties["name"]["pattern"], properties["name"]["minLength"]), ("^a", 1)
        )
        self.assertEqual(properties["table"]["additionalProperties"], {"type": "boolean"})
        self.assertEqual(properties["command"]["x-gonogo-grant"], "command")
        self.assertEqual(properties["processes"]["x-gonogo-grant"], "processes")
        self.assertEqual(properties["parts"]["minItems"], 1)
        part = properties["parts"]["items"]
        self.assertEqual(part["required"], ["path"])
        self.assertEqual(part["properties"]["used-maximum"]["maximum"], 1)
        self.assertEqual(json.loads(json.dumps(schema)), schema, "it is JSON")

    def test_parameters_come_as_their_types(self) -> None:
        given = {
            "path": "a",
            "parts": [{"path": "b", "sizes": ["1 KiB"], "used-maximum": 1}],
            "size": "2 KiB",
            "colour": "blue",
            "processes": True,
        }
        report = everything.run(json.dumps(given))
        part = Part(Readable("b"), [Size(1024)], 1.0)
        expected = (
            Readable("a"),
            [part],
            1,
            Size(2048),
            Colour.BLUE,
            "slow",
            Command(["make", "check"]),
            True,
        )
        self.assertEqual(report.to_json()["facts"][0]["value"], repr(expected))

    def test_what_does_not_fit_is_said_with_its_place(self) -> None:
        for given, why in [
            ({}, "'path' is missing"),
            ({"path": "a", "parts": [], "pth": 1}, "there is no 'pth'"),
            ({"path": 1, "parts": []}, "path: 1 is not a text"),
            ({"path": "a", "parts": [], "minimum": True}, "minimum: True is not an integer"),
            ({"path": "a", "parts": [], "size": "2"}, "size: '2' is not a size"),
            ({"path": "a", "parts": [], "colour": "grey"}, "colour: 'grey' is none of red, blue"),
            ({"path": "a", "parts": [{"path": "b", "sizes": ["x"]}]}, "parts: sizes: 'x' is not"),
        ]:
            with self.assertRaisesRegex(Unknown, f"^the parameters do not fit the check: {why}"):
                everything.run(json.dumps(given))

    def test_a_type_that_gonogo_toml_cannot_have_is_refused(self) -> None:
        hints: list[Any] = [
            bytes,
            object,
            list,
            tuple[int, int],
            int | str,
            Literal[1],
            dict[int, str],
        ]
        for hint in hints:
            with self.assertRaises(TypeError, msg=repr(hint)):
                kind_of(hint)


class Datasets(unittest.TestCase):
    def test_it_is_written_in_three_ways(self) -> None:
        one = Dataset.from_json("a.csv")
        self.assertEqual((one.files, dict(one.options)), (["a.csv"], {}))
        self.assertEqual(Dataset.from_json(["a", "b"]).files, ["a", "b"])
        options = {"delimiter": ";", "header": False, "nulls": ["NA"]}
        full = Dataset.from_json({"files": ["a"], **options})
        self.assertEqual(full.options.to_json(), options)
        self.assertEqual(full, Dataset("a", **options))
        self.assertEqual(Dataset.from_json(full.to_json()), full)
        remote = {"endpoint": "https://s3.example", "access-key-id": "ID"}
        away = Dataset.from_json({"files": "s3://b/x.csv", **remote, "session-token": None})
        self.assertEqual((away.files, away.options.to_json()), (["s3://b/x.csv"], remote))
        other = away.with_options(access_key_id="A", endpoint=None)
        self.assertEqual(other.options.to_json(), {"access-key-id": "A"})
        wrongs: list[Any] = [
            {"files": "a", "delimeter": ";"},
            {"files": "a", "access_key_id": "ID"},
            1,
            {"format": "csv"},
            [],
            [1],
        ]
        for wrong in wrongs:
            with self.assertRaises(ValueError, msg=repr(wrong)):
                Dataset.from_json(wrong)
        self.assertEqual(one.with_options(types="text").options.to_json(), {"types": "text"})

    def test_every_name_in_its_schema_carries_authority_and_nothing_else_does(self) -> None:
        text = json.dumps(Dataset.schema)
        for kind, count in [("dataset", 4), ("endpoint", 1), ("variable", 3)]:
            self.assertEqual(text.count(f'"x-gonogo-grant": "{kind}"'), count, kind)
        self.assertEqual(text.count("x-gonogo-grant"), 8)

    def test_variables_are_no_paths(self) -> None:
        self.assertEqual(kind_of(Variable).schema["x-gonogo-grant"], "variable")

    def test_a_server_is_a_text_that_grants_reading_from_it(self) -> None:
        kind = kind_of(Endpoint)
        schema = {"type": "string", "minLength": 1, "x-gonogo-grant": "endpoint"}
        self.assertEqual(kind.schema, schema)
        server = kind.read("https://data.example")
        self.assertEqual((server, type(server)), ("https://data.example", Endpoint))
