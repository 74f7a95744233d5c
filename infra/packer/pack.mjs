// Run pack.py in CPython for WebAssembly, which has the same compiler, marshal and zlib on every
// machine. Usage: node pack.mjs VERSION FOLDER ARCHIVE ROOT DOCUMENTED...

import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { loadPyodide } from "pyodide";

const [version, folder, archive, ...rest] = process.argv.slice(2);
const python = await loadPyodide();

const found = python.runPython("import sys; 'python%d.%d' % sys.version_info[:2]");
if (found !== version) {
  throw new Error(`This packer has ${found}, not ${version}.`);
}

for (const [place, path] of [["/bundle", folder], ["/archive", dirname(archive)]]) {
  python.FS.mkdir(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: path }, place);
}
python.FS.writeFile("/pack.py", readFileSync(new URL("pack.py", import.meta.url)));
const parts = ["/bundle", `/archive/${basename(archive)}`, ...rest];
python.globals.set("arguments", python.toPy(parts));
try {
  python.runPython("sys.path.insert(0, '/'); import pack; pack.pack(*arguments)");
} catch (error) {
  // Node.js would print the line of Pyodide that threw it, which is a megabyte long.
  console.error(error.message);
  process.exitCode = 1;
}
