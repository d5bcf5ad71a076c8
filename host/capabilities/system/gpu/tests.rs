//! GPUs of machines laid out in files, and vendors' libraries that a C compiler makes on the spot.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::{Mutex, PoisonError},
};

use super::super::tests::Layout;
use super::{Amd, Machine, Nvidia, intel};
use crate::domain::{Attributes, Error, Value};

/// A shared library made of C, once: it stays beside the test binary. Rust needs a C compiler to link, so where these tests
/// run there is one.
fn library(name: &str, source: &str) -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let beside = std::env::current_exe().unwrap();
    let digest = blake3::hash(source.as_bytes()).to_hex();
    let folder = beside.with_file_name("stand-ins").join(&digest[..16]);
    let path = folder.join(name);
    if !path.exists() {
        fs::create_dir_all(&folder).unwrap();
        // Another run of these tests may be at the same: each makes its own, and the last stays.
        let making = tempfile::tempdir_in(&folder).unwrap();
        let (from, to) = (making.path().join("library.c"), making.path().join(name));
        fs::write(&from, source).unwrap();
        let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&to, &from]).output();
        let made = made.expect("cc, the C compiler, must be installed to build the stand-in");
        assert!(made.status.success(), "cc: {}: {}", made.status, String::from_utf8_lossy(&made.stderr));
        fs::rename(to, &path).unwrap();
    }
    path
}

/// A machine with devices on its PCI bus: address, vendor, class, driver.
fn bus(devices: &[(&str, &str, &str, &str)]) -> Layout {
    let mut layout = Layout::new(&[("sys/bus/pci/devices/0000:00:00.0/class", "0x060000\n")]);
    for (address, vendor, class, driver) in devices {
        let folder = format!("sys/bus/pci/devices/{address}");
        layout = layout.with(&[
            (&format!("{folder}/class"), &format!("{class}\n")),
            (&format!("{folder}/vendor"), &format!("{vendor}\n")),
        ]);
        if !driver.is_empty() {
            layout = layout.link(&format!("{folder}/driver"), &format!("../../../bus/pci/drivers/{driver}"));
        }
    }
    layout
}

fn failure<'a>(attributes: &'a Attributes, name: &str) -> &'a Error {
    match attributes.get(name) {
        Some(Value::Failed { failed }) => failed,
        other => panic!("{name}: {other:?}"),
    }
}

fn nvidia_gpus(nvidia: &Nvidia, machine: &Machine) -> Vec<Attributes> {
    nvidia.gpus(machine, &machine.pci_devices().unwrap()).unwrap()
}

fn nvidia_driver(nvidia: &Nvidia, machine: &Machine) -> Option<Attributes> {
    nvidia.driver(machine, &machine.pci_devices().unwrap())
}

const H100S: &[(&str, &str, &str, &str)] = &[
    ("0000:3b:00.0", "0x10de", "0x030200", "nvidia"),
    ("0000:5e:00.0", "0x10de", "0x030200", "nvidia"),
    ("0000:c1:00.0", "0x10de", "0x068000", "nvidia-nvswitch"),
];

