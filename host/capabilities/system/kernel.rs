//! Kernel messages that hint at trouble.
//!
//! The log is a ring: on a machine that writes much, what is asked for may have been overwritten before this looks.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{ErrorKind, Read},
    os::unix::fs::OpenOptionsExt,
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::{fs::OFlags, io::Errno};

use super::{Machine, gpu::pci};
use crate::domain::{Attributes, Error, text};

const LOG: &str = "/dev/kmsg";

/// The kernel gives one record for each read and none longer than this.
const LONGEST_RECORD: usize = 8 * 1024;

/// The largest ring that distributions configure is 16 MiB; records are longer when read than when kept.
const LARGEST_LOG: usize = 64 * 1024 * 1024;

/// Events of one category (of one number, for XIDs) that are given out: a flood of one kind says no more than its first thousand
/// lines, and must not hide another kind.
const MOST_ALIKE: usize = 1000;

/// The longest message that is given out, in bytes.
const LONGEST_MESSAGE: usize = 1024;

/// A message that hints at trouble.
#[derive(Clone, Debug, PartialEq)]
struct Event<'a> {
    /// Seconds since the machine started.
    since_start: f64,
    category: Category,
    message: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Category {
    /// A GPU's error report: its number, and the GPU's address as /sys writes it.
    Xid {
        number: u64,
        pci: Option<String>,
    },
    OomKill,
    Nvme,
    ReadOnlyRemount,
    PcieLimited,
    LostCarrier,
    MachineCheck,
    IoError,
}

impl Machine {
    /// See `kernel-events` in `wit/system.wit`.
    pub fn kernel_events(&self, seconds: u64) -> Result<Vec<Attributes>, Error> {
        let log = self.kernel_log()?;
        let uptime = self.uptime()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let mut alike: BTreeMap<(&str, u64), usize> = BTreeMap::new();
        let events =
            log.lines().filter_map(parse).filter(|event| uptime - event.since_start <= seconds as f64);
        let wanted = events.filter(|event| {
            let number = if let Category::Xid { number, .. } = event.category { number } else { 0 };
            let seen = alike.entry((event.category.name(), number)).or_default();
            *seen += 1;
            *seen <= MOST_ALIKE
        });
        Ok(wanted.map(|event| event.attributes(now - uptime)).collect())
    }

