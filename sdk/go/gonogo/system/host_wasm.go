package system

import (
	wit "gonogo/internal/bindings/imports/gonogo_plugin_system"
	"gonogo/internal/core"
	"gonogo/internal/wire"
)

func os() (core.Attributes, error) { return wire.One(wit.Os()) }

func cpu() (core.Attributes, error) { return wire.One(wit.Cpu()) }

func memory() (core.Attributes, error) { return wire.One(wit.Memory()) }

func limits() (core.Attributes, error) { return wire.One(wit.Limits()) }

func mounts() ([]core.Attributes, error) { return wire.Many(wit.Mounts()) }

func interfaces() ([]core.Attributes, error) { return wire.Many(wit.Interfaces()) }

func troubledProcesses() ([]core.Attributes, error) { return wire.Many(wit.TroubledProcesses()) }

func gpuDrivers() ([]core.Attributes, error) { return wire.Many(wit.GpuDrivers()) }

func gpus() ([]core.Attributes, error) { return wire.Many(wit.Gpus()) }

func kernelEvents(seconds uint64) ([]core.Attributes, error) {
	return wire.Many(wit.KernelEvents(seconds))
}

func probeCPU(seconds float64) (core.Attributes, error) { return wire.One(wit.ProbeCpu(seconds)) }

func probeMemory(size uint64) (core.Attributes, error) { return wire.One(wit.ProbeMemory(size)) }
