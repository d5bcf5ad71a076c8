//! Opcodes that are fewer than others: imports and calls, texts of protocol 0, persistent ids.

use super::{
    machine::{Halt, Machine},
    opcodes as op,
    texts::parse,
    value::{Encoding, Slot, Value},
};

impl Machine<'_> {
    /// Does one, behind the opcode itself.
    pub(super) fn rare(&mut self, code: u8, at: u64) -> Result<(), Halt> {
        match code {
            op::PROTO => {
                let version = self.byte()?;
                if version > 5 { Err(Halt::Broken("its protocol is unknown")) } else { Ok(()) }
            }
            op::FRAME => self.bytes::<8>().map(|_| ()),
            op::BINUNICODE8 => {
                let length = u64::from_le_bytes(self.bytes()?);
                self.text(Encoding::Plain, length)
            }
            op::BINBYTES8 | op::BYTEARRAY8 => {
                let length = u64::from_le_bytes(self.bytes()?);
                self.text(Encoding::Bytes, length)
            }
            op::NEXT_BUFFER => self.push(Value::Persistent),
            op::READONLY_BUFFER => Ok(()),
            op::LONG1 => {
                let length = self.byte()?;
                self.long(usize::from(length))
            }
            op::LONG4 => match usize::try_from(i32::from_le_bytes(self.bytes()?)) {
                Ok(length) => self.long(length),
                Err(_) => Err(Halt::Broken("a LONG4 has a negative length")),
            },
            op::INT | op::LONG | op::FLOAT => self.number(code),
            op::UNICODE => self.text_line(Encoding::Escaped),
            op::STRING => self.text_line(Encoding::Quoted),
            op::GET | op::PUT => {
                let line = self.line()?;
                match parse::<u32>(&line) {
                    Some(id) if code == op::GET => self.get(id),
                    Some(id) => self.put(id),
                    None => Err(Halt::Broken("a memo index is no number")),
                }
            }
            op::DUP => {
                let top = self.pop()?;
                self.push(top)?;
                self.push(top)
            }
            op::LIST | op::FROZENSET => {
                let from = self.mark()?;
                self.stack.truncate(from);
                self.push(Value::Other)
            }
            op::DICT => {
                let from = self.mark()?;
                self.stack.insert(from, Slot::EMPTY_DICT);
                self.set_items(from + 1)
            }
            op::PERSID => {
                self.line()?;
                self.push(Value::Persistent)
            }
            op::BINPERSID => {
                self.pop()?;
                self.push(Value::Persistent)
            }
            op::GLOBAL => {
                let global = self.global_lines("GLOBAL", at)?;
                self.push(global)
            }
            op::STACK_GLOBAL => self.stack_global(at),
            op::EXT1 => {
                let number = self.byte()?;
                self.extension("EXT1", u32::from(number), at)
            }
            op::EXT2 => {
                let number = u16::from_le_bytes(self.bytes()?);
                self.extension("EXT2", u32::from(number), at)
            }
            op::EXT4 => {
                let number = u32::from_le_bytes(self.bytes()?);
                self.extension("EXT4", number, at)
            }
            op::STOP => Err(Halt::Stop),
            op::REDUCE => self.reduce(at),
            op::NEWOBJ => {
                let arguments = self.pop()?;
                let class = self.pop()?;
                let object = self.call(class, &[arguments], "NEWOBJ", at)?;
                self.push(object)
            }
            op::BUILD => {
                let state = self.pop()?;
                let target = self.pop()?;
                let target = self.build(target, state, at)?;
                self.push(target)
            }
            op::NEWOBJ_EX => {
                let named = self.pop()?;
                let arguments = self.pop()?;
                let class = self.pop()?;
                let object = self.call(class, &[arguments, named], "NEWOBJ_EX", at)?;
                self.push(object)
            }
            op::INST => {
                let class = self.global_lines("INST", at)?;
                let from = self.mark()?;
                self.tuple(self.stack.len() - from)?;
                let arguments = self.pop()?;
                let object = self.call(class, &[arguments], "INST", at)?;
                self.push(object)
            }
            op::OBJ => {
                let from = self.mark()?;
                self.tuple((self.stack.len() - from).saturating_sub(1))?;
                let arguments = self.pop()?;
                let class = self.pop()?;
                let object = self.call(class, &[arguments], "OBJ", at)?;
                self.push(object)
            }
            _ => {
                self.window.seek(at);
                Err(Halt::Broken("a byte is no opcode"))
            }
        }
    }
}
