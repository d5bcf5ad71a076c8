// Package system tells what the machine has, what of it this process may use, and what its kernel says. `wit/system.wit` lists each
// function's names.
package system

import "gonogo"

// OS tells: operating system, kernel, distribution, container.
func OS() (gonogo.Attributes, error) { return os() }

// CPU tells: cores: of the board, in the affinity mask, by cgroup quota.
func CPU() (gonogo.Attributes, error) { return cpu() }

// Memory tells: memory: of the board, by cgroup, available now.
func Memory() (gonogo.Attributes, error) { return memory() }

// Limits tells: resource limits of this process and of the system.
func Limits() (gonogo.Attributes, error) { return limits() }

// Mounts tells: mounted filesystems.
func Mounts() ([]gonogo.Attributes, error) { return mounts() }

// Interfaces tells: network interfaces and InfiniBand ports.
func Interfaces() ([]gonogo.Attributes, error) { return interfaces() }

// TroubledProcesses tells: zombies and processes in uninterruptible sleep.
func TroubledProcesses() ([]gonogo.Attributes, error) { return troubledProcesses() }

// GPUDrivers tells: GPU drivers and libraries, one for each vendor found.
func GPUDrivers() ([]gonogo.Attributes, error) { return gpuDrivers() }

// GPUs tells: GPUs.
func GPUs() ([]gonogo.Attributes, error) { return gpus() }

// KernelEvents tells: kernel messages of the last so many seconds that hint at trouble.
func KernelEvents(seconds uint64) ([]gonogo.Attributes, error) { return kernelEvents(seconds) }

// ProbeCPU does arithmetic for about so many seconds.
func ProbeCPU(seconds float64) (gonogo.Attributes, error) { return probeCPU(seconds) }

// ProbeMemory measures memory bandwidth over arrays of that size together.
func ProbeMemory(size gonogo.Size) (gonogo.Attributes, error) { return probeMemory(uint64(size)) }
