"""The questions of a dataset gate, asked of DuckDB and of gonogo's engine over the same tables.

`python3 benches/peers/tables.py FOLDER [ROWS]` writes train.csv and test.csv (four fifths and one fifth of ROWS, 17 columns) and the same as
Parquet into FOLDER, asks DuckDB, and prints its answers, the median time and the peak of its memory. Each run is a process of its own, which
reads the files anew. `GONOGO_TABLES=FOLDER cargo bench --bench benches -- dataset` asks the same of the engine and prints its answers.
"""

import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time

FEATURES = [f"f{at}" for at in range(1, 11)] + ["n1", "n2", "n3", "c1", "c2"]
COLUMNS = ["id", *FEATURES, "label"]


def write(folder, rows):
    import duckdb

    base = max(rows * 98 // 100, 1)
    # Every fiftieth row is a row of before, some of them with another label.
    floats = ", ".join(f"round((hash(k * 31 + {at}) % 1000000007) / 1000000007.0 * 100, 7) AS f{at}" for at in range(1, 11))
    con = duckdb.connect()
    con.execute(
        f"CREATE TABLE t AS SELECT i AS id, {floats}, hash(k + 7) % 1000 AS n1, hash(k + 8) % 50 AS n2, "
        f"CASE WHEN hash(k + 9) % 20 = 0 THEN NULL ELSE hash(k + 9) % 100000 END AS n3, "
        f"'category ' || (hash(k + 10) % 12) AS c1, 'group-' || (hash(k + 11) % 4000) AS c2, "
        f"CASE WHEN i >= {base} AND i % 3 = 0 THEN 'other' ELSE 'label ' || (hash(k + 12) % 5) END AS label "
        f"FROM (SELECT i, CASE WHEN i >= {base} THEN i - {base} ELSE i END AS k FROM range({rows}) AS r(i))"
    )
    for name, where in [("train", "id % 5 <> 0"), ("test", "id % 5 = 0")]:
        for kind, options in [("csv", "HEADER"), ("parquet", "FORMAT parquet")]:
            con.execute(f"COPY (SELECT * FROM t WHERE {where}) TO '{folder / name}.{kind}' ({options})")


def questions(kind, folder):
    read = {"csv": "read_csv", "parquet": "read_parquet"}[kind]
    train, test = (f"{read}('{folder / name}.{kind}')" for name in ("train", "test"))
    features = ", ".join(FEATURES)
    return [
        f"CREATE TABLE train AS SELECT * FROM {train}",
        f"CREATE TABLE test AS SELECT * FROM {test}",
        f"SELECT (SELECT count(*) FROM train) - (SELECT count(*) FROM (SELECT DISTINCT {features}, label FROM train))",
        f"SELECT count(*) FROM (SELECT 1 FROM train GROUP BY {features} HAVING min(label) <> max(label))",
        "SELECT count(*) FROM test WHERE EXISTS (SELECT 1 FROM train WHERE "
        + " AND ".join(f"train.{name} IS NOT DISTINCT FROM test.{name}" for name in FEATURES)
        + ")",
        "SELECT " + ", ".join(f"count(*) - count({name})" for name in COLUMNS) + " FROM train",
        "SELECT label, count(*) FROM train GROUP BY label ORDER BY label",
        "SELECT " + ", ".join(f"count(DISTINCT {name})" for name in COLUMNS) + " FROM train",
    ]


def ask(kind, folder):
    import duckdb

    started = time.perf_counter()
    con = duckdb.connect()
    answers = []
    for sql in questions(kind, folder):
        found = con.execute(sql).fetchall()
        if not sql.startswith("CREATE"):
            answers.append(found)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_kib": peak, "answers": answers}))


def main():
    if sys.argv[1] == "--ask":
        return ask(sys.argv[2], pathlib.Path(sys.argv[3]))
    folder = pathlib.Path(sys.argv[1])
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_250_000
    if not (folder / "train.csv").exists():
        folder.mkdir(parents=True, exist_ok=True)
        write(folder, rows)
    for kind in ("csv", "parquet"):
        command = [sys.executable, __file__, "--ask", kind, str(folder)]
        runs = [json.loads(subprocess.check_output(command)) for _ in range(5)]
        print(f"duckdb, {kind}: {statistics.median(run['seconds'] for run in runs):.2f} s, "
              f"{max(run['peak_kib'] for run in runs) / 1024:.0f} MiB")
        for answer in runs[0]["answers"]:
            print("  ", *(" ".join(str(cell) for cell in row) for row in answer), sep="\n  ")


main()
