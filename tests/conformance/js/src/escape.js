import { check, log } from '#gonogo';

/**
 * The language has no library for any of these: only the programs that it is embedded into do. So this asks for what Node.js, Deno, browsers
 * and QuickJS's own program would have.
 */
const TRIES = {
  file: [
    () => globalThis.require('node:fs').readFileSync('/etc/hostname'),
    () => globalThis.Deno.readFileSync('/etc/hostname'),
    () => globalThis.std.loadFile('/etc/hostname').length,
  ],
  variable: [
    () => globalThis.process.env.PATH.length,
    () => Object.keys(globalThis.Deno.env.toObject()).length,
    () => globalThis.std.getenv('PATH').length,
    () => Object.keys(globalThis.std.getenviron()).length,
  ],
  socket: [
    () => globalThis.require('node:net').connect(9, '127.0.0.1'),
    () => globalThis.fetch('http://127.0.0.1:9'),
    () => new globalThis.WebSocket('ws://127.0.0.1:9'),
    () => new globalThis.XMLHttpRequest(),
  ],
  process: [
    () => globalThis.require('node:child_process').spawnSync('/bin/true'),
    () => globalThis.os.exec(['/bin/true']),
    () => globalThis.process.kill(1, 0),
  ],
};

export const escape = check({
  name: 'escape',
  summary: "The language's own library reaches nothing",
  run(_, report) {
    let refused = 0;
    for (const [what, tries] of Object.entries(TRIES)) {
      if (tries.some(succeeds)) {
        report.noGo(`${what} could be had`);
      } else {
        report.fact(what, 'refused');
        refused += 1;
      }
    }
    report.summary(`${refused} of 4 refused`);
  },
});

function succeeds(attempt) {
  try {
    attempt();
    return true;
  } catch (error) {
    log.debug(String(error));
    return false;
  }
}
