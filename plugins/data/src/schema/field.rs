//! What a column is declared to be, whatever declares it, and how that is asked in SQL.

use gonogo_sdk::dataset::{Column, Type, literal, quoted};

use crate::sql::{as_text, is_missing, literals, number};

/// A column as it is declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether it must be there at all.
    pub must_be: bool,
    /// The types that its cells may have; any, where there is none.
    pub types: Vec<Type>,
    /// Whether each row must have a value.
    pub filled: bool,
    /// Whether no value may occur twice.
    pub unique: bool,
    /// The values that there may be.
    pub values: Option<Vec<String>>,
    /// Least value.
    pub minimum: Option<f64>,
    /// Most value.
    pub maximum: Option<f64>,
    /// Fewest characters.
    pub shortest: Option<u64>,
    /// Most characters.
    pub longest: Option<u64>,
    /// A regular expression that matches somewhere in each value.
    pub pattern: Option<String>,
}

/// A rule that cells may break.
pub struct Broken {
    /// An aggregate: how many do.
    pub count: String,
    /// What is true of those rows; nothing where single rows cannot be told.
    pub condition: Option<String>,
    /// What to say of them: `are null`.
    pub what: String,
}

impl Field {
    /// A column that must be there, and of a type.
    pub fn of(name: &str, kind: Type) -> Self {
        let types = if kind == Type::Null { Vec::new() } else { vec![kind] };
        Self { name: name.to_owned(), must_be: true, types, ..Self::default() }
    }

    /// What to ask of a column's cells; and the type that is wanted, where it has another. `is_typed`: the files say what a cell is, so that a number is no text.
    pub fn rules(&self, column: &Column, is_typed: bool) -> (Vec<Broken>, Option<String>) {
        let (name, text) = (quoted(&column.name), as_text(column));
        let mut rules = Vec::new();
        let mut add = |condition: String, what: String| {
            rules.push(Broken {
                count: format!("count(*) FILTER (WHERE {condition})"),
                condition: Some(condition),
                what,
            });
        };
        let mut mismatch = None;
        if !self.types.is_empty() && !self.types.iter().any(|kind| fits(column.kind, *kind, is_typed)) {
            let wanted = self.types.iter().map(|kind| name_of(*kind)).collect::<Vec<_>>().join(" or ");
            // Of CSV the cells that spoil the type can be shown.
            let spelled = match self.types.as_slice() {
                _ if is_typed || column.kind != Type::Text => None,
                [Type::Integer] => Some("'integer'"),
                [Type::Number | Type::Decimal] => Some("'integer', 'number'"),
                [Type::Boolean] => Some("'boolean'"),
                [Type::Date] => Some("'date'"),
                [Type::Timestamp] => Some("'timestamp', 'date'"),
                _ => None,
            };
            match spelled {
                Some(kinds) => add(
                    format!("{name} IS NOT NULL AND cell_type({name}) NOT IN ({kinds}, 'empty', 'null')"),
                    format!("are not {wanted}"),
                ),
                None => mismatch = Some(wanted),
            }
        }
        if self.filled {
            add(is_missing(column, false), "are null".to_owned());
        }
        if let Some(values) = &self.values {
            let known = literals(values.iter().map(String::as_str));
            let known = if known.is_empty() { "''".to_owned() } else { known };
            add(format!("{text} NOT IN ({known})"), format!("are none of the {} declared", values.len()));
        }
        if column.kind.is_numeric() {
            let value = format!("CAST({name} AS DOUBLE)");
            if let Some((least, bound)) = self.minimum.and_then(|least| Some((least, number(least)?))) {
                add(format!("{value} < {bound}"), format!("are below {least}"));
            }
            if let Some((most, bound)) = self.maximum.and_then(|most| Some((most, number(most)?))) {
                add(format!("({value} > {bound} AND NOT isnan({value}))"), format!("are above {most}"));
            }
        }
        if let Some(shortest) = self.shortest {
            add(
                format!("character_length({text}) < {shortest}"),
                format!("have fewer than {shortest} characters"),
            );
        }
        if let Some(longest) = self.longest {
            add(
                format!("character_length({text}) > {longest}"),
                format!("have more than {longest} characters"),
            );
        }
        if let Some(pattern) = &self.pattern {
            add(format!("NOT regexp_like({text}, {})", literal(pattern)), format!("do not match {pattern}"));
        }
        if self.unique {
            rules.push(Broken {
                count: format!("count({name}) - count(DISTINCT {name})"),
                condition: None,
                what: "occur again, and each may occur once".to_owned(),
            });
        }
        (rules, mismatch)
    }
}

/// Whether cells of one type may stand where another is declared.
fn fits(here: Type, declared: Type, is_typed: bool) -> bool {
    match (here, declared) {
        (here, declared) if here == declared => true,
        // Nothing but nulls contradicts no type.
        (Type::Null, _)
        | (Type::Integer | Type::Decimal, Type::Number)
        | (Type::Number | Type::Integer, Type::Decimal)
        | (Type::Date, Type::Timestamp) => true,
        // In CSV all is text that only looks like something.
        (_, Type::Text) => !is_typed,
        _ => false,
    }
}

/// What a type is called.
pub fn name_of(kind: Type) -> &'static str {
    match kind {
        Type::Boolean => "boolean",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Text => "text",
        Type::Date => "date",
        Type::Timestamp => "timestamp",
        Type::Time => "time",
        Type::Decimal => "decimal",
        Type::Binary => "binary",
        Type::Json => "json",
        Type::Null => "null",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Type) -> Column {
        Column { name: "x".to_owned(), kind, nullable: true, stored: String::new(), partition: false }
    }

    #[test]
    fn types_fit_where_nothing_is_lost() {
        assert!(fits(Type::Integer, Type::Number, true) && fits(Type::Null, Type::Json, true));
        assert!(!fits(Type::Number, Type::Integer, true) && !fits(Type::Text, Type::Integer, false));
        assert!(fits(Type::Integer, Type::Text, false) && !fits(Type::Integer, Type::Text, true));
    }

    #[test]
    fn constraints_become_conditions() {
        let field = Field {
            filled: true,
            unique: true,
            values: Some(vec!["it's".to_owned()]),
            minimum: Some(1.0),
            pattern: Some("^a'$".to_owned()),
            ..Field::of("x", Type::Integer)
        };
        let (rules, mismatch) = field.rules(&column(Type::Text), false);
        assert_eq!(mismatch, None);
        let conditions = rules.iter().filter_map(|rule| rule.condition.as_deref()).collect::<Vec<_>>();
        assert_eq!(
            conditions,
            [
                "\"x\" IS NOT NULL AND cell_type(\"x\") NOT IN ('integer', 'empty', 'null')",
                "\"x\" IS NULL",
                "\"x\" NOT IN ('it''s')",
                "NOT regexp_like(\"x\", '^a''$')",
            ]
        );
        assert_eq!(
            rules.last().map(|rule| rule.count.as_str()),
            Some("count(\"x\") - count(DISTINCT \"x\")")
        );
        let (_, mismatch) = field.rules(&column(Type::Text), true);
        assert_eq!(mismatch.as_deref(), Some("integer"));
        let (rules, _) = field.rules(&column(Type::Integer), true);
        assert!(rules.iter().any(|rule| rule.what == "are below 1"));
    }
}
