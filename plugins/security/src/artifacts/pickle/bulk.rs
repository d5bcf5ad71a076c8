//! The opcodes that large pickles are made of, as many in a row as lie in the window.

use super::{
    machine::{Halt, Machine},
    opcodes as op,
    value::{Encoding, Slot},
};
use crate::artifacts::nested;

/// What to do at an opcode.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Push a constant.
    Constant,
    /// Something for which nothing of the source is needed but the operand.
    Simple,
    /// A text or bytes, whose length is the operand.
    Text(Encoding),
    /// Anything else.
    Rare,
}

/// What is known of an opcode before it is done.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) kind: Kind,
    /// Bytes of it with its operand; of a rare one without.
    pub(super) length: u8,
    /// Which bits of the eight bytes behind it are a number.
    mask: u32,
    /// The constant, to which the number is added.
    slot: Slot,
}

impl Known {
    #[inline]
    pub(super) fn of(code: u8) -> &'static Self {
        &OPCODES[usize::from(code)]
    }

    #[inline]
    pub(super) fn number(&self, operand: u64) -> u32 {
        operand as u32 & self.mask
    }

    /// The constant. A number below zero is none that anything depends on.
    #[inline]
    pub(super) fn slot(&self, operand: u64) -> Slot {
        self.slot.plus(self.number(operand))
    }
}

/// All opcodes by their bytes. A table is quicker than a jump that the processor guesses wrong.
static OPCODES: [Known; 256] = {
    let rare = Known { kind: Kind::Rare, length: 1, mask: 0, slot: Slot::OTHER };
    let mut all = [rare; 256];
    let constants = [
        (op::BININT1, 2, 0xff, Slot::ZERO),
        (op::BININT2, 3, 0xffff, Slot::ZERO),
        (op::BININT, 5, 0xffff_ffff, Slot::ZERO),
        (op::BINFLOAT, 9, 0, Slot::OTHER),
        (op::NONE, 1, 0, Slot::OTHER),
        (op::EMPTY_LIST, 1, 0, Slot::OTHER),
        (op::EMPTY_SET, 1, 0, Slot::OTHER),
        (op::NEWTRUE, 1, 0, Slot::ZERO.plus(1)),
        (op::NEWFALSE, 1, 0, Slot::ZERO),
        (op::EMPTY_TUPLE, 1, 0, Slot::EMPTY_TUPLE),
        (op::EMPTY_DICT, 1, 0, Slot::EMPTY_DICT),
    ];
    let mut at = 0;
    while at < constants.len() {
        let (code, length, mask, slot) = constants[at];
        all[code as usize] = Known { kind: Kind::Constant, length, mask, slot };
        at += 1;
    }
    let texts = [
        (op::SHORT_BINUNICODE, 2, 0xff, Encoding::Plain),
        (op::SHORT_BINSTRING, 2, 0xff, Encoding::Plain),
        (op::SHORT_BINBYTES, 2, 0xff, Encoding::Bytes),
        (op::BINUNICODE, 5, 0xffff_ffff, Encoding::Plain),
        (op::BINSTRING, 5, 0xffff_ffff, Encoding::Plain),
        (op::BINBYTES, 5, 0xffff_ffff, Encoding::Bytes),
    ];
    let mut at = 0;
    while at < texts.len() {
        let (code, length, mask, encoding) = texts[at];
        all[code as usize] = Known { kind: Kind::Text(encoding), length, mask, slot: Slot::OTHER };
        at += 1;
    }
    let simple = [
        (op::MEMOIZE, 1),
        (op::BINGET, 2),
        (op::LONG_BINGET, 5),
        (op::BINPUT, 2),
        (op::LONG_BINPUT, 5),
        (op::MARK, 1),
        (op::TUPLE, 1),
        (op::TUPLE1, 1),
        (op::TUPLE2, 1),
        (op::TUPLE3, 1),
        (op::APPEND, 1),
        (op::APPENDS, 1),
        (op::ADDITEMS, 1),
        (op::POP, 1),
        (op::POP_MARK, 1),
        (op::SETITEM, 1),
        (op::SETITEMS, 1),
    ];
    let mut at = 0;
    while at < simple.len() {
        let (code, length) = simple[at];
        all[code as usize] = Known { kind: Kind::Simple, length, mask: 0, slot: Slot::OTHER };
        at += 1;
    }
    all
};

