//! Operating system, kernel, distribution, and the container around this process.

use super::{
    Machine, clib,
    machine::{Reading, parsed, put},
};
use crate::domain::{Attributes, Error};

impl Machine {
    /// See `os` in `wit/system.wit`.
    pub fn os(&self) -> Result<Attributes, Error> {
        let mut os = Attributes::new();
        let uname = rustix::system::uname();
        os.set("os", "linux");
        os.set("kernel", uname.release().to_string_lossy().into_owned());
        os.set("machine", uname.machine().to_string_lossy().into_owned());
        os.set("hostname", uname.nodename().to_string_lossy().into_owned());
        os.set("user", rustix::process::geteuid().as_raw());
        os.set_some("libc", clib::libc().or_else(|| self.musl()));
        put(&mut os, "uptime", self.uptime().map(Some));
        put(&mut os, "container", self.container());
        match self.os_release() {
            Ok(release) => {
                os.set_some("distribution", release.as_deref().and_then(|text| field(text, "ID")));
                os.set_some(
                    "distribution-version",
                    release.as_deref().and_then(|text| field(text, "VERSION_ID")),
                );
            }
            Err(failed) => put(&mut os, "distribution", Reading::<String>::Err(failed)),
        }
        Ok(os)
    }

    /// Seconds since the machine started.
    pub(super) fn uptime(&self) -> Result<f64, Error> {
        let text = self.need("/proc/uptime")?;
        parsed(text.split(' ').next().unwrap_or_default(), "/proc/uptime")
    }

    fn os_release(&self) -> Reading<String> {
        Ok(self.read("/etc/os-release")?.or(self.read("/usr/lib/os-release")?))
    }

    fn musl(&self) -> Option<String> {
        let names = self.names("/lib").ok()??;
        names.iter().any(|name| name.starts_with("ld-musl-")).then(|| "musl".to_owned())
    }

    /// The kind of container. What the outermost tool leaves is looked at first: a pod's containers carry the marks of the
    /// engine beneath as well.
    fn container(&self) -> Reading<&'static str> {
        let cgroup = self.read("/proc/self/cgroup")?.unwrap_or_default();
        if self.has("/var/run/secrets/kubernetes.io")
            || self.has("/run/secrets/kubernetes.io")
            || cgroup.contains("kubepods")
        {
            return Ok(Some("kubernetes"));
        }
        // The engines lay these files over the image's; only inside a container does their mount come from such a folder.
        for mount in self.mount_table()? {
            if matches!(mount.target.as_str(), "/etc/hosts" | "/etc/hostname" | "/etc/resolv.conf") {
                for (part, kind) in [
                    ("/kubelet/pods/", "kubernetes"),
                    ("/docker/containers/", "docker"),
                    ("/overlay-containers/", "podman"),
                ] {
                    if mount.root.contains(part) {
                        return Ok(Some(kind));
                    }
                }
            }
        }
        if self.has("/run/.containerenv") {
            return Ok(Some("podman"));
        }
        if self.has("/.dockerenv") || cgroup.contains("/docker/") || cgroup.contains("/docker-") {
            return Ok(Some("docker"));
        }
        match self.line("/run/systemd/container")?.as_deref() {
            Some("systemd-nspawn") => return Ok(Some("systemd-nspawn")),
            Some("docker") => return Ok(Some("docker")),
            Some("podman") => return Ok(Some("podman")),
            Some("lxc" | "lxc-libvirt") => return Ok(Some("lxc")),
            Some("wsl") => return Ok(Some("wsl")),
            _ => {}
        }
        if cgroup.contains("/lxc/") || cgroup.contains("/lxc.payload") || self.has("/dev/lxd") {
            return Ok(Some("lxc"));
        }
        let kernel = self.read("/proc/version")?.unwrap_or_default().to_lowercase();
        Ok(kernel.contains("microsoft").then_some("wsl"))
    }
}

/// A variable of os-release(5), with its quotes taken off.
fn field(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?.trim();
    let quoted = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    let bare = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
    (!bare.is_empty()).then(|| bare.replace('\\', ""))
}
