//! Tables as people have them: the answers of the engine are DuckDB's, to the row.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::scratch::{Ran, folder, gonogo, root, sh, shared};

/// Makes an environment with DuckDB, and the packages that have tables in them; without what these need to run.
const MAKE: &str = r#"
set -eu
python3 -m venv "$1"
"$1"/bin/python -m pip install --quiet --disable-pip-version-check --no-deps duckdb==2.0.0 palmerpenguins==0.1.6 scikit-learn==1.9.1 vega_datasets==0.9.0
"#;

/// The tables, with DuckDB's answers: made anew by each test, from an environment that is kept.
fn tables(into: &Path) -> Value {
    let kept = shared().join("duckdb-2.0.0");
    if !kept.exists() {
        let making = folder();
        let environment = making.path().join("environment");
        sh(root(), MAKE, &[environment.as_os_str()]);
        if let Err(error) = fs::rename(&environment, &kept) {
            assert!(kept.exists(), "cannot keep {}: {error}", kept.display());
        }
    }
    sh(root(), r#""$1"/bin/python tests/tables/oracle.py "$2""#, &[kept.as_os_str(), into.as_os_str()]);
    serde_json::from_str(&fs::read_to_string(into.join("answers.json")).unwrap()).unwrap()
}

fn run(place: &Path, words: &[&str]) -> Ran {
    gonogo().args(words).current_dir(place).output().unwrap().into()
}

/// What `data profile` says of one table, in the oracle's form.
fn profiled(place: &Path, name: &str, more: &[&str]) -> Value {
    let ran = run(place, &[&["data", "profile", name, "--format", "json"], more].concat());
    assert_eq!(ran.code, Some(0), "{name}: {}", ran.err);
    ran.json()["tables"][0].clone()
}

#[test]
fn rows_nulls_and_different_values_are_those_of_duckdb() {
    let place = folder();
    let answers = tables(place.path());
    let tables = answers["tables"].as_object().unwrap();
    let real = tables.keys().filter(|name| name.starts_with("real/")).count();
    assert!(real >= 20 && tables.len() - real >= 20, "{real} of {}", tables.len());
    let mut differing = Vec::new();
    for (name, expected) in tables {
        let found = profiled(place.path(), name, &[]);
        let columns = found["columns"].as_array().unwrap().iter().map(|column| {
            let about = json!({"nulls": column["nulls"], "distinct": column["distinct"]});
            (column["name"].as_str().unwrap().to_owned(), about)
        });
        let found = json!({
            "rows": found["rows"],
            "duplicates": found["duplicates"],
            "columns": columns.collect::<serde_json::Map<_, _>>(),
        });
        if found != *expected {
            differing.push(format!("{name}\n  here   {found}\n  duckdb {expected}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));

    for (kind, expected) in answers["splits"].as_object().unwrap() {
        let config = format!(
            "[items.\"data.training.split\".with]\ntrain = \"splits/train-{kind}.csv\"\ntest = \"splits/test-{kind}.csv\"\nlabel = \"label\"\ndrift = false\n\
             [items.\"data.validation.labels\".with]\ndata = \"splits/train-{kind}.csv\"\nlabel = \"label\"\n"
        );
        fs::write(place.path().join("gonogo.toml"), config).unwrap();
        let ran = run(
            place.path(),
            &[
                "check",
                "--format",
                "json",
                "--only",
                "data.training.split",
                "--only",
                "data.validation.labels",
            ],
        );
        let fact = |item: &str, name: &str| {
            let item = ran.item(item);
            let facts = item["facts"].as_array().unwrap().iter();
            let found = facts.clone().find(|fact| fact["name"] == name);
            found.unwrap_or_else(|| panic!("no '{name}' in {item:#}"))["value"].clone()
        };
        assert_eq!(
            fact("data.training.split", "rows of test that are in train"),
            expected["leaked"],
            "{kind}"
        );
        let conflicts = fact("data.validation.labels", "share of rows in conflict").as_f64().unwrap() * 900.0;
        assert_eq!(json!(conflicts.round() as u64), expected["conflicts"], "{kind}");
    }
}

#[test]
fn tables_that_everybody_knows_have_the_known_facts() {
    let place = folder();
    tables(place.path());
    let iris = profiled(place.path(), "real/sklearn-iris.csv", &[]);
    assert_eq!((&iris["rows"], &iris["duplicates"]), (&json!(150), &json!(1)));
    let penguins = profiled(place.path(), "real/penguins.csv", &["--null", "NA"]);
    let nulls =
        penguins["columns"].as_array().unwrap().iter().map(|column| column["nulls"].as_u64().unwrap());
    assert_eq!(nulls.sum::<u64>(), 19);
    let digits = profiled(place.path(), "real/sklearn-digits.csv.gz", &[]);
    let constant = digits["columns"].as_array().unwrap().iter().filter(|column| column["distinct"] == 1);
    assert_eq!(constant.count(), 3);

    let text = run(place.path(), &["data", "profile", "real/penguins.csv", "--null", "NA"]);
    for words in ["344 rows · 8 columns", "no row occurs twice", "Adelie 44 %", "▃"] {
        assert!(text.out.contains(words), "{words}\n{}", text.out);
    }
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_shown() {
    let place = folder();
    fs::write(place.path().join("a.csv"), "x,y\n1,2\n").unwrap();
    fs::write(place.path().join("ragged.csv"), "x,y\n1,2\n3\n").unwrap();
    let ran = run(place.path(), &["data", "profile", "ragged.csv", "a.csv", "gone.csv"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.out.contains("a.csv  csv · 8 B · 1 row · 2 columns"), "{}", ran.out);
    for words in ["ragged.csv:3 has 1 fields", "gone.csv"] {
        assert!(ran.err.contains(words), "{words}\n{}", ran.err);
    }
}
