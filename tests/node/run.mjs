// Runs the js lines of a Markdown file as one program, after checking that they name every error reason of the API.
//   node tests/node/run.mjs docs/INTEGRATING.md
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const text = readFileSync(process.argv[2], 'utf8');

// Keeps the lines where they are in the document, so that an error's line number leads there.
let inside = false;
const program = text.split('\n').map((line) => {
  if (line === '```js' || (inside && line === '```')) {
    inside = !inside;
    return '';
  }
  return inside ? line : '';
});

const protos = process.env.RENKEI_PROTO ?? 'proto';
const reasons = [...readFileSync(`${protos}/renkei/v1/errors.proto`, 'utf8').matchAll(/^ {2}ERROR_REASON_(\w+) = [1-9]/gm)];
const missing = reasons.map(([, reason]) => reason).filter((reason) => !program.some((line) => line.includes(`'${reason}'`)));
if (reasons.length === 0 || missing.length > 0) {
  console.error(`no runnable line for: ${missing.join(', ')}`);
  process.exit(1);
}

// Beside node_modules, where the imports are found.
const file = join(here, `.run-${process.pid}.mjs`);
writeFileSync(file, program.join('\n'));
try {
  await import(pathToFileURL(file));
  console.log(`${process.argv[2]}: every line ran, ${reasons.length} error reasons`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  rmSync(file);
}
process.exit(); // open channels would keep the program alive