impl Machine<'_> {
    /// Goes on until something comes that is rare, or does not lie whole in the window.
    pub(super) fn bulk(&mut self) -> Result<(), Halt> {
        // Lent, so that there is one loop over a slice, and nothing in it asks the window.
        let (bytes, mut at, start) = self.window.lend();
        let mut result = Ok(());
        while result.is_ok() {
            at = self.commonest(&bytes, at, start);
            let Some((code, operand)) = opcode(&bytes, at) else { break };
            let known = Known::of(code);
            let mut next = at + usize::from(known.length);
            match known.kind {
                Kind::Simple => result = self.simple(code, operand),
                Kind::Text(encoding) => {
                    let length = known.number(operand) as usize;
                    let Some(text) = bytes.get(next..next.saturating_add(length)) else { break };
                    if nested::may_hold(text) {
                        break;
                    }
                    result = self.push(Slot::text(encoding, length as u64, start + next as u64));
                    next += length;
                }
                Kind::Rare if self.called_before(code) => {}
                _ => break,
            }
            at = next;
            self.opcodes += u64::from(result.is_ok());
        }
        self.window.take_back(bytes, at);
        result
    }

    /// Does what most opcodes are, as long as nothing is odd about them; where it stopped.
    ///
    /// A guest's code is optimised little when it is compiled: what is at hand here is not loaded again for each opcode, and comparisons in the order of what is frequent are
    /// guessed better than jumps through a table.
    fn commonest(&mut self, bytes: &[u8], from: usize, start: u64) -> usize {
        let most = self.rules.budget.entries;
        let (stack, marks, memo) = (&mut self.stack, &mut self.marks, &mut self.memo);
        let (mut at, mut done) = (from, 0);
        while let Some((code, operand)) = opcode(bytes, at)
            && stack.len() < most
        {
            let known = Known::of(code);
            let next = at + usize::from(known.length);
            if let Kind::Constant = known.kind {
                stack.push(known.slot(operand));
                at = next;
            } else if code == op::MEMOIZE {
                let Some(&top) = stack.last() else { break };
                memo.put(memo.next(), top, most);
                at = next;
            } else if code == op::SHORT_BINUNICODE {
                let length = usize::from(operand as u8);
                let Some(text) = bytes.get(next..next + length) else { break };
                if nested::may_hold(text) {
                    break;
                }
                stack.push(Slot::text(Encoding::Plain, length as u64, start + next as u64));
                at = next + length;
            } else if code == op::BINGET {
                let Some(slot) = memo.get(u32::from(operand as u8)) else { break };
                stack.push(slot);
                at = next;
            } else if code == op::MARK {
                if marks.len() >= most {
                    break;
                }
                marks.push(stack.len());
                at = next;
            } else if code == op::APPENDS {
                let Some(mark) = marks.pop() else { break };
                stack.truncate(mark);
                at = next;
            } else {
                break;
            }
            done += 1;
        }
        self.opcodes += done;
        at
    }

    /// Does an opcode of that kind.
    #[inline]
    pub(super) fn simple(&mut self, code: u8, operand: u64) -> Result<(), Halt> {
        match code {
            op::MEMOIZE => self.put(self.memo.next()),
            op::BINGET => self.get(u32::from(operand as u8)),
            op::LONG_BINGET => self.get(operand as u32),
            op::BINPUT => self.put(u32::from(operand as u8)),
            op::LONG_BINPUT => self.put(operand as u32),
            op::MARK => self.open(),
            op::TUPLE1 => self.tuple(1),
            op::TUPLE2 => self.tuple(2),
            op::TUPLE3 => self.tuple(3),
            op::TUPLE => {
                let from = self.mark()?;
                self.tuple(self.stack.len() - from)
            }
            op::SETITEM => {
                let from = self.stack.len().saturating_sub(2);
                self.set_items(from)
            }
            op::SETITEMS => {
                let from = self.mark()?;
                self.set_items(from)
            }
            op::APPEND | op::POP => self.popped(code),
            // APPENDS, ADDITEMS, POP_MARK: what is in a list or set does not matter.
            _ => {
                let from = self.mark()?;
                self.stack.truncate(from);
                Ok(())
            }
        }
    }
}

/// An opcode and the eight bytes behind it.
#[inline]
pub(super) fn opcode(bytes: &[u8], at: usize) -> Option<(u8, u64)> {
    let (code, operand) = bytes.get(at..)?.first_chunk::<9>()?.split_first_chunk::<1>()?;
    Some((code[0], u64::from_le_bytes(*operand.first_chunk()?)))
}
