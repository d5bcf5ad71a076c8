//! Imports, calls and states: what a pickle does, judged where it does it.

use gonogo_sdk::Severity;

use super::{
    Called, Event, Import,
    machine::{Halt, Machine},
    opcodes as op,
    texts::Asked,
    value::{Call, Value},
};
use crate::artifacts::globals::{self, Argued, Judgement};

/// Most bytes of a module or a name: none that works is longer.
const NAME: u32 = 4_096;

/// Most different globals: a pickle with more is no model.
const IMPORTS: usize = 100_000;

/// The one call of a global that stands for all of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Record {
    call: Option<u32>,
    /// Whether it is harmless, whatever it is called with.
    alike: bool,
    /// Whether plain data says nothing more.
    plain: bool,
}

impl Machine<'_> {
    fn event(&mut self, severity: Severity, opcode: &'static str, offset: u64, message: impl Into<String>) {
        // One of a kind: a loop of a million of them says nothing more.
        let message = message.into();
        if self.events.len() < 1_000 && !self.events.iter().any(|event| event.message == message) {
            self.events.push(Event { severity, offset, opcode, message });
        }
    }

    /// An import, judged once.
    fn import(&mut self, module: &str, name: &str, opcode: &'static str, offset: u64) -> Result<Value, Halt> {
        let key = format!("{module}\n{name}");
        if let Some(&index) = self.known.get(&key) {
            return Ok(Value::Global(index));
        }
        if self.imports.len() >= IMPORTS {
            return Err(Halt::Limit("globals"));
        }
        let plain = |text: &str| {
            !text.is_empty()
                && text.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '.' | '<' | '>' | '-'))
        };
        if !plain(module) || !plain(name) || name.starts_with(|it: char| it.is_ascii_digit()) {
            self.odd("a global's name is none")?;
        }
        let judgement = globals::judge(module, name);
        let index = self.imports.len() as u32;
        self.shapes |= name == "NumpyArrayWrapper";
        self.imports.push(Import {
            module: module.to_owned(),
            name: name.to_owned(),
            judgement,
            offset,
            opcode,
            allowed: (self.rules.allowed)(&format!("{module}.{name}")),
            verb: {
                let last = name.rsplit('.').next().unwrap_or_default();
                globals::verb(last) && !globals::class_like(last)
            },
            called: None,
        });
        self.records.push(Record::default());
        if judgement == Judgement::Argued(Argued::Attribute) {
            // From now on it matters whether it is handed to them.
            self.records.iter_mut().for_each(|record| record.alike = false);
        }
        self.known.insert(key, index);
        Ok(Value::Global(index))
    }

    /// The two lines of `GLOBAL` and `INST`.
    pub(super) fn global_lines(&mut self, opcode: &'static str, at: u64) -> Result<Value, Halt> {
        let module = self.line()?;
        let name = self.line()?;
        if module.len() > NAME as usize || name.len() > NAME as usize {
            return Err(Halt::Broken("a global's name is longer than 4,096 bytes"));
        }
        self.import(&String::from_utf8_lossy(&module), &String::from_utf8_lossy(&name), opcode, at)
    }

    /// Module and name from the stack.
    pub(super) fn stack_global(&mut self, at: u64) -> Result<(), Halt> {
        let name = self.pop()?;
        let module = self.pop()?;
        if module == Value::Lost || name == Value::Lost {
            return Err(Halt::Limit("memo"));
        }
        let value = if let (Some(module), Some(name)) = (self.resolve(module, NAME), self.resolve(name, NAME))
        {
            self.import(&module, &name, "STACK_GLOBAL", at)?
        } else {
            self.odd("a global's name is no text")?;
            let message = "imports a global whose name is built at run time";
            self.event(Severity::NoGo, "STACK_GLOBAL", at, message);
            Value::Nothing
        };
        self.push(value)
    }

    /// A global of the extension registry, which the loading program fills.
    pub(super) fn extension(&mut self, opcode: &'static str, number: u32, at: u64) -> Result<(), Halt> {
        let value = self.import("copyreg extension", &number.to_string(), opcode, at)?;
        self.push(value)
    }

    /// Does a call of which all is known, because such a call was judged before.
    #[inline]
    pub(super) fn called_before(&mut self, code: u8) -> bool {
        if code != op::REDUCE && code != op::NEWOBJ {
            return false;
        }
        let floor = self.marks.last().copied().unwrap_or_default();
        let Some(at) = self.stack.len().checked_sub(2).filter(|&at| at >= floor) else { return false };
        let (Some(callee), Some(arguments)) = (self.stack.get(at), self.stack.get(at + 1)) else {
            return false;
        };
        let Some(record) = callee.global().and_then(|index| self.records.get(index as usize)) else {
            return false;
        };
        let (Some(call), true) = (record.call, record.alike || record.plain && arguments.is_plain()) else {
            return false;
        };
        self.stack.truncate(at);
        self.stack.push(Value::Call(call).into());
        true
    }

    pub(super) fn reduce(&mut self, at: u64) -> Result<(), Halt> {
        let arguments = self.pop()?;
        let callee = self.pop()?;
        let result = self.call(callee, &[arguments], "REDUCE", at)?;
        self.push(result)
    }

    /// What a call gives. `arguments` are the tuple, and the dict of named ones where there is one.
    pub(super) fn call(
        &mut self,
        callee: Value,
        arguments: &[Value],
        opcode: &'static str,
        at: u64,
    ) -> Result<Value, Halt> {
        let tuple = arguments.first().copied().unwrap_or(Value::Nothing);
        match callee {
            Value::Global(index) => {
                if let Some(result) = self.call_global(index, arguments, opcode, at)? {
                    return Ok(result);
                }
            }
            Value::Call(index) => {
                let inner = self.calls.get(index as usize).map_or(Value::Other, |call| call.callee);
                let of = self.described(inner);
                self.event(
                    Severity::NoGo,
                    opcode,
                    at,
                    format!("calls what {of} gave: a function built at run time"),
                );
            }
            Value::Persistent => {
                self.event(Severity::Warn, opcode, at, "calls an object that the loading program supplies");
            }
            Value::Lost => return Err(Halt::Limit("memo")),
            Value::Nothing if self.malformed && !self.rules.strict => {
                self.event(Severity::Warn, opcode, at, "calls what was never put on the stack");
            }
            _ => self.odd("it calls what is no function")?,
        }
        if self.calls.len() >= self.rules.budget.entries {
            return Ok(Value::Other);
        }
        if let Value::Global(index) = callee
            && let Some(&Record { call: Some(call), .. }) = self.records.get(index as usize)
        {
            return Ok(Value::Call(call));
        }
        let call = self.calls.len() as u32;
        self.calls.push(Call { callee, arguments: tuple, state: Value::Other });
        if let Value::Global(index) = callee
            && let Some(import) = self.imports.get(index as usize)
            // The sizes of arrays stand in these.
            && !matches!(&*import.name, "NumpyArrayWrapper" | "dtype" | "__newobj__" | "_reconstructor")
        {
            let argued = |import: &Import| import.judgement == Judgement::Argued(Argued::Attribute);
            let alike = import.judgement == Judgement::Safe && !self.imports.iter().any(argued);
            let plain = !matches!(import.judgement, Judgement::Argued(_));
            if let Some(record) = self.records.get_mut(index as usize) {
                *record = Record { call: Some(call), alike, plain };
            }
        }
        Ok(Value::Call(call))
    }

    /// A call of a global; the result where it is not simply that of a call.
    fn call_global(
        &mut self,
        index: u32,
        arguments: &[Value],
        opcode: &'static str,
        at: u64,
    ) -> Result<Option<Value>, Halt> {
        let tuple = arguments.first().copied().unwrap_or(Value::Nothing);
        let Some(import) = self.imports.get(index as usize) else { return Ok(None) };
        let (judgement, called) = (import.judgement, import.called);
        if called.is_none() {
            self.called(index, Called::Plain);
        }
        if self.elements(tuple).iter().any(|slot| self.is_getattr(slot.value())) {
            let callee = self.described(Value::Global(index));
            self.event(Severity::NoGo, opcode, at, format!("hands getattr to {callee}"));
        }
        match judgement {
            Judgement::Argued(Argued::Attribute) => return self.attribute(tuple, opcode, at).map(Some),
            Judgement::Argued(Argued::Import) => {
                let (module, name) = (self.element_at(tuple, 0), self.element_at(tuple, 1));
                let text = |value: Option<Value>| value.and_then(|value| self.resolve(value, NAME));
                match (text(module), text(name)) {
                    (Some(module), Some(name)) => return self.import(&module, &name, opcode, at).map(Some),
                    _ => self.event(
                        Severity::NoGo,
                        opcode,
                        at,
                        "imports a function whose name is built at run time",
                    ),
                }
            }
            Judgement::Argued(Argued::Partial)
                if !matches!(self.element_at(tuple, 0), Some(Value::Global(_))) =>
            {
                let message = "prepares a call of a function built at run time (functools.partial)";
                self.event(Severity::NoGo, opcode, at, message);
            }
            Judgement::Argued(Argued::Type) if self.elements(tuple).len() != 1 => {
                self.event(Severity::NoGo, opcode, at, "makes a class at run time (builtins.type)");
            }
            Judgement::Argued(Argued::Load)
                if !matches!(self.element_at(tuple, 0), Some(Value::Text(..))) =>
            {
                self.event(Severity::NoGo, opcode, at, "loads a pickle that is built at run time");
            }
            Judgement::Unknown | Judgement::Reference if called != Some(Called::Code) => {
                let how = self.how(index, arguments);
                self.called(index, how);
            }
            _ => {}
        }
        Ok(None)
    }

    fn called(&mut self, index: u32, how: Called) {
        if let Some(import) = self.imports.get_mut(index as usize) {
            import.called = import.called.max(Some(how));
        }
    }

    /// What the arguments of a call show.
    fn how(&self, index: u32, arguments: &[Value]) -> Called {
        let verb = self.imports.get(index as usize).is_some_and(|import| import.verb);
        let mut how = Called::Plain;
        for &argument in arguments {
            for slot in self.elements(argument) {
                for slot in std::iter::once(slot).chain(self.elements(slot.value())) {
                    let Value::Text(..) = slot.value() else { continue };
                    if verb {
                        how = how.max(Called::Verb);
                    }
                    if self.says(slot.value(), Asked::Code) {
                        return Called::Code;
                    }
                }
            }
        }
        how
    }

    fn is_getattr(&self, value: Value) -> bool {
        let Value::Global(index) = value else { return false };
        let judgement = self.imports.get(index as usize).map(|import| import.judgement);
        judgement == Some(Judgement::Argued(Argued::Attribute))
    }

    /// `getattr(object, name)`: an import of its own where the object is a global.
    fn attribute(&mut self, arguments: Value, opcode: &'static str, at: u64) -> Result<Value, Halt> {
        let (object, name) = (self.element_at(arguments, 0), self.element_at(arguments, 1));
        let Some(name) = name.and_then(|name| self.resolve(name, NAME)) else {
            self.event(
                Severity::NoGo,
                opcode,
                at,
                "takes an attribute whose name is built at run time (getattr)",
            );
            return Ok(Value::Nothing);
        };
        if globals::forbidden_attribute(&name) {
            self.event(Severity::NoGo, opcode, at, format!("takes the attribute {name} (getattr)"));
        }
        match object {
            Some(Value::Global(index)) => {
                let Some(import) = self.imports.get(index as usize) else { return Ok(Value::Nothing) };
                let (module, name) = (import.module.clone(), format!("{}.{name}", import.name));
                self.import(&module, &name, opcode, at)
            }
            Some(object @ Value::Call(_)) => Ok(object),
            Some(Value::Lost) => Err(Halt::Limit("memo")),
            _ => Ok(Value::Other),
        }
    }

    /// Gives an object its state.
    pub(super) fn build(&mut self, target: Value, state: Value, at: u64) -> Result<Value, Halt> {
        match target {
            Value::Global(_) => {
                let of = self.described(target);
                let message = format!("changes {of}, a class, function or module, for the whole program");
                self.event(Severity::NoGo, "BUILD", at, message);
            }
            Value::Call(index) => {
                if let Some(call) = self.calls.get_mut(index as usize) {
                    call.state = state;
                }
                let mut keys = self.elements(state).iter().step_by(2);
                if let Value::Dict(..) = state
                    && keys.any(|key| self.says(key.value(), Asked::Inside))
                {
                    let message = "sets an attribute by which Python finds an object's code";
                    self.event(Severity::Note, "BUILD", at, message);
                }
                return self.array(index, state).map(|array| if array { Value::Other } else { target });
            }
            Value::Nothing => self.odd("it gives a state to nothing")?,
            _ => {}
        }
        Ok(target)
    }

    /// `module.name` of a global, or what else was called.
    fn described(&self, value: Value) -> String {
        match value {
            Value::Global(index) => match self.imports.get(index as usize) {
                Some(import) => format!("{}.{}", import.module, import.name),
                None => "a global".to_owned(),
            },
            Value::Call(index) => match self.calls.get(index as usize).map(|call| call.callee) {
                Some(inner @ Value::Global(_)) => format!("a call of {}", self.described(inner)),
                _ => "a call of a call".to_owned(),
            },
            _ => "a call".to_owned(),
        }
    }

    /// At the end: what was imported to be judged by its arguments, and got none.
    pub(super) fn left_over(&mut self) {
        let alone = self.imports.iter().find(|import| {
            import.called.is_none() && import.judgement == Judgement::Argued(Argued::Attribute)
        });
        if let Some(import) = alone {
            let (opcode, offset) = (import.opcode, import.offset);
            self.event(
                Severity::NoGo,
                opcode,
                offset,
                "imports getattr without calling it: what for cannot be told",
            );
        }
    }
}
