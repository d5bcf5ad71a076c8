//! All patterns of a search, and one automaton over their keywords.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::rule::{Known, Rule};
use crate::{
    capabilities::pattern::Budget,
    domain::{Attributes, Error},
};

/// Most patterns of one search.
const MOST_RULES: usize = 2_000;

/// Most bytes of all their expressions together: parsing takes time in proportion.
const MOST_TEXT: usize = 2 << 20;

/// Most bytes of all keywords.
const MOST_KEYWORDS: usize = 1 << 20;

/// Up to so many bytes of keywords, their automaton is a table: about a megabyte, and twice as fast.
const TABLE: usize = 16 << 10;

/// The patterns of a search.
pub struct Rules {
    /// In their order.
    pub all: Vec<Rule>,
    /// Finds keywords, in any case.
    pub keywords: Option<AhoCorasick>,
    /// The rules of each keyword.
    pub of_keyword: Vec<Vec<usize>>,
    /// The rules without keywords.
    pub everywhere: Vec<usize>,
}

impl Rules {
    /// Reads patterns as the contract gives them.
    pub fn read(patterns: &[Attributes]) -> Result<Self, Error> {
        if patterns.len() > MOST_RULES {
            return Err(Error::Limit(format!("more than {MOST_RULES} patterns in one search")));
        }
        let budget = Budget::of(patterns.len());
        let mut known = Known::default();
        let rules = patterns.iter().map(|pattern| Rule::read(pattern, budget, &mut known));
        let rules = rules.collect::<Result<Vec<_>, _>>()?;
        if rules.iter().map(Rule::length).sum::<usize>() + known.length() > MOST_TEXT {
            return Err(Error::Limit(format!("patterns of more than {MOST_TEXT} bytes in one search")));
        }
        let mut at = HashMap::<String, usize>::new();
        let mut keywords = Vec::new();
        let mut of_keyword = Vec::<Vec<usize>>::new();
        let mut everywhere = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            if rule.keywords.iter().all(String::is_empty) {
                everywhere.push(index);
                continue;
            }
            for keyword in rule.keywords.iter().filter(|keyword| !keyword.is_empty()) {
                let keyword = keyword.to_ascii_lowercase();
                let place = *at.entry(keyword).or_insert_with_key(|keyword| {
                    keywords.push(keyword.clone());
                    of_keyword.push(Vec::new());
                    of_keyword.len() - 1
                });
                if let Some(rules) = of_keyword.get_mut(place)
                    && rules.last() != Some(&index)
                {
                    rules.push(index);
                }
            }
        }
        let length = keywords.iter().map(String::len).sum::<usize>();
        if length > MOST_KEYWORDS {
            return Err(Error::Limit(format!("keywords of more than {MOST_KEYWORDS} bytes in one search")));
        }
        let automaton = || {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind((length <= TABLE).then_some(AhoCorasickKind::DFA))
                .build(&keywords)
                .map_err(|error| Error::Limit(format!("the keywords are too many: {error}")))
        };
        let keywords = if keywords.is_empty() { None } else { Some(automaton()?) };
        Ok(Self { all: rules, keywords, of_keyword, everywhere })
    }
}
