use gonogo_sdk::{Check, Dataset, JsonSchema, Report, Stop, dataset};
use serde::Deserialize;

/// A column of a table has no nulls
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Table {
    /// The table.
    data: Dataset,
    /// The column.
    #[serde(default = "column")]
    column: String,
}

fn column() -> String {
    "label".to_owned()
}

impl Check for Table {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let column = &self.column;
        let table = dataset::open(&self.data)?;
        let sql =
            format!(r#"SELECT count(*) AS "rows", count({}) AS "filled" FROM data"#, dataset::quoted(column));
        let answer = dataset::query(&[("data", &table)], &sql)?;
        let (rows, filled) = (answer.need::<u64>(0, "rows")?, answer.need::<u64>(0, "filled")?);
        if rows == 0 {
            return Err(Stop::not_applicable("the table has no rows"));
        }
        let nulls = rows.saturating_sub(filled);
        report.fact("rows", rows).unit("1");
        report.fact("nulls", nulls).unit("1").bound("= 0");
        if nulls > 0 {
            report.no_go(format!("{column} is null in {nulls} of {rows} rows"));
        }
        report.summary(format!("{rows} rows, {nulls} without {column}"));
        Ok(())
    }
}
