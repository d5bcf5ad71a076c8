"""Tables, and what DuckDB says of them: an oracle for the engine of datasets.

`python3 tests/tables/oracle.py FOLDER` writes real tables (of scikit-learn, palmerpenguins and vega_datasets) and generated ones into
FOLDER, and `answers.json` with DuckDB's answers: rows, repeated rows, nulls and different values of each column; and of each pair of splits how
many rows have equal features and another label, and how many rows of one are in the other.
"""

import csv
import gzip
import importlib.util
import io
import json
import pathlib
import random
import shutil
import sys

import duckdb

READERS = {".csv": "read_csv", ".tsv": "read_csv", ".gz": "read_csv", ".jsonl": "read_json", ".json": "read_json", ".parquet": "read_parquet"}


def package(name):
    """The folder of an installed package, without importing it: some need libraries that are not here."""
    return pathlib.Path(importlib.util.find_spec(name).origin).parent


def real(folder):
    """Tables that people use. Those of scikit-learn have a first line of their own kind: it is replaced by names."""
    vega = package("vega_datasets") / "_data"
    for path in sorted([*vega.glob("*.csv"), *vega.glob("*.json"), *(package("palmerpenguins") / "data").glob("*.csv")]):
        shutil.copy(path, folder / path.name)
    data = package("sklearn") / "datasets" / "data"
    for name, names in [
        ("iris", ["sepal length", "sepal width", "petal length", "petal width", "species"]),
        ("breast_cancer", [f"measure {at}" for at in range(30)] + ["malignant"]),
        ("wine_data", [f"measure {at}" for at in range(13)] + ["cultivar"]),
    ]:
        lines = (data / f"{name}.csv").read_text().splitlines()[1:]
        (folder / f"sklearn-{name}.csv").write_text("\n".join([",".join(names), *lines]) + "\n")
    digits = gzip.decompress((data / "digits.csv.gz").read_bytes()).decode()
    header = ",".join([*(f"pixel {at}" for at in range(64)), "digit"])
    with gzip.GzipFile(folder / "sklearn-digits.csv.gz", "wb", mtime=0) as packed:
        packed.write(f"{header}\n{digits}".encode())


