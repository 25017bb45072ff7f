// Runs the console lines of a Markdown file, all in one shell, and compares what they print with what the file says.
//   node tests/node/console.mjs [--write] FILE
// Ids, times, hashes, numbers and widths may differ. In the file, … stands for any text in a line, and alone for any
// lines. A block `console by the clock` may print fewer lines. A js block whose first line is `// NAME` becomes the file
// NAME. With --write, blocks that differ are brought up to date.
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';

const writes = process.argv[2] === '--write';
const path = process.argv[writes ? 3 : 2];
const lines = readFileSync(path, 'utf8').split('\n');

const commands = []; // {at: line of the command, end: line after what it prints, isByClock}
let block = null; // where the block began, and its language
lines.forEach((line, i) => {
  if (block && line === '```') {
    if (commands.at(-1)?.end === null) commands.at(-1).end = i;
    if (block.language === 'js' && lines[block.from].startsWith('// ')) {
      writeFileSync(lines[block.from].slice(3), lines.slice(block.from, i).join('\n') + '\n');
    }
    block = null;
  } else if (!block && line.startsWith('```')) {
    block = {language: line.slice(3), from: i + 1};
  } else if (block?.language.startsWith('console') && line.startsWith('$ ')) {
    if (commands.at(-1)?.end === null) commands.at(-1).end = i;
    commands.push({at: i, end: null, isByClock: block.language.endsWith('by the clock')});
  }
});

const mark = '\x01';
const script = commands.map(({at}) => `printf '\\n${mark}'\n${lines[at].slice(2)}\n`).join('');
const printed = execFileSync('bash', ['-c', `exec 2>&1\n${script}`], {encoding: 'utf8', maxBuffer: 1 << 28})
                    .split(`\n${mark}`).slice(1)
                    .map((text) => (text === '' ? [] : text.replace(/\r/g, '').replace(/\n$/, '').split('\n')));

// What may not differ of a line.
const shapeOf = (line) => line.replace(/[0-9A-Za-z+/]{24,}={0,2}/g, 'X').replace(/\b[0-9a-f]{8}\b|\b[0-9a-f]{16}\b/g, 'X')
                              .replace(/[0-9]+/g, '0').replace(/ +|-{3,}/g, ' ').trim();

function isLike(wanted, line) {
  const parts = shapeOf(wanted).split('…').map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(shapeOf(line));
}
function areLike(wanted, found) {
  if (wanted.length === 0) return found.length === 0;
  if (wanted[0] === '…') return found.some((_, i) => areLike(wanted.slice(1), found.slice(i))) || areLike(wanted.slice(1), []);
  return found.length > 0 && isLike(wanted[0], found[0]) && areLike(wanted.slice(1), found.slice(1));
}

let differences = 0;
for (let i = commands.length - 1; i >= 0; --i) {
  const {at, end, isByClock} = commands[i];
  const wanted = lines.slice(at + 1, end).filter((line, n, all) => line !== '' || n + 1 < all.length);
  const found = printed[i] ?? ['(the shell ended before)'];
  const fits = isByClock ? found.every((line) => wanted.some((w) => isLike(w, line))) : areLike(wanted, found);
  if (fits) continue;
  ++differences;
  if (writes) lines.splice(at + 1, end - at - 1, ...found, ...(lines[end] === '```' ? [] : ['']));
  else console.error(`${path}:${at + 1}: ${lines[at]}\n  says    ${wanted.join('\n          ')}\n  prints  ${found.join('\n          ')}`);
}
if (writes) writeFileSync(path, lines.join('\n'));
console.log(`${path}: ${commands.length} commands, ${differences} ${writes ? 'rewritten' : 'print something else'}`);
process.exit(commands.length > 0 && (writes || differences === 0) ? 0 : 1);
