//! A check's parameter schema, as far as planning needs it: where authority is, which defaults there are, what to suggest.
//!
//! Local references are followed once, when the shape is made; validation itself is left to the `jsonschema` crate.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value, json};

/// References that may lead to one another. A schema that goes deeper refers to itself.
const DEEPEST: usize = 64;

/// The largest automaton of one `pattern`, in bytes: patterns come from plugins.
const PATTERN_SIZE: usize = 1 << 20;

/// The kind of authority that a value carries: the keyword `x-gonogo-grant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Dataset,
    Write,
    Scratch,
    Processes,
    Endpoint,
    Program,
    Command,
    Variable,
    Reveal,
}

impl Kind {
    /// All of them, each as `x-gonogo-grant` writes it.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Read, "read"),
        (Self::Dataset, "dataset"),
        (Self::Write, "write"),
        (Self::Scratch, "scratch"),
        (Self::Processes, "processes"),
        (Self::Endpoint, "endpoint"),
        (Self::Program, "program"),
        (Self::Command, "command"),
        (Self::Variable, "variable"),
        (Self::Reveal, "reveal"),
    ];

    /// As `x-gonogo-grant` writes it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// A schema.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The authority of a value with this schema.
    pub grant: Option<Kind>,
    /// What stands for a value that is not given. Null is left out: it says no more than absence.
    pub default: Option<Value>,
    /// Whether null is allowed.
    pub nullable: bool,
    /// What a value should look like, for people: `a size: write …`.
    pub expected: Option<String>,
    /// The first line of the documentation.
    pub description: Option<String>,
    /// A value that may stand here, for the lines that a user is shown to fill in.
    pub placeholder: Value,
    /// Of an object, by name.
    pub properties: BTreeMap<String, Self>,
    /// Names that an object must have.
    pub required: BTreeSet<String>,
    /// What an object's other values must be.
    additional: Option<Box<Self>>,
    /// What a list's first elements must be.
    prefix: Vec<Self>,
    /// What its other elements must be.
    items: Option<Box<Self>>,
    /// Schemas that hold too.
    all: Vec<Self>,
    /// Schemas of which those hold that a value satisfies. Where one says nothing that planning needs, nobody asks whether it holds,
    /// and it has no validator: most are of this sort, and validators are dear.
    alternatives: Vec<(Option<Validator>, Self)>,
}

impl Shape {
    /// The shape of a schema. The error says what is wrong with it.
    pub fn new(schema: &Value) -> Result<Self, String> {
        Self::read(schema, schema, 0)
    }

