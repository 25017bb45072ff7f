// Holds what `renkei-audit fhir` wrote against FHIR R4, the profiles of BALP, and what `renkei-audit show --json` says of
// the same events. Then spoils some of it: what passes spoiled is a fault of this check.
//   node check.mjs FHIR SHOW PROFILE…     files of lines; profiles that must have occurred
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { faultsOf, profilesOf, shortName } from './rules.mjs';
import { spoilers } from './spoilers.mjs';

const [fhirFile, showFile, ...wanted] = process.argv.slice(2);
const lines = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const resources = lines(fhirFile);
const rows = lines(showFile);

// ---- each event is what the log says ----

const outcomes = { allowed: '0', denied: '8', failed: '4' };
const valuesOf = (list) => (list ?? []).map(({ who, what }) => (who ?? what)?.identifier?.value ?? '');

function compare(resource, row) {
  const [{ extension: entry }] = resource.extension;
  const logged = Object.fromEntries(entry.map(({ url, ...value }) => [url, Object.values(value)[0]]));
  assert.equal(logged.index, row.index);
  assert.equal(logged.foldedDenials, row.folded_denials);
  assert.equal(Buffer.from(logged.leafHash, 'base64').toString('hex'), resource.id);
  assert.equal(logged.origin, resource.source.observer.identifier.value);
  assert.equal(resource.meta.tag[0].code, row.type);
  assert.equal(Date.parse(resource.recorded), Date.parse(row.time));
  assert.equal(resource.outcome, outcomes[row.outcome]);
  assert.equal(resource.outcomeDesc, row.reason);
  const agents = valuesOf(resource.agent);
  const entities = valuesOf(resource.entity);
  const patients = resource.entity?.filter(({ role, what }) => what?.type === 'Patient' && role.code === '1') ?? [];
  assert.deepEqual(valuesOf(patients).map((name) => name.split('/').pop()), row.patient ? [row.patient] : []);
  assert.equal(agents.some((name) => name.endsWith(`/people/${row.person}`)), Boolean(row.person));
  assert.equal(agents.some((name) => name.endsWith(`/sessions/${row.session}`)), Boolean(row.session));
  assert.equal(agents.some((name) => name.endsWith(`/facilities/${row.facility}`)), Boolean(row.facility));
  const addresses = resource.agent.flatMap(({ network }) => network?.address ?? []);
  assert.deepEqual(addresses, row.client_address ? [row.client_address] : []);
  if (row.group) assert.ok(entities.some((name) => name.includes(`/groups/${row.group}`)));
  if (row.target_person) assert.ok(entities.some((name) => name.endsWith(`/people/${row.target_person}`)));
  const isRest = resource.type.code === 'rest' && resource.subtype[0].code !== 'operation';
  const claims = (resource.meta.profile ?? []).map(shortName);
  assert.equal(claims.length, isRest && row.outcome === 'allowed' && row.session ? 1 : 0);
  for (const name of claims) assert.equal(name.startsWith('Patient'), Boolean(row.patient));
}

assert.ok(resources.length > 0);
assert.equal(resources.length, rows.length);
const examples = new Map();
let faults = 0;
for (const [i, resource] of resources.entries()) {
  compare(resource, rows[i]);
  for (const fault of faultsOf(resource)) {
    faults += 1;
    console.error(`event ${rows[i].index} (${rows[i].type}): ${fault}`);
  }
  for (const name of profilesOf(resource).map(shortName)) {
    examples.set(name, [...(examples.get(name) ?? []), resource]);
  }
}
for (const name of wanted) assert.ok(examples.has(name), `no event of profile ${name}`);

// ---- each fault is found ----

let spoiled = 0;
for (const [profile, [example]] of examples) {
  for (const [what, { applies, spoil }] of Object.entries(spoilers)) {
    if (!applies(profile, example)) continue;
    const copy = structuredClone(example);
    spoil(copy);
    assert.notDeepEqual(copy, example, what);
    spoiled += 1;
    if (faultsOf(copy, profilesOf(example)).length === 0) {
      faults += 1;
      console.error(`${profile}: passes with ${what}`);
    }
  }
}
assert.ok(spoiled > 0);

const counts = [...examples].map(([name, found]) => `${name} ${found.length}`).sort().join(', ');
console.log(`${fhirFile}: ${resources.length} events; ${counts}; ${spoiled} spoiled ones refused; ${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
