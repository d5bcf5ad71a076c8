//! GPUs and switches on the PCI bus, as /sys lists them: what is there whether or not a driver has it.

use super::super::{
    Machine,
    machine::{Reading, parsed},
};
use crate::domain::{Attributes, Error};

/// Where the kernel lists the bus.
pub(in super::super) const DEVICES: &str = "/sys/bus/pci/devices";

const NVIDIA: u32 = 0x10de;
const AMD: u32 = 0x1002;
const INTEL: u32 = 0x8086;

/// What a device is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    NvidiaGpu,
    NvSwitch,
    AmdGpu,
    IntelGpu,
}

/// A device on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Device {
    /// `0000:3b:00.0`
    pub address: String,
    pub kind: Kind,
    /// The kernel's driver that has it.
    pub driver: Option<String>,
}

/// The bus; `None` on a machine without one, such as under WSL.
pub(in super::super) type Devices = Option<Vec<Device>>;

/// How many there are of a kind; `None` where there is no bus to count on.
pub(super) fn count(devices: &Devices, kind: Kind) -> Option<usize> {
    devices.as_ref().map(|devices| devices.iter().filter(|device| device.kind == kind).count())
}

/// Those of a kind.
pub(super) fn of(devices: &Devices, kind: Kind) -> impl Iterator<Item = &Device> {
    devices.iter().flatten().filter(move |device| device.kind == kind)
}

impl Machine {
    /// GPUs and NVSwitches on the bus.
    pub(in super::super) fn pci_devices(&self) -> Result<Devices, Error> {
        let Some(addresses) = self.names(DEVICES)? else { return Ok(None) };
        let mut devices = Vec::new();
        for address in addresses {
            let folder = format!("{DEVICES}/{address}");
            // The class first: a large machine has hundreds of devices, and few that matter.
            let Some(class) = self.hexadecimal(&format!("{folder}/class"))? else { continue };
            let class = class >> 8;
            if !matches!(class, 0x0300..=0x03ff | 0x0680 | 0x1200) {
                continue;
            }
            let Some(vendor) = self.hexadecimal(&format!("{folder}/vendor"))? else { continue };
            let kind = match (vendor, class) {
                (NVIDIA, 0x0680) => Kind::NvSwitch,
                (NVIDIA, 0x0300..=0x03ff) => Kind::NvidiaGpu,
                // The larger Instincts are no displays but processing accelerators.
                (AMD, 0x0300..=0x03ff | 0x1200) => Kind::AmdGpu,
                // 0x0300 is the graphics of the processor itself.
                (INTEL, 0x0302 | 0x0380) => Kind::IntelGpu,
                _ => continue,
            };
            devices.push(Device { driver: self.link_name(format!("{folder}/driver")), address, kind });
        }
        Ok(Some(devices))
    }

    /// `link-width`, `link-width-maximum`, `link-generation` and `link-generation-maximum`, for devices whose library does not tell.
    pub(super) fn put_link(&self, gpu: &mut Attributes, address: &str) {
        let folder = format!("{DEVICES}/{address}");
        for (name, file) in [("link-width", "current_link_width"), ("link-width-maximum", "max_link_width")] {
            // Devices inside the processor have no link, which reads as 0 or 255.
            let width = self.number(format!("{folder}/{file}"));
            super::put(gpu, name, width.map(|width| width.filter(|width| (1..=32).contains(width))));
        }
        for (name, file) in
            [("link-generation", "current_link_speed"), ("link-generation-maximum", "max_link_speed")]
        {
            let speed = self.line(format!("{folder}/{file}"));
            super::put(gpu, name, speed.map(|speed| speed.as_deref().and_then(generation)));
        }
    }

    fn hexadecimal(&self, path: &str) -> Reading<u32> {
        let Some(text) = self.line(path)? else { return Ok(None) };
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        let number = u32::from_str_radix(digits, 16);
        number.map(Some).map_err(|_| Error::Io(format!("cannot understand '{text}' in {path}")))
    }
}

/// `16.0 GT/s PCIe` as the generation of PCI Express.
fn generation(speed: &str) -> Option<u64> {
    let transfers = parsed::<f64>(speed.split(' ').next()?, "a link's speed").ok()?;
    [(2.5, 1), (5.0, 2), (8.0, 3), (16.0, 4), (32.0, 5), (64.0, 6), (128.0, 7)]
        .into_iter()
        .find_map(|(speed, generation): (f64, _)| ((speed - transfers).abs() < 0.1).then_some(generation))
}

/// An address as /sys writes it, from the several ways that drivers and libraries have: `00000000:3B:00.0` and `0000:3b:00` are
/// `0000:3b:00.0`.
pub(in super::super) fn address(text: &str) -> Option<String> {
    let (device, function) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = device.rsplitn(3, ':');
    let (slot, bus, domain) = (parts.next()?, parts.next()?, parts.next().unwrap_or("0"));
    let number = |digits: &str| u32::from_str_radix(digits, 16).ok();
    Some(format!(
        "{:04x}:{:02x}:{:02x}.{:x}",
        number(domain)?,
        number(bus)?,
        number(slot)?,
        number(function)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_all_ways_are_one() {
        for text in ["00000000:3B:00.0", "0000:3b:00", "3b:00.0", "0000:3b:00.0"] {
            assert_eq!(address(text).as_deref(), Some("0000:3b:00.0"), "{text}");
        }
        assert_eq!(address("0001:C1:00.0").as_deref(), Some("0001:c1:00.0"));
        for text in ["", "3b", "xx:00.0"] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn generations_of_pci_express() {
        assert_eq!(generation("2.5 GT/s PCIe"), Some(1));
        assert_eq!(generation("16.0 GT/s PCIe"), Some(4));
        assert_eq!(generation("32 GT/s"), Some(5));
        assert_eq!(generation("Unknown"), None);
    }
}