    fn read(schema: &Value, root: &Value, depth: usize) -> Result<Self, String> {
        if depth > DEEPEST {
            return Err("the schema refers to itself or is too deep".to_owned());
        }
        let Some(schema) = schema.as_object() else {
            return Ok(Self { nullable: true, placeholder: json!("…"), ..Self::default() });
        };
        let read = |schema: &Value| Self::read(schema, root, depth + 1);
        let boxed = |key: &str| schema.get(key).map(|schema| read(schema).map(Box::new)).transpose();
        let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
        let mut shape = Self {
            grant: schema.get("x-gonogo-grant").map(kind).transpose()?,
            default: schema.get("default").filter(|default| !default.is_null()).cloned(),
            expected: text(schema, "x-gonogo-expected"),
            description: text(schema, "description")
                .and_then(|text| text.lines().next().map(|line| line.trim_end_matches('.').to_owned())),
            required: list("required").filter_map(Value::as_str).map(str::to_owned).collect(),
            additional: boxed("additionalProperties")?,
            items: boxed("items")?,
            prefix: list("prefixItems").map(read).collect::<Result<_, _>>()?,
            all: list("allOf").map(read).collect::<Result<_, _>>()?,
            ..Self::default()
        };
        if let Some(reference) = schema.get("$ref") {
            shape.all.push(read(follow(reference, root)?)?);
        }
        for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            shape.properties.insert(name.clone(), read(schema)?);
        }
        for alternative in list("anyOf").chain(list("oneOf")) {
            let inner = read(alternative)?;
            let decides = inner.speaks().then(|| validator(&with_definitions(alternative, root)));
            shape.alternatives.push((decides.transpose()?, inner));
        }
        shape.nullable = shape.is_nullable(schema);
        shape.placeholder = shape.example(schema);
        Ok(shape)
    }

    /// Whether it says anything of authority or of what is inside a value.
    fn speaks(&self) -> bool {
        self.grant.is_some()
            || !self.properties.is_empty()
            || self.additional.is_some()
            || !self.prefix.is_empty()
            || self.items.is_some()
            || self.all.iter().chain(self.alternatives.iter().map(|(_, shape)| shape)).any(Self::speaks)
    }

    fn is_nullable(&self, schema: &Map<String, Value>) -> bool {
        let by_type = match schema.get("type") {
            Some(Value::Array(types)) => types.iter().any(|name| name == "null"),
            Some(name) => name == "null",
            None => true,
        };
        let by_value = schema.get("const").is_none_or(Value::is_null)
            && schema
                .get("enum")
                .and_then(Value::as_array)
                .is_none_or(|options| options.contains(&Value::Null));
        let by_alternative =
            self.alternatives.is_empty() || self.alternatives.iter().any(|(_, shape)| shape.nullable);
        by_type && by_value && by_alternative && self.all.iter().all(|shape| shape.nullable)
    }

    fn example(&self, schema: &Map<String, Value>) -> Value {
        let first = |key: &str| schema.get(key).and_then(|list| list.get(0)).cloned();
        let written = first("examples").or_else(|| self.default.clone());
        if let Some(value) = written.or_else(|| schema.get("const").cloned()).or_else(|| first("enum")) {
            return value;
        }
        match self.grant {
            Some(Kind::Read) => return json!("path/to/read"),
            Some(Kind::Dataset) => return json!("path/to/data.csv"),
            Some(Kind::Write) => return json!("path/to/folder"),
            Some(Kind::Scratch) => return json!("path/to/scratch"),
            Some(Kind::Processes) => return json!(true),
            Some(Kind::Endpoint) => return json!("https://server"),
            Some(Kind::Program) => return json!("program"),
            Some(Kind::Command) => return json!(["program", "argument"]),
            Some(Kind::Variable | Kind::Reveal) => return json!("VARIABLE"),
            None => {}
        }
        let types = schema.get("type");
        let is =
            |name: &str| types.is_some_and(|types| types == name || types.get(0).is_some_and(|t| t == name));
        if is("integer") || is("number") {
            return schema.get("minimum").cloned().unwrap_or(json!(1));
        }
        if is("boolean") {
            return json!(true);
        }
        if is("array") {
            return Value::Array(self.items.iter().map(|item| item.placeholder.clone()).collect());
        }
        if is("object") || !self.properties.is_empty() {
            let required = self.properties.iter().filter(|(name, _)| self.required.contains(*name));
            return Value::Object(
                required.map(|(name, shape)| (name.clone(), shape.placeholder.clone())).collect(),
            );
        }
        let others = self.alternatives.iter().map(|(_, shape)| shape).chain(&self.all);
        others.map(|shape| &shape.placeholder).find(|value| !value.is_null()).cloned().unwrap_or(json!("…"))
    }

    /// Puts in the defaults of what is not given, however deep.
    pub fn fill(&self, parameters: &mut Value) {
        fill(&[self], parameters);
    }

    /// Every schema that says something about what stands at a path, whether it holds or not: for messages.
    pub fn everything_at(&self, path: &[Step<'_>]) -> Vec<&Self> {
        let mut found = vec![self];
        for step in path {
            let around = found.iter().flat_map(|shape| shape.family()).collect::<Vec<_>>();
            found = around.iter().filter_map(|shape| shape.child(step)).collect();
        }
        found.iter().flat_map(|shape| shape.family()).collect()
    }

    /// This schema and all that may hold beside it for the same value.
    pub fn family(&self) -> Vec<&Self> {
        let inner = self.all.iter().chain(self.alternatives.iter().map(|(_, shape)| shape));
        std::iter::once(self).chain(inner.flat_map(Self::family)).collect()
    }

    /// What may be said of elements of a list, of any place in it.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.prefix.iter().chain(self.items.as_deref())
    }

    /// What is said of values whose names are not among the properties.
    pub fn additional(&self) -> Option<&Self> {
        self.additional.as_deref()
    }

    fn child(&self, step: &Step<'_>) -> Option<&Self> {
        match step {
            Step::Key(key) => self.properties.get(*key).or(self.additional.as_deref()),
            Step::Element(index) => self.prefix.get(*index).or(self.items.as_deref()),
        }
    }
}

