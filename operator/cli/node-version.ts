/** Imported before everything else: says plainly that a Node.js is too old, which otherwise ends in a strange error. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `error: homeostat needs Node.js 22.19 or newer, and ${process.execPath} is ${process.versions.node}: set HOMEOSTAT_NODE to another\n`,
  );
  process.exit(1);
}