#[test]
fn nvml_is_asked_for_everything_and_a_lost_gpu_fails_to_answer() {
    let path = library("libnvidia-ml.so.1", include_str!("stand_in_nvml.c"));
    let nvidia = Nvidia::open(Some(&path));
    let layout = bus(H100S).with(&[("dev/nvidia0", "")]);
    let gpus = nvidia_gpus(&nvidia, &layout.machine());
    assert_eq!(gpus.len(), 2);

    let wanted: &[(&str, Value)] = &[
        ("vendor", "nvidia".into()),
        ("index", 0_u32.into()),
        ("name", "NVIDIA H100 80GB HBM3".into()),
        ("uuid", "GPU-00000000-0000-0000-0000-000000000000".into()),
        ("pci", "0000:3b:00.0".into()),
        ("compute-capability", "9.0".into()),
        ("memory-total", 85_899_345_920_u64.into()),
        ("memory-used", 1_073_741_824_u64.into()),
        ("temperature", 41.0.into()),
        ("power", 72.5.into()),
        ("utilisation", 0.25.into()),
        ("memory-utilisation", 0.05.into()),
        ("persistence", true.into()),
        ("ecc", true.into()),
        ("ecc-pending", false.into()),
        ("throttle-reasons", 0x48_u32.into()),
        ("remap-correctable", 2_u32.into()),
        ("remap-uncorrectable", 1_u32.into()),
        ("remap-pending", true.into()),
        ("remap-failed", false.into()),
        ("nvlinks-active", 2_u32.into()),
        ("nvlinks-inactive", 1_u32.into()),
        ("nvlink-errors", 40_u32.into()),
        ("fabric-state", "completed".into()),
        ("processes", 0_u32.into()),
        ("visible", true.into()),
    ];
    for (name, value) in wanted {
        assert_eq!(gpus[0].get(name), Some(value), "{name}");
    }
    assert_eq!(gpus[0].get("mig"), None, "not supported is absent");
    assert!(
        matches!(failure(&gpus[0], "pcie-replays"), Error::Unsupported(_)),
        "the library is too old for this"
    );

    assert_eq!(gpus[1].get("pci"), Some(&"0000:5e:00.0".into()));
    assert_eq!(gpus[1].get("visible"), Some(&false.into()));
    for name in [
        "name",
        "uuid",
        "memory-total",
        "temperature",
        "ecc",
        "remap-failed",
        "nvlinks-active",
        "fabric-state",
        "processes",
    ] {
        assert!(failure(&gpus[1], name).to_string().contains("fell off the bus"), "{name}");
    }
}

#[test]
fn the_driver_of_a_whole_machine() {
    let path = library("libnvidia-ml.so.1", include_str!("stand_in_nvml.c"));
    let layout = bus(H100S);
    let driver = nvidia_driver(&Nvidia::open(Some(&path)), &layout.machine()).unwrap();
    for (name, value) in [
        ("vendor", "nvidia".into()),
        ("devices", Value::Integer(2)),
        ("driver", "550.54.15".into()),
        ("library-version", "12.550.54.15".into()),
        ("cuda", "12.4".into()),
        ("nvswitches", Value::Integer(1)),
    ] {
        assert_eq!(driver.get(name), Some(&value), "{name} of {driver:?}");
    }
    // The layout has no processes of its own, so nobody can tell.
    assert!(matches!(failure(&driver, "fabric-manager"), Error::NotFound(_) | Error::Io(_)));

    let stat = |name: &str| format!("9 ({name}) S 1{}\n", " 0".repeat(48));
    let layout =
        layout.link("proc/self/ns/pid", "pid:[4026531836]").with(&[("proc/9/stat", &stat("systemd"))]);
    let driver = nvidia_driver(&Nvidia::open(Some(&path)), &layout.machine()).unwrap();
    assert_eq!(driver.get("fabric-manager"), Some(&"inactive".into()), "{driver:?}");
    let layout = layout.with(&[("proc/9/stat", &stat("nv-fabricmanage"))]);
    let driver = nvidia_driver(&Nvidia::open(Some(&path)), &layout.machine()).unwrap();
    assert_eq!(driver.get("fabric-manager"), Some(&"active".into()), "{driver:?}");
}

