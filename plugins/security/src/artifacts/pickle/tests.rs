//! Small pickles, written by hand.

use gonogo_sdk::Severity;
use proptest::prelude::*;

use crate::artifacts::corpus::{scanned, worst};

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

proptest! {
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
