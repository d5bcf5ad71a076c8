// Run by js.rs with Node.js: a plugin's modules -> one script -> component.
//
// Arguments: the plugin's folder, its entry, a working folder with the contract in `wit/`. Leaves `plugin.wasm` in the working folder and prints
// `{"toolchain": …}`, or `{"missing": [names]}`. What is wrong with the plugin goes to standard error.

import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, entry, work] = process.argv.slice(2);
const CONTRACT = /^gonogo:plugin\/([a-z-]+)@[0-9.]+$/;

/** A package: as Node.js finds it from the plugin's folder, or else beside its program on PATH, where `npm install --global` leaves one. */
function found(name) {
  const programs = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)).filter(existsSync);
  for (const from of [join(folder, 'package.json'), ...programs.map((program) => realpathSync(program))]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // Not there: the next place.
    }
  }
  return undefined;
}

/** The version of a package, of which a file is known. */
function version(file, name) {
  const root = file.slice(0, file.lastIndexOf(join('node_modules', name)));
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** Ends the build with words for whoever wrote the plugin. */
function refuse(why) {
  process.stderr.write(`error: ${why}\n`);
  process.exit(1);
}

async function bundled(rolldown) {
  const start = join(work, 'entry.mjs');
  // The one place that knows what a component exports: plugins and the SDK do not.
  writeFileSync(
    start,
    `import plugin from ${JSON.stringify(join(folder, entry))};
if (typeof plugin?.component?.run !== 'function') throw new TypeError(${JSON.stringify(`${entry} must have a plugin as its default export: export default plugin({…})`)});
export const checks = plugin.component;
`,
  );
  const unresolved = [];
  const bundle = await rolldown({
    input: start,
    cwd: folder,
    platform: 'neutral',
    logLevel: 'warn',
    resolve: { conditionNames: ['gonogo', 'import', 'module', 'default'], mainFields: ['module', 'main'] },
    external: (id) => CONTRACT.test(id),
    onLog(level, log, otherwise) {
      if (log.code === 'UNRESOLVED_IMPORT') unresolved.push(log.message);
      else otherwise(level, log);
    },
    // Names of this machine's folders stand in its comments.
    experimental: { attachDebugInfo: 'none' },
  });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false, comments: { legal: false, annotation: false, jsdoc: false } });
  const [{ code, imports, dynamicImports }] = output;
  const foreign = [...imports, ...dynamicImports].find((name) => !CONTRACT.test(name));
  if (foreign !== undefined) {
    const where = unresolved.find((message) => message.includes(`'${foreign}'`)) ?? '';
    refuse(`'${foreign}' cannot be had in a component: there is no Node.js and no network in it. Use gonogo's files, process, environment, system and dataset; if it is a package, \`npm install ${foreign}\` so that it is bundled\n${where}`);
  }
  return { code, interfaces: imports.map((name) => CONTRACT.exec(name)[1]).sort() };
}

async function main() {
  const missing = ['rolldown', 'componentize-qjs'].filter((name) => !found(name));
  if (missing.length > 0) return { missing };
  if (!existsSync(join(folder, entry))) refuse(`package.json names ${entry} as the plugin's entry ("gonogo"), and there is no such file`);
  const [bundler, componentizer] = [found('rolldown'), found('componentize-qjs')];
  const { rolldown } = await import(pathToFileURL(bundler));
  const { componentize } = createRequire(componentizer)(componentizer);
  const { code, interfaces } = await bundled(rolldown);
  // A world of what is used: the list of imports says what a plugin can reach at all.
  const contract = /^package [^;]+;/m.exec(readFileSync(join(work, 'wit', 'world.wit'), 'utf8'))[0];
  const imports = interfaces.map((name) => `import ${name};`).join(' ');
  writeFileSync(join(work, 'wit', 'built.wit'), `${contract}\nworld built { ${imports} export checks; }\n`);
  // Not `optSize`: that engine has tail calls in it, which the sandbox does not allow.
  const { component } = await componentize({
    witPath: join(work, 'wit'), world: 'built', jsSource: code, stubWasi: true, sync: true,
  });
  writeFileSync(join(work, 'plugin.wasm'), component);
  const toolchain = [`node ${process.versions.node}`, `rolldown ${version(bundler, 'rolldown')}`, `componentize-qjs ${version(componentizer, 'componentize-qjs')}`];
  return { toolchain: toolchain.join(', ') };
}

try {
  process.stdout.write(JSON.stringify(await main()));
} catch (error) {
  // What went wrong when the modules ran, which they do once while the component is made.
  refuse(error.message.replace(/^: Failed to evaluate user JavaScript module: (Failed to finish JavaScript module evaluation: )?/, ''));
}