#[test]
fn a_gpu_that_nvml_leaves_out_is_listed_where_it_is_ours() {
    let path = library("libnvidia-ml.so.1", include_str!("stand_in_nvml.c"));
    let nvidia = Nvidia::open(Some(&path));
    let third = ("0000:86:00.0", "0x10de", "0x030200");
    for (driver, files, wanted) in [
        ("", &[][..], 3),
        ("vfio-pci", &[][..], 2),
        // A container that was given two of the three.
        ("nvidia", &[][..], 2),
        (
            "nvidia",
            &[("proc/driver/nvidia/gpus/0000:86:00.0/information", "Model: H100\nDevice Minor: \t 2\n")][..],
            2,
        ),
        (
            "nvidia",
            &[
                ("proc/driver/nvidia/gpus/0000:86:00.0/information", "Model: H100\nDevice Minor: \t 2\n"),
                ("dev/nvidia2", ""),
            ][..],
            3,
        ),
    ] {
        let layout = bus(&[H100S[0], H100S[1], (third.0, third.1, third.2, driver)]).with(files);
        let gpus = nvidia_gpus(&nvidia, &layout.machine());
        assert_eq!(gpus.len(), wanted, "{driver} {files:?}");
        if let Some(gpu) = gpus.get(2) {
            assert_eq!(gpu.get("pci"), Some(&third.0.into()));
            failure(gpu, "memory-total");
        }
    }
}

#[test]
fn gpus_without_their_library_are_failures_and_not_nothing() {
    let layout = bus(&H100S[..2]);
    let empty = layout.path().join("libnvidia-ml.so.1");
    fs::write(&empty, "").unwrap();
    for (path, reason) in [(empty, "file too short"), (layout.path().join("nowhere.so"), "not installed")] {
        let nvidia = Nvidia::open(Some(&path));
        let gpus = nvidia_gpus(&nvidia, &layout.machine());
        assert_eq!(gpus.len(), 2);
        assert!(failure(&gpus[0], "memory-total").to_string().contains(reason), "{gpus:?}");
        let driver = nvidia_driver(&nvidia, &layout.machine()).unwrap();
        assert_eq!(driver.get("devices"), Some(&Value::Integer(2)));
        assert!(failure(&driver, "library").to_string().contains(reason), "{driver:?}");
        failure(&driver, "driver");
    }
}

#[test]
fn nothing_on_the_bus_and_no_library_is_no_gpu() {
    let layout =
        bus(&[("0000:00:02.0", "0x8086", "0x030000", "i915"), ("0000:03:00.0", "0x1234", "0x030000", "")]);
    let machine = layout.machine();
    let devices = machine.pci_devices().unwrap();
    let absent = Nvidia::open(Some(&layout.path().join("nowhere.so")));
    assert_eq!(absent.gpus(&machine, &devices), Ok(vec![]));
    assert_eq!(absent.driver(&machine, &devices), None);
    let absent = Amd::open(Some(&layout.path().join("nowhere.so")), true);
    assert_eq!(absent.gpus(&machine, &devices), vec![]);
    assert_eq!(absent.driver(&machine, &devices), None);
    assert_eq!(
        intel::gpus(&machine, &devices),
        Ok(vec![]),
        "the processor's own graphics are no GPU to train on"
    );
    assert_eq!(intel::driver(&machine, &devices), None);
}

#[test]
fn a_library_that_lacks_its_functions_is_broken() {
    let path = library("libnvidia-ml.so.1", "int unrelated;\n");
    let layout = bus(&H100S[..1]);
    let gpus = nvidia_gpus(&Nvidia::open(Some(&path)), &layout.machine());
    assert!(failure(&gpus[0], "name").to_string().contains("does not start"), "{gpus:?}");
}

