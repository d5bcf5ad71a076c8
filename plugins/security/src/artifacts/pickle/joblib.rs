//! Arrays of joblib: their bytes stand between the opcodes, behind the `BUILD` of a wrapper that says how many they are.

use super::{
    End, Rules,
    containers::KEPT,
    machine::{CUT_OFF, Halt, Machine},
    value::Value,
    walk_by,
};

/// How deep object arrays nest.
const DEPTH: u8 = 4;

const NO_SHAPE: Halt = Halt::Broken("an array of joblib has a shape that is none");

/// What one element of an array is.
enum Element {
    Bytes(u64),
    Object,
}

impl Machine<'_> {
    /// Whether a `BUILD` completed such a wrapper; its array is passed.
    pub(super) fn array(&mut self, call: u32, state: Value) -> Result<bool, Halt> {
        if !self.shapes || !self.is_wrapper(call) {
            return Ok(false);
        }
        let (Some(shape), Some(dtype)) = (self.key(state, "shape"), self.key(state, "dtype")) else {
            return Ok(false);
        };
        let Some(element) = self.element(dtype) else {
            return Err(Halt::Broken("an array of joblib has a dtype whose size cannot be told"));
        };
        match element {
            Element::Object => self.inner_pickle()?,
            Element::Bytes(size) => {
                let mut count = 1_u64;
                let lengths = self.elements(shape);
                if !matches!(shape, Value::Tuple(..)) || lengths.len() >= KEPT {
                    return Err(NO_SHAPE);
                }
                for length in lengths {
                    let Value::Integer(length) = length.value() else { return Err(NO_SHAPE) };
                    count = u64::try_from(length)
                        .ok()
                        .and_then(|length| count.checked_mul(length))
                        .ok_or(CUT_OFF)?;
                }
                if matches!(self.key(state, "numpy_array_alignment_bytes"), Some(Value::Integer(_))) {
                    let padding = self.byte()?;
                    self.window.seek(self.window.offset() + u64::from(padding));
                }
                let end = count.checked_mul(size).and_then(|bytes| self.window.offset().checked_add(bytes));
                let end = end.ok_or(CUT_OFF)?;
                if end > self.window.offset() {
                    self.window.seek(end - 1);
                    self.byte()?;
                }
            }
        }
        Ok(true)
    }

    fn is_wrapper(&self, call: u32) -> bool {
        let Some(Value::Global(index)) = self.calls.get(call as usize).map(|call| call.callee) else {
            return false;
        };
        let import = self.imports.get(index as usize);
        import.is_some_and(|import| {
            // `copyreg.__newobj__` and NEWOBJ call the class; only this one has bytes in the same file.
            import.name == "NumpyArrayWrapper" && import.module.contains("joblib")
        })
    }

    fn key(&self, dict: Value, wanted: &str) -> Option<Value> {
        let pairs = self.elements(dict).chunks_exact(2);
        let mut found = None;
        for pair in pairs {
            if let [key, value] = pair
                && self.resolve(key.value(), 64).as_deref() == Some(wanted)
            {
                found = Some(value.value());
            }
        }
        found
    }

    /// `numpy.dtype('f8', …)`: bytes of one element, from the number in its name.
    fn element(&self, dtype: Value) -> Option<Element> {
        let Value::Call(index) = dtype else { return None };
        let call = self.calls.get(index as usize)?;
        let name = self.resolve(self.element_at(call.arguments, 0)?, 64)?;
        let name = name.trim_start_matches(['<', '>', '=', '|']);
        let kind = name.chars().next()?;
        // The state ends in flags; the lowest bit says that there are objects in it.
        let state = self.elements(call.state);
        let flags = state.get(7).or(state.last()).map(|slot| slot.value());
        if kind == 'O' || kind == 'V' && matches!(flags, Some(Value::Integer(flags)) if flags & 1 == 1) {
            return Some(Element::Object);
        }
        let digits = name.get(1..)?.chars().take_while(char::is_ascii_digit).collect::<String>();
        let size: u64 = digits.parse().ok()?;
        Some(Element::Bytes(if kind == 'U' { size.checked_mul(4)? } else { size }))
    }

    /// An array of objects is a pickle of its own at this place.
    fn inner_pickle(&mut self) -> Result<(), Halt> {
        if self.rules.depth >= DEPTH {
            return Err(Halt::Limit("nested object arrays"));
        }
        let offset = self.window.offset();
        let inner = walk_by(self.source, offset, Rules { depth: self.rules.depth + 1, ..self.rules });
        let end = inner.end.clone();
        self.absorb(inner);
        match end {
            End::Stop(offset) => {
                self.window.seek(offset);
                Ok(())
            }
            End::Broken(offset, why) => {
                self.window.seek(offset);
                Err(Halt::Broken(why))
            }
            End::Limit(_, which) => Err(Halt::Limit(which)),
            End::Unreadable(_, error) => Err(Halt::Unreadable(error)),
        }
    }
}