    /// The whole log, one record a line.
    fn kernel_log(&self) -> Result<String, Error> {
        let open = || {
            let flags = OFlags::NONBLOCK.bits().cast_signed();
            OpenOptions::new().read(true).custom_flags(flags).open(self.path(LOG))
        };
        let refused = |error: std::io::Error| match error.kind() {
            ErrorKind::PermissionDenied => Error::Io(format!(
                "cannot read {LOG}: permission denied; run as root, give the process CAP_SYSLOG, or set kernel.dmesg_restrict=0 and make {LOG} readable"
            )),
            ErrorKind::NotFound => Error::NotFound(format!(
                "{LOG} is not here, as in most containers; run outside of it, or give it the device {LOG}"
            )),
            _ => Error::from_io("read", LOG, &error),
        };
        let mut log = open().map_err(refused)?;
        let mut bytes = Vec::new();
        while read_record(&mut log, &mut bytes).map_err(refused)? {
            if bytes.len() > LARGEST_LOG {
                return Err(Error::Limit(format!("the kernel log is larger than {LARGEST_LOG} bytes")));
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Appends the next record; false at the end of the log.
fn read_record(log: &mut File, to: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut record = [0; LONGEST_RECORD];
    loop {
        match log.read(&mut record) {
            Ok(length) => {
                to.extend_from_slice(&record[..length]);
                return Ok(length > 0);
            }
            Err(error) => match Errno::from_io_error(&error) {
                // Overwritten before it was read: the next read gives the oldest that is left.
                Some(Errno::PIPE | Errno::INTR) => {}
                Some(Errno::AGAIN) => return Ok(false),
                _ => return Err(error),
            },
        }
    }
}

/// Reads `priority,sequence,microseconds,flags;message`. The lines of key and value below a record begin with a space and are none.
fn parse(line: &str) -> Option<Event<'_>> {
    let (head, message) = line.split_once(';')?;
    let microseconds: u64 = head.split(',').nth(2)?.parse().ok()?;
    Some(Event { since_start: microseconds as f64 / 1e6, category: categorise(message)?, message })
}

/// What kind of trouble a message tells of. Lines of a report that only repeat it are none, so that each kill counts once.
fn categorise(message: &str) -> Option<Category> {
    let has = |part| message.contains(part);
    let lower = message.to_ascii_lowercase();
    let says = |part| lower.contains(part);
    if has("NVRM: Xid (") {
        xid(message)
    } else if says("out of memory: kill") {
        Some(Category::OomKill)
    } else if lower.starts_with("nvme") && NVME.into_iter().any(says) {
        Some(Category::Nvme)
    } else if says("remounting filesystem read-only") || says("forced readonly") {
        Some(Category::ReadOnlyRemount)
    } else if says("pcie bandwidth, limited by") {
        Some(Category::PcieLimited)
    } else if says("lost carrier")
        || ((says("link down") || says("link is down")) && !NO_CARRIER.into_iter().any(says))
    {
        Some(Category::LostCarrier)
    } else if has("[Hardware Error]") || MACHINE_CHECKS.into_iter().any(says) {
        Some(Category::MachineCheck)
    } else if IO_ERRORS.into_iter().any(says) {
        Some(Category::IoError)
    } else {
        None
    }
}

/// What the nvme driver says when something is wrong. "Shutdown timeout set to" is said of every healthy drive.
const NVME: [&str; 8] = [
    "timeout, ",
    "controller is down",
    "device not ready",
    "i/o error",
    "abort status",
    "after probe failure",
    "after reset failure",
    "critical medium error",
];

/// Whose links are no network: disks and hot-plug slots.
const NO_CARRIER: [&str; 4] = ["ata", "pcieport", "pciehp", "phy-"];

const MACHINE_CHECKS: [&str; 4] =
    ["machine check events logged", "machine check exception", "memory failure: 0x", " ue memory "];

const IO_ERRORS: [&str; 4] =
    ["i/o error, dev", "i/o error on dev", "critical medium error, dev", "shutting down filesystem"];

/// `NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus.`
fn xid(message: &str) -> Option<Category> {
    let (address, rest) = message.split_once("Xid (")?.1.split_once(')')?;
    let digits = rest.strip_prefix(':')?.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let pci = pci::address(address.strip_prefix("PCI:").unwrap_or(address));
    Some(Category::Xid { number: digits[..end].parse().ok()?, pci })
}

impl Category {
    fn name(&self) -> &'static str {
        match self {
            Self::Xid { .. } => "xid",
            Self::OomKill => "oom-kill",
            Self::Nvme => "nvme",
            Self::ReadOnlyRemount => "read-only-remount",
            Self::PcieLimited => "pcie-limited",
            Self::LostCarrier => "lost-carrier",
            Self::MachineCheck => "machine-check",
            Self::IoError => "io-error",
        }
    }
}

impl Event<'_> {
    /// For a machine that started at `start`, in seconds since the Unix epoch.
    fn attributes(self, start: f64) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.set("time", start + self.since_start);
        attributes.set("message", text::line(self.message, LONGEST_MESSAGE));
        attributes.set("category", self.category.name());
        if let Category::Xid { number, pci } = self.category {
            attributes.set("xid", number);
            attributes.set_some("pci", pci);
        }
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(message: &str) -> Option<Category> {
        let line = format!("4,1207,98765432,-;{message}");
        let event = parse(&line)?;
        assert_eq!((event.since_start, event.message), (98.765_432, message));
        Some(event.category)
    }

    #[test]
    fn xids_with_number_and_address() {
        for (message, number, pci) in [
            (
                "NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus.",
                79,
                "0000:3b:00.0",
            ),
            (
                "NVRM: Xid (PCI:0001:C1:00): 63, pid='<unknown>', name=<unknown>, Row Remapper: New row marked",
                63,
                "0001:c1:00.0",
            ),
            ("NVRM: Xid (0000:03:00): 13, 0001 00000000 000090c0 00001b0c 00000000", 13, "0000:03:00.0"),
            (
                "NVRM: Xid (PCI:0000:c1:00): 94, Contained: CE User Channel (0x9). RST: No, D-RST: No",
                94,
                "0000:c1:00.0",
            ),
            ("NVRM: Xid (PCI:0000:19:00): 48", 48, "0000:19:00.0"),
        ] {
            assert_eq!(
                category(message),
                Some(Category::Xid { number, pci: Some(pci.to_owned()) }),
                "{message}"
            );
        }
    }

    #[test]
    fn trouble_has_its_category() {
        for (message, wanted) in [
            (
                "Out of memory: Killed process 4242 (python3) total-vm:9000kB, anon-rss:8000kB, file-rss:0kB",
                Category::OomKill,
            ),
            ("Memory cgroup out of memory: Killed process 77 (train) total-vm:1kB", Category::OomKill),
            ("Out of memory: Kill process 1234 (java) score 900 or sacrifice child", Category::OomKill),
            ("nvme nvme0: I/O 512 QID 4 timeout, aborting", Category::Nvme),
            (
                "nvme nvme1: I/O tag 12 (100c) opcode 0x2 (I/O Cmd) QID 1 timeout, aborting req_op:READ(0) size:4096",
                Category::Nvme,
            ),
            (
                "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0xffff",
                Category::Nvme,
            ),
            ("nvme nvme0: Device not ready; aborting reset, CSTS=0x1", Category::Nvme),
            (
                "nvme0n1: I/O Cmd(0x2) @ LBA 1465149168, 8 blocks, I/O Error (sct 0x2 / sc 0x81) DNR",
                Category::Nvme,
            ),
            ("nvme nvme2: Removing after probe failure status: -19", Category::Nvme),
            ("EXT4-fs (sda1): Remounting filesystem read-only", Category::ReadOnlyRemount),
            ("BTRFS info (device sdb): forced readonly", Category::ReadOnlyRemount),
            (
                "mlx5_core 0000:5e:00.0: 63.008 Gb/s available PCIe bandwidth, limited by 8.0 GT/s PCIe x8 link at 0000:5d:00.0 (capable of 252.048 Gb/s with 16.0 GT/s PCIe x16 link)",
                Category::PcieLimited,
            ),
            ("mlx5_core 0000:5e:00.0 ens1f0: Link down", Category::LostCarrier),
            ("ixgbe 0000:01:00.0 eno1: NIC Link is Down", Category::LostCarrier),
            ("systemd-networkd[412]: eth0: Lost carrier", Category::LostCarrier),
            ("mce: [Hardware Error]: Machine check events logged", Category::MachineCheck),
            (
                "mce: [Hardware Error]: CPU 3: Machine Check Exception: 5 Bank 7: be00000000010091",
                Category::MachineCheck,
            ),
            (
                "{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0",
                Category::MachineCheck,
            ),
            (
                "Memory failure: 0x1f3a2b: recovery action for dirty LRU page: Recovered",
                Category::MachineCheck,
            ),
            ("EDAC MC0: 1 UE memory read error on CPU_SrcID#0_MC#0_Chan#1_DIMM#0", Category::MachineCheck),
            (
                "blk_update_request: I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0",
                Category::IoError,
            ),
            (
                "I/O error, dev nvme0n1, sector 0 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2",
                Category::IoError,
            ),
            ("Buffer I/O error on dev sdb1, logical block 0, async page read", Category::IoError),
            (
                "XFS (dm-0): Corruption of in-memory data (0x8) detected at xfs_defer_finish. Shutting down filesystem.",
                Category::IoError,
            ),
        ] {
            assert_eq!(category(message), Some(wanted), "{message}");
        }
    }

    #[test]
    fn what_healthy_machines_say_is_none() {
        for message in [
            "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024",
            "NVRM: GPU at PCI:0000:3b:00: GPU-6d5a8c3e-0000-0000-0000-000000000000",
            "python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,task=python3,pid=4242,uid=0",
            "oom_reaper: reaped process 4242 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
            "nvme nvme0: Shutdown timeout set to 10 seconds",
            "nvme nvme0: 8/0/0 default/read/poll queues",
            "nvme nvme0: missing or invalid SUBNQN field.",
            "ata2: SATA link down (SStatus 0 SControl 300)",
            "pcieport 0000:00:1c.0: pciehp: Slot(0): Link Down",
            "mlx5_core 0000:5e:00.0 ens1f0: Link up",
            "mlx5_core 0000:5e:00.0: 252.048 Gb/s available PCIe bandwidth (16.0 GT/s PCIe x16 link)",
            "EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.",
            "EXT4-fs (sda1): re-mounted. Opts: errors=remount-ro",
            "mce: CPU0: Thermal monitoring enabled (TM1)",
            "MCE: In-kernel MCE decoding enabled.",
            "Machine check injector initialized",
        ] {
            assert_eq!(category(message), None, "{message}");
        }
    }

    #[test]
    fn what_is_no_record_is_none() {
        for line in [
            "",
            " SUBSYSTEM=pci",
            " DEVICE=+pci:0000:01:00.0",
            "I/O error, dev sda",
            "6,1,x,-;I/O error, dev sda",
            "6;I/O error, dev sda",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