#[test]
fn amd_by_the_kernel_and_by_the_library() {
    const AT: &str = "sys/bus/pci/devices/0001:c1:00.0";
    let path = library("librocm_smi64.so", include_str!("stand_in_rocm.c"));
    let amd = Amd::open(Some(&path), true);
    let layout =
        bus(&[("0001:c1:00.0", "0x1002", "0x120000", "amdgpu"), ("0001:c2:00.0", "0x1002", "0x038000", "")]);
    let machine = layout.machine();
    let devices = machine.pci_devices().unwrap();
    let gpus = amd.gpus(&machine, &devices);
    assert_eq!(gpus.len(), 2);
    for (name, value) in [
        ("name", "AMD Instinct MI300X".into()),
        ("memory-total", Value::Integer(206_158_430_208)),
        ("temperature", 38.0.into()),
        ("utilisation", 0.99.into()),
        ("ecc-volatile-correctable-dram", Value::Integer(7)),
        ("ecc-volatile-uncorrectable", Value::Integer(0)),
    ] {
        assert_eq!(gpus[0].get(name), Some(&value), "{name}");
    }
    failure(&gpus[0], "memory-used");
    assert_eq!(gpus[0].get("power"), None);
    failure(&gpus[1], "memory-total");
    let driver = amd.driver(&machine, &devices).unwrap();
    assert_eq!(
        (driver.get("devices"), driver.get("driver")),
        (Some(&Value::Integer(2)), Some(&"6.7.0".into()))
    );

    let file = |name: &str| format!("{AT}/{name}");
    let layout = layout.with(&[
        (&file("mem_info_vram_total"), "1000\n"),
        (&file("mem_info_vram_used"), "400\n"),
        (&file("gpu_busy_percent"), "50\n"),
        (&file("unique_id"), "c0ffee\n"),
        (&file("ras/umc_err_count"), "ue: 3\nce: 12\n"),
        (&file("current_link_width"), "16\n"),
        (&file("max_link_speed"), "32.0 GT/s PCIe\n"),
        (&file("hwmon/hwmon4/temp2_input"), "61000\n"),
        (&file("hwmon/hwmon4/power1_cap"), "750000000\n"),
    ]);
    let absent = Amd::open(Some(&layout.path().join("nowhere.so")), true);
    let gpus = absent.gpus(&layout.machine(), &devices);
    for (name, value) in [
        ("memory-total", Value::Integer(1000)),
        ("memory-used", Value::Integer(400)),
        ("memory-free", Value::Integer(600)),
        ("utilisation", 0.5.into()),
        ("uuid", "c0ffee".into()),
        ("ecc-volatile-uncorrectable", Value::Integer(3)),
        ("ecc-volatile-correctable-dram", Value::Integer(12)),
        ("link-width", Value::Integer(16)),
        ("link-generation-maximum", Value::Integer(5)),
        ("temperature", 61.0.into()),
        ("power-limit", 750.0.into()),
    ] {
        assert_eq!(gpus[0].get(name), Some(&value), "{name}");
    }
    let driver = absent.driver(&layout.machine(), &devices).unwrap();
    failure(&driver, "library");

    // Without a GPU the library is found and left alone.
    let bare = bus(&[]);
    let idle = Amd::open(Some(&path), false);
    let driver = idle.driver(&bare.machine(), &bare.machine().pci_devices().unwrap()).unwrap();
    assert_eq!(driver.get("devices"), Some(&Value::Integer(0)));
    assert_eq!(driver.get("library"), Some(&path.to_str().unwrap().into()));
}

#[test]
fn a_library_that_computes_is_loadable_or_says_why_not() {
    let path = library("libcuda.so.1", "int unrelated;\n");
    assert_eq!(Machine::compute_library(path.to_str().unwrap()), "loadable");
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("libcuda.so.1");
    fs::write(&empty, "").unwrap();
    assert!(Machine::compute_library(empty.to_str().unwrap()).contains("file too short"));
}

#[test]
fn intel_by_the_kernel() {
    let layout =
        bus(&[("0000:4d:00.0", "0x8086", "0x038000", "i915"), ("0000:4e:00.0", "0x8086", "0x038000", "")])
            .with(&[("sys/bus/pci/devices/0000:4d:00.0/drm/card1/lmem_total_bytes", "51539607552\n")]);
    let machine = layout.machine();
    let devices = machine.pci_devices().unwrap();
    let gpus = intel::gpus(&machine, &devices).unwrap();
    assert_eq!(gpus[0].get("memory-total"), Some(&Value::Integer(51_539_607_552)));
    failure(&gpus[1], "memory-total");
    assert_eq!(intel::driver(&machine, &devices).unwrap().get("devices"), Some(&Value::Integer(2)));
}
