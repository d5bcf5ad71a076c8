// What the machine has, what of it this process may use, and what its kernel says.

import wit from '#wit/system';
import { ask } from '#host';
import { attributes, list } from './shapes.js';
import { whole } from './values.js';

const many = list(attributes);

export const os = () => ask('system.os', null, () => wit.os(), attributes);
export const cpu = () => ask('system.cpu', null, () => wit.cpu(), attributes);
export const memory = () => ask('system.memory', null, () => wit.memory(), attributes);
export const limits = () => ask('system.limits', null, () => wit.limits(), attributes);
export const mounts = () => ask('system.mounts', null, () => wit.mounts(), many);
export const interfaces = () => ask('system.interfaces', null, () => wit.interfaces(), many);
export const troubledProcesses = () => ask('system.troubled-processes', null, () => wit.troubledProcesses(), many);
export const gpuDrivers = () => ask('system.gpu-drivers', null, () => wit.gpuDrivers(), many);
export const gpus = () => ask('system.gpus', null, () => wit.gpus(), many);

export function kernelEvents(seconds) {
  const asked = { seconds: whole(seconds, 'the seconds') };
  return ask('system.kernel-events', asked, () => wit.kernelEvents(asked.seconds), many);
}

export function probeCpu(seconds) {
  if (!Number.isFinite(seconds)) throw new TypeError(`the seconds must be a number, not ${seconds}`);
  return ask('system.probe-cpu', { seconds }, () => wit.probeCpu(seconds), attributes);
}

export function probeMemory(size) {
  const asked = { size: whole(Number(size), 'the size') };
  return ask('system.probe-memory', asked, () => wit.probeMemory(asked.size), attributes);
}
