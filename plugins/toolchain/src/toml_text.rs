//! TOML with the line of every value.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::project::line_at;

/// A file that is no TOML.
#[derive(Debug)]
pub struct Broken {
    /// Why.
    pub message: String,
    /// Where, from 1.
    pub line: u32,
}

/// A TOML document.
pub struct Document<'t> {
    text: &'t str,
    root: DeTable<'t>,
}

/// A value in it.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    text: &'d str,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'t> Document<'t> {
    /// Parses a text.
    pub fn parse(text: &'t str) -> Result<Self, Broken> {
        match DeTable::parse(text) {
            Ok(root) => Ok(Self { text, root: root.into_inner() }),
            Err(error) => Err(Broken {
                message: format!("is not TOML: {}", error.message()),
                line: line_at(text, error.span().map_or(0, |span| span.start)),
            }),
        }
    }

    /// The value below a path of keys.
    pub fn get(&self, path: &[&str]) -> Option<Node<'_>> {
        let (first, rest) = path.split_first()?;
        let value = self.root.get(*first)?;
        rest.iter().try_fold(Node { text: self.text, value }, |node, key| node.get(key))
    }
}

impl<'d> Node<'d> {
    fn at(self, value: &'d Spanned<DeValue<'d>>) -> Self {
        Self { text: self.text, value }
    }

    /// The line on which the value starts, from 1.
    pub fn line(self) -> u32 {
        line_at(self.text, self.value.span().start)
    }

    /// A text.
    pub fn text(self) -> Option<&'d str> {
        self.value.get_ref().as_str()
    }

    /// A boolean.
    pub fn boolean(self) -> Option<bool> {
        self.value.get_ref().as_bool()
    }

    /// The elements of a list; none of anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'d>> {
        self.value.get_ref().as_array().into_iter().flatten().map(move |value| self.at(value))
    }

    /// Whether the value is a list.
    pub fn is_list(self) -> bool {
        self.value.get_ref().is_array()
    }

    /// The keys and values of a table; none of anything else.
    pub fn entries(self) -> impl Iterator<Item = (&'d str, Node<'d>)> {
        let entries = self.value.get_ref().as_table().into_iter().flatten();
        entries.map(move |(key, value)| (key.get_ref().as_ref(), self.at(value)))
    }

    /// The value of a key of a table.
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        self.value.get_ref().as_table()?.get(key).map(|value| self.at(value))
    }
}
