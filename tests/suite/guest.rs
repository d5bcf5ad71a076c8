//! How a hostile guest is made: a core module in WebAssembly text that speaks the canonical ABI itself, and so can break it.
//!
//! By default it describes one check, `check`, and answers `fine`. Each test replaces what it attacks with. In the bodies
//! `$answer` and `$description` are the addresses of what it says by default, and `$scratch` of 64 bytes to write to.

use std::{fmt::Write, path::Path, sync::LazyLock};

use gonogo::{
    catalog::described::{Said, SaidCheck},
    domain::Report,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

use super::image::{Answer, Image, List};

/// The contract, as the host has it, with WASI beside it: a guest imports only what it names.
pub static CONTRACT: LazyLock<(Resolve, WorldId)> = LazyLock::new(|| {
    let mut resolve = Resolve::default();
    resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("wit")).unwrap();
    let package = resolve.push_str("wasi.wit", include_str!("wasi.wit")).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    (resolve, world)
});

/// Where the guest's data begins: below is nothing, so that a null pointer means something else.
const BASE: u32 = 1024;

/// Bytes of a page of linear memory.
pub const PAGE: u32 = 65_536;

/// A guest in the making.
pub struct Guest {
    said: Said,
    answer: Answer,
    encoding: StringEncoding,
    pages: Option<u32>,
    imports: String,
    fields: String,
    texts: Vec<(&'static str, String)>,
    lists: Vec<(&'static str, List)>,
    run: String,
    describe: String,
    realloc: String,
    post_run: Option<String>,
}

/// A report that says nothing but this.
pub fn report(summary: &str) -> Report {
    Report { summary: summary.to_owned(), ..Report::default() }
}

impl Guest {
    /// A guest that does no harm.
    pub fn new() -> Self {
        let check = SaidCheck {
            name: "check".to_owned(),
            summary: "Something holds".to_owned(),
            documentation: "It is **looked at**.".to_owned(),
            parameters: r#"{"type":"object"}"#.to_owned(),
            ..SaidCheck::default()
        };
        Self {
            said: Said { version: "1.0.0".to_owned(), summary: "A guest".to_owned(), checks: vec![check] },
            answer: Ok(report("fine")),
            encoding: StringEncoding::UTF8,
            pages: None,
            imports: String::new(),
            fields: String::new(),
            texts: Vec::new(),
            lists: Vec::new(),
            run: "(global.get $answer)".to_owned(),
            describe: "(global.get $description)".to_owned(),
            realloc: "(local.set $at (i32.and
                (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
                (i32.sub (i32.const 0) (local.get $align))))
              (global.set $heap (i32.add (local.get $at) (local.get $size)))
              (local.get $at)"
                .to_owned(),
            post_run: None,
        }
    }

    /// What it says of itself.
    pub fn describes(mut self, change: impl FnOnce(&mut Said)) -> Self {
        change(&mut self.said);
        self
    }

    /// What it says of its one check.
    pub fn describes_check(self, change: impl FnOnce(&mut SaidCheck)) -> Self {
        self.describes(|said| change(&mut said.checks[0]))
    }

    /// What `run` answers, unless its body is replaced.
    pub fn answers(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    /// How its strings are encoded.
    pub fn encoding(mut self, encoding: StringEncoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Pages of memory at the start: what is needed, and a MiB, by default.
    pub fn pages(mut self, pages: u32) -> Self {
        self.pages = Some(pages);
        self
    }

    /// Imports a host function as `$interface.function`. What a resource has is `$files.content.format` and `$files.drop-content`.
    pub fn import(self, interface: &str, function: &str, signature: &str) -> Self {
        self.import_from(&format!("gonogo:plugin/{interface}@0.1.0"), interface, function, signature)
    }

    /// Imports a function of WASI, such as `random/random`, as `$random.function`.
    pub fn wasi(self, interface: &str, function: &str, signature: &str) -> Self {
        let short = interface.split_once('/').unwrap().1;
        self.import_from(&format!("wasi:{interface}@0.2.0"), short, function, signature)
    }

    fn import_from(mut self, host: &str, interface: &str, function: &str, signature: &str) -> Self {
        let name = function.replace("[method]", "").replace("[resource-drop]", "drop-");
        let _ = writeln!(
            self.imports,
            r#"(import "{host}" "{function}" (func ${interface}.{name} {signature}))"#
        );
        self
    }

    /// A text in memory: the globals `$name` and `$name.length`.
    pub fn text(mut self, name: &'static str, text: &str) -> Self {
        self.texts.push((name, text.to_owned()));
        self
    }

    /// A list in memory: the globals `$name` and `$name.length`.
    pub fn list(mut self, name: &'static str, list: List) -> Self {
        self.lists.push((name, list));
        self
    }

    /// A further field of the module.
    pub fn field(mut self, field: &str) -> Self {
        self.fields.push_str(field);
        self
    }

    /// The body of `run`, which gives the address of a result.
    pub fn run(mut self, body: &str) -> Self {
        body.clone_into(&mut self.run);
        self
    }

    /// The body of `describe`, which gives the address of a description.
    pub fn describe(mut self, body: &str) -> Self {
        body.clone_into(&mut self.describe);
        self
    }

    /// The body of `cabi_realloc`, with the parameters `$old $old_size $align $size` and the local `$at`.
    pub fn realloc(mut self, body: &str) -> Self {
        body.clone_into(&mut self.realloc);
        self
    }

    /// What happens after the host has read the result of `run`.
    pub fn post_run(mut self, body: &str) -> Self {
        self.post_run = Some(body.to_owned());
        self
    }

    fn module(&self) -> String {
        let mut image = Image::new(BASE, self.encoding);
        let mut globals = String::new();
        let mut global = |name: &str, value: u32| {
            let _ = writeln!(globals, "(global ${name} i32 (i32.const {}))", value.cast_signed());
        };
        global("description", image.description(&self.said));
        global("answer", image.answer(&self.answer));
        for (name, text) in &self.texts {
            let (at, length) = image.text(text);
            global(name, at);
            global(&format!("{name}.length"), length);
        }
        for (name, list) in &self.lists {
            let (at, length) = image.laid_out(list);
            global(name, at);
            global(&format!("{name}.length"), length);
        }
        let scratch = image.end().next_multiple_of(16);
        global("scratch", scratch);
        let heap = scratch + 64;
        let pages = self.pages.unwrap_or(heap / PAGE + 17);
        let data = image.bytes.iter().fold(String::new(), |mut data, byte| {
            let _ = write!(data, "\\{byte:02x}");
            data
        });
        let Self { imports, fields, run, describe, realloc, .. } = self;
        let post_run = self.post_run.as_ref().map_or_else(String::new, |body| {
            format!(
                r#"(func (export "cabi_post_gonogo:plugin/checks@0.1.0#run") (param $answered i32) {body})"#
            )
        });
        format!(
            r#"(module
            {imports}
            (memory (export "memory") {pages})
            {globals}
            (global $heap (mut i32) (i32.const {heap}))
            (data (i32.const {BASE}) "{data}")
            (func $realloc (export "cabi_realloc")
              (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32) (local $at i32)
              {realloc})
            (func (export "gonogo:plugin/checks@0.1.0#describe") (result i32) {describe})
            (func (export "gonogo:plugin/checks@0.1.0#run") (param $name i32) (param $name_length i32)
              (param $parameters i32) (param $parameters_length i32) (result i32) (local $at i32) {run})
            {post_run}
            {fields})"#
        )
    }

    /// The core module.
    pub fn core(&self) -> Vec<u8> {
        let text = self.module();
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// The component.
    pub fn build(&self) -> Vec<u8> {
        let mut module = self.core();
        let (resolve, world) = &*CONTRACT;
        embed_component_metadata(&mut module, resolve, *world, self.encoding).unwrap();
        let mut encoder = ComponentEncoder::default().validate(true).module(&module).unwrap();
        encoder.encode().unwrap_or_else(|error| panic!("{error:#}"))
    }
}
