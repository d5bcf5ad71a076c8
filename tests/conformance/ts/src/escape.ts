import { check, log } from '#gonogo';

/** What other homes of the language have: not in its types, and not in a component. */
const elsewhere = globalThis as Record<string, any>;

/**
 * The language has no library for any of these: only the programs that it is embedded into do. So this asks for what Node.js, Deno, browsers
 * and QuickJS's own program would have.
 */
const TRIES: Record<string, (() => unknown)[]> = {
  file: [
    () => elsewhere.require('node:fs').readFileSync('/etc/hostname'),
    () => elsewhere.Deno.readFileSync('/etc/hostname'),
    () => elsewhere.std.loadFile('/etc/hostname').length,
  ],
  variable: [
    () => elsewhere.process.env.PATH.length,
    () => Object.keys(elsewhere.Deno.env.toObject()).length,
    () => elsewhere.std.getenv('PATH').length,
    () => Object.keys(elsewhere.std.getenviron()).length,
  ],
  socket: [
    () => elsewhere.require('node:net').connect(9, '127.0.0.1'),
    () => elsewhere.fetch('http://127.0.0.1:9'),
    () => new elsewhere.WebSocket('ws://127.0.0.1:9'),
    () => new elsewhere.XMLHttpRequest(),
  ],
  process: [
    () => elsewhere.require('node:child_process').spawnSync('/bin/true'),
    () => elsewhere.os.exec(['/bin/true']),
    () => elsewhere.process.kill(1, 0),
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

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    log.debug(String(error));
    return false;
  }
}
