//go:build !wasm

package system

import (
	"gonogo/internal/core"
	"gonogo/internal/native"
)

func one(call string, ask any) (core.Attributes, error) {
	return native.Ask[core.Attributes](call, ask)
}

func many(call string, ask any) ([]core.Attributes, error) {
	return native.Ask[[]core.Attributes](call, ask)
}

func os() (core.Attributes, error) { return one("system.os", nil) }

func cpu() (core.Attributes, error) { return one("system.cpu", nil) }

func memory() (core.Attributes, error) { return one("system.memory", nil) }

func limits() (core.Attributes, error) { return one("system.limits", nil) }

func mounts() ([]core.Attributes, error) { return many("system.mounts", nil) }

func interfaces() ([]core.Attributes, error) { return many("system.interfaces", nil) }

func troubledProcesses() ([]core.Attributes, error) { return many("system.troubled-processes", nil) }

func gpuDrivers() ([]core.Attributes, error) { return many("system.gpu-drivers", nil) }

func gpus() ([]core.Attributes, error) { return many("system.gpus", nil) }

func kernelEvents(seconds uint64) ([]core.Attributes, error) {
	return many("system.kernel-events", map[string]any{"seconds": seconds})
}

func probeCPU(seconds float64) (core.Attributes, error) {
	return one("system.probe-cpu", map[string]any{"seconds": seconds})
}

func probeMemory(size uint64) (core.Attributes, error) {
	return one("system.probe-memory", map[string]any{"size": size})
}