/// One step into a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Element(usize),
}

/// Of schemas that hold for a value, these and all that therefore hold too.
pub(super) fn holding<'s>(shapes: &[&'s Shape], value: &Value) -> Vec<&'s Shape> {
    let mut found = Vec::new();
    for shape in shapes {
        found.push(*shape);
        let holds = |validator: &Option<Validator>| validator.as_ref().is_some_and(|it| it.is_valid(value));
        let chosen = shape.alternatives.iter().filter(|(validator, _)| holds(validator));
        for inner in shape.all.iter().chain(chosen.map(|(_, shape)| shape)) {
            found.extend(holding(&[inner], value));
        }
    }
    found
}

/// The schemas of what is one step inside.
pub(super) fn inside<'s>(holding: &[&'s Shape], step: Step<'_>) -> Vec<&'s Shape> {
    holding.iter().filter_map(|shape| shape.child(&step)).collect()
}

fn fill(shapes: &[&Shape], value: &mut Value) {
    if shapes.is_empty() || !(value.is_object() || value.is_array()) {
        return;
    }
    let holding = holding(shapes, value);
    match value {
        Value::Object(object) => {
            for (name, shape) in holding.iter().flat_map(|shape| &shape.properties) {
                if let Some(default) = &shape.default
                    && !object.contains_key(name)
                {
                    object.insert(name.clone(), default.clone());
                }
            }
            for (name, value) in object {
                fill(&inside(&holding, Step::Key(name)), value);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter_mut().enumerate() {
                fill(&inside(&holding, Step::Element(index)), value);
            }
        }
        _ => {}
    }
}

/// What judges values by a schema. Patterns come from plugins, so they are matched in linear time.
pub(super) fn validator(schema: &Value) -> Result<Validator, String> {
    let patterns = PatternOptions::regex().size_limit(PATTERN_SIZE);
    let options = jsonschema::options().with_draft(Draft::Draft202012).with_pattern_options(patterns);
    options.build(schema).map_err(|error| format!("the schema is not valid: {error}"))
}

/// A part of a schema that can stand alone.
fn with_definitions(part: &Value, root: &Value) -> Value {
    let mut part = part.clone();
    if let (Some(object), Some(definitions)) = (part.as_object_mut(), root.get("$defs")) {
        object.insert("$defs".to_owned(), definitions.clone());
    }
    part
}

fn follow<'a>(reference: &Value, root: &'a Value) -> Result<&'a Value, String> {
    let target = reference.as_str().and_then(|text| root.pointer(text.strip_prefix('#')?));
    target.ok_or_else(|| format!("the schema refers to {reference}, which is not in it"))
}

fn kind(name: &Value) -> Result<Kind, String> {
    let found = Kind::ALL.iter().find(|(_, known)| name.as_str() == Some(known)).map(|(kind, _)| *kind);
    found.ok_or_else(|| {
        format!("the schema asks for a grant of the kind {name}, which this host does not know")
    })
}

fn text(schema: &Map<String, Value>, key: &str) -> Option<String> {
    schema.get(key).and_then(Value::as_str).map(str::to_owned)
}
