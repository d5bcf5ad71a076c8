//! Network interfaces and InfiniBand ports.
//!
//! The parsing of InfiniBand ports has been tried on recorded trees only.

use super::{
    Machine,
    machine::{Reading, parsed, put},
};
use crate::domain::{Attributes, Error};

const INTERFACES: &str = "/sys/class/net";
const DEVICES: &str = "/sys/class/infiniband";

impl Machine {
    /// See `interfaces` in `wit/system.wit`. An InfiniBand or RoCE port is an entry of its own, named `mlx5_0/1`; `port-state` (`ACTIVE`) and
    /// `physical-state` (`LinkUp`) are the kernel's words.
    pub fn interfaces(&self) -> Result<Vec<Attributes>, Error> {
        let mut entries = Vec::new();
        for name in self.names(INTERFACES)?.unwrap_or_default() {
            // Beside the interfaces there are files such as "bonding_masters".
            if self.has(format!("{INTERFACES}/{name}/type")) {
                entries.push(self.interface(&name));
            }
        }
        for device in self.names(DEVICES)?.unwrap_or_default() {
            for port in self.names(format!("{DEVICES}/{device}/ports"))?.unwrap_or_default() {
                entries.push(self.port(&device, &port));
            }
        }
        Ok(entries)
    }

    fn interface(&self, name: &str) -> Attributes {
        let folder = format!("{INTERFACES}/{name}");
        let mut interface = Attributes::new();
        interface.set("name", name);
        put(&mut interface, "state", self.line(format!("{folder}/operstate")));
        put(&mut interface, "mtu", self.number(format!("{folder}/mtu")));
        // Mbit/s; -1, its unsigned twin, and a read that the driver refuses all mean that there is no link to have a speed.
        let speed =
            self.line(format!("{folder}/speed")).ok().flatten().and_then(|text| text.parse::<i64>().ok());
        let speed = speed.filter(|speed| (1..i64::from(u32::MAX)).contains(speed));
        interface.set_some("speed", speed.map(|megabits| megabits * 1_000_000));
        put(&mut interface, "kind", self.interface_kind(&folder));
        interface
    }

    fn interface_kind(&self, folder: &str) -> Reading<&'static str> {
        for (file, kind) in
            [("wireless", "wireless"), ("bridge", "bridge"), ("bonding", "bond"), ("tun_flags", "tun")]
        {
            if self.has(format!("{folder}/{file}")) {
                return Ok(Some(kind));
            }
        }
        // The kernel's ARPHRD numbers.
        Ok(self.number(format!("{folder}/type"))?.map(|number| match number {
            1 => "ethernet",
            32 => "infiniband",
            512 => "ppp",
            768 | 769 | 776 | 778 | 823 => "tunnel",
            772 => "loopback",
            801..=803 => "wireless",
            65534 => "point-to-point",
            _ => "other",
        }))
    }

    fn port(&self, device: &str, number: &str) -> Attributes {
        let folder = format!("{DEVICES}/{device}/ports/{number}");
        let mut port = Attributes::new();
        port.set("name", format!("{device}/{number}"));
        port.set("device", device);
        put(&mut port, "port", parsed::<u64>(number, &folder).map(Some));
        let layer = self.line(format!("{folder}/link_layer"));
        put(
            &mut port,
            "kind",
            layer.map(|layer| {
                Some(layer.map_or_else(|| "infiniband".to_owned(), |layer| layer.to_lowercase()))
            }),
        );
        let state = self.word_after_number(&format!("{folder}/state"));
        let active = state
            .as_ref()
            .map_err(Clone::clone)
            .map(|state| state.as_deref().map(|state| if state == "ACTIVE" { "up" } else { "down" }));
        put(&mut port, "state", active);
        put(&mut port, "port-state", state);
        put(&mut port, "physical-state", self.word_after_number(&format!("{folder}/phys_state")));
        let rate = self
            .line(format!("{folder}/rate"))
            .and_then(|rate| rate.map(|rate| port_rate(&rate)).transpose());
        put(&mut port, "speed", rate.clone());
        put(&mut port, "rate", rate);
        port
    }

    /// `4: ACTIVE`.
    fn word_after_number(&self, path: &str) -> Reading<String> {
        let word = |text: String| text.split_once(": ").map_or(text.clone(), |(_, word)| word.to_owned());
        Ok(self.line(path)?.map(word))
    }
}

/// `200 Gb/sec (4X HDR)` in bits per second.
fn port_rate(text: &str) -> Result<u64, Error> {
    let number = text.split_once(" Gb/sec").map_or("", |(number, _)| number);
    Ok((parsed::<f64>(number, "the rate of an InfiniBand port")? * 1e9) as u64)
}