def generated(folder):
    """Tables of every type and of everything that cells can hold, a fixed seed for each."""
    words = ["alpha", "Beta", "gamma, delta", 'with "quotes"', "two\nlines", "naïve café", "模型", " padded ", "O'Neil", "x" * 300, "=1+1", "a;b\tc"]

    def row(dice, kind, at):
        key = dice.randrange(50)
        cells = {
            "id": at,
            "small": key,
            "big": dice.choice([2**62, -(2**62), 2**53 + 1, key]),
            "price": round(dice.uniform(-5, 5), dice.randrange(1, 9)),
            "flag": dice.random() < 0.5,
            "day": f"20{dice.randrange(10, 26)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}",
            "time": f"2026-01-{dice.randrange(1, 29):02}T{dice.randrange(24):02}:{dice.randrange(60):02}:00",
            "word": dice.choice(words),
            "code": f"{dice.randrange(1000):04}",
        }
        if kind % 2:
            del cells["id"]
        return {name: None if dice.random() < 0.07 and name != "id" else cell for name, cell in cells.items()}

    for kind in range(24):
        dice = random.Random(kind)
        rows = [row(dice, kind, at) for at in range(dice.choice([1, 40, 700, 3000]))]
        # Some rows occur again.
        rows += [dict(dice.choice(rows)) for _ in range(len(rows) // 10)]
        names = list(rows[0])
        delimiter, name = [(",", "csv"), (";", "csv"), ("\t", "tsv"), ("", "jsonl"), ("", "json"), (",", "csv.gz")][kind % 6]
        text = io.StringIO()
        if name == "jsonl":
            text.writelines(json.dumps(cells, ensure_ascii=kind < 12) + "\n" for cells in rows)
        elif name == "json":
            json.dump(rows, text, ensure_ascii=kind < 12)
        else:
            ends = "\r\n" if kind >= 12 else "\n"
            writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator=ends)
            writer.writeheader()
            writer.writerows({key: str(cell).lower() if isinstance(cell, bool) else cell for key, cell in cells.items()} for cells in rows)
        raw = text.getvalue().encode()
        (folder / f"generated-{kind:02}.{name}").write_bytes(gzip.compress(raw, mtime=0) if name.endswith("gz") else raw)
    for kind in range(4):
        con = duckdb.connect()
        con.execute(
            f"COPY (SELECT i AS id, hash(i + {kind}) % 97 AS k, CASE WHEN i % 11 = 0 THEN NULL ELSE sin(i) END AS x, "
            f"'word ' || (i % {5 + kind}) AS w, DATE '2026-01-01' + CAST(i % 30 AS INTEGER) AS day, CAST(i % 7 AS DECIMAL(9, 2)) AS price "
            f"FROM range({10 ** (kind + 1)}) AS r(i)) TO '{folder}/generated-{kind}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
        )


def splits(folder):
    """Pairs of a training and a test split, with rows of one in the other, and equal features under different labels."""
    for kind in range(6):
        dice = random.Random(1000 + kind)
        spread = 10 ** dice.randrange(1, 4)

        def row():
            return [dice.randrange(spread), dice.choice(["a", "b", "", "d"]), round(dice.random() * spread) / 4, dice.choice(["cat", "dog"])]

        for name, count in [("train", 900), ("test", 300)]:
            with open(folder / f"{name}-{kind}.csv", "w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["number", "word", "size", "label"])
                writer.writerows(row() for _ in range(count))


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def describe(con, path):
    source = f"{READERS[path.suffix]}('{path}')"
    # All rows say what a type is, not only the first ones.
    source = source.replace("')", "', sample_size = -1)") if path.suffix != ".parquet" else source
    con.execute(f"CREATE OR REPLACE TABLE t AS SELECT * FROM {source}")
    names = [column[0] for column in con.execute("DESCRIBE t").fetchall()]
    one = lambda sql: con.execute(sql).fetchone()[0]
    columns = {
        name: {
            "nulls": one(f"SELECT count(*) - count({quoted(name)}) FROM t"),
            "distinct": one(f"SELECT count(DISTINCT {quoted(name)}) FROM t"),
        }
        for name in names
    }
    return {
        "rows": one("SELECT count(*) FROM t"),
        "duplicates": one("SELECT (SELECT count(*) FROM t) - (SELECT count(*) FROM (SELECT DISTINCT * FROM t))"),
        "columns": columns,
    }


def compare(con, folder, kind):
    for name in ("train", "test"):
        con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM read_csv('{folder}/{name}-{kind}.csv', sample_size = -1)")
    same = " AND ".join(f"a.{name} IS NOT DISTINCT FROM b.{name}" for name in ("number", "word", "size"))
    one = lambda sql: con.execute(sql).fetchone()[0]
    return {
        "conflicts": one(f"SELECT count(*) FROM train a WHERE EXISTS (SELECT 1 FROM train b WHERE {same} AND a.label <> b.label)"),
        "leaked": one(f"SELECT count(*) FROM test a WHERE EXISTS (SELECT 1 FROM train b WHERE {same})"),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    for part, write in [("real", real), ("generated", generated), ("splits", splits)]:
        (folder / part).mkdir(parents=True, exist_ok=True)
        write(folder / part)
    con = duckdb.connect()
    tables = sorted(path for part in ("real", "generated") for path in (folder / part).iterdir())
    answers = {
        "tables": {str(path.relative_to(folder)): describe(con, path) for path in tables},
        "splits": {str(kind): compare(con, folder / "splits", kind) for kind in range(6)},
    }
    (folder / "answers.json").write_text(json.dumps(answers, indent=1))


main()
