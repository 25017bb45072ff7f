// What IHE BALP 1.1.3 (profiles.ihe.net/ITI/BALP; sources: IHE/ITI.BasicAudit, input/fsh) demands of an AuditEvent, in
// our own words: StructureDefinitions on the one of R4. Which elements there are and how often stands in the snapshot;
// what a slice holds inside is an invariant, because the validator looks at no slice but for its discriminator.

const canonical = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';
const dcm = 'http://dicom.nema.org/resources/ontology/DCM';
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const objectRole = 'http://terminology.hl7.org/CodeSystem/object-role';
const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const interaction = 'http://hl7.org/fhir/restful-interaction';
const requestId = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType';

const source = { system: dcm, code: '110153' };
const destination = { system: dcm, code: '110152' };
const application = { system: dcm, code: '110150' };
const custodian = { system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code: 'custodian' };
const recipient = { system: participation, code: 'IRCP' };
const dataSources = ['AUT', 'INF', 'CST'].map((code) => ({ system: participation, code }));

// ---- FHIRPath ----

const isAgent = (...codes) => codes.map(({ system, code }) =>
  `type.coding.where(system = '${system}' and code = '${code}').exists()`).join(' or ');
const isEntity = ({ system, code }) => `(type.system = '${system}' and type.code = '${code}')`;
const none = (...names) => names.map((name) => `${name}.empty()`).join(' and ');
const given = (condition, then) => `((${condition}).not() or (${then}))`;

// ---- the profiles ----

const nothingMore = ['role', 'altId', 'name', 'location', 'policy', 'purposeOfUse'];

function agents({ client, server, user, bare }) {
  const machine = `who.exists() and network.exists() and ${none('media', ...(bare ? nothingMore : []))}`;
  const person = `who.exists() and requestor = true and ${none('media', 'network')}`;
  return {
    slices: { client: { min: 1, max: '1', concept: client }, server: { min: 1, max: '1', concept: server } },
    invariants: [
      given(isAgent(client), machine),
      given(isAgent(server), machine),
      given(isAgent(...user), bare ? `${person} and ${none('altId', 'location', 'policy')}` : person),
    ],
    users: `agent.where(${isAgent(...user)}).count() <= 1`,
  };
}

const object = { system: entityType, code: '2' };
const patient = { system: entityType, code: '1' };
const transaction = { system: requestId, code: 'XrequestId' };
const plain = ['lifecycle', 'name', 'query', 'detail'];

function dataEntity(bare) {
  const inside = `what.exists() and role.system = '${objectRole}' and role.code in ('3' | '4' | '20')`;
  return {
    slice: { data: { min: 1, max: '1', coding: object } },
    invariant: given(isEntity(object), bare ? `${inside} and ${none(...plain)}` : inside),
  };
}

const queryEntity = {
  slice: { query: { min: 1, max: '1', coding: object } },
  invariant: given(isEntity(object), `query.exists() and role.system = '${objectRole}' and role.code = '24' and ` +
    none('what', 'lifecycle', 'detail')),
};

const base = {
  Create: { action: 'C', subtypes: ['create'], agents: agents({ client: source, server: destination, user: dataSources }),
    entity: dataEntity(false) },
  Read: { action: 'R', subtypes: ['read', 'vread'],
    agents: agents({ client: destination, server: source, user: [recipient] }), entity: dataEntity(false) },
  Update: { action: 'U', subtypes: ['update', 'patch'],
    agents: agents({ client: source, server: destination, user: dataSources }), entity: dataEntity(false) },
  Delete: { action: 'D', subtypes: ['delete'], bare: true,
    agents: agents({ client: application, server: custodian, user: dataSources, bare: true }), entity: dataEntity(true) },
  Query: { action: 'E', subtypes: ['search', 'search-type', 'search-system'],
    agents: agents({ client: source, server: destination, user: [recipient] }), entity: queryEntity },
};

// The constraints of one profile. A failure follows the same pattern with another outcome, and claims no profile.
function constraintsOf(name, { isFailure = false } = {}) {
  const withPatient = name.startsWith('Patient');
  const kind = base[withPatient ? name.slice('Patient'.length) : name];
  const bareEntity = kind.bare ? ['securityLabel', ...plain] : [];
  const exactly = kind === base.Query || kind.bare ? '' : 'and display = code';
  const subtypes = kind.subtypes.map((code) =>
    `subtype.where(system = '${interaction}' and code = '${code}' ${exactly}).exists()`);
  return {
    fixed: {
      type: { patternCoding: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' } },
      action: { fixedCode: kind.action, min: 1 },
      ...(isFailure ? { outcomeDesc: { min: 1 } } : {}),
      outcome: isFailure ? { min: 1 } : { fixedCode: '0', min: 1 },
      subtype: { min: 1, ...(kind.bare ? { max: '1' } : {}) },
      agent: { min: 2 },
      entity: { min: withPatient ? 2 : 1 },
    },
    slices: {
      agent: kind.agents.slices,
      entity: {
        ...kind.entity.slice,
        transaction: { min: 0, max: '1', coding: transaction },
        ...(withPatient ? { patient: { min: 1, max: '1', coding: patient } } : {}),
      },
    },
    invariants: {
      '': [`(${subtypes.join(' or ')})`, kind.agents.users, ...(isFailure ? ["outcome != '0'"] : [])],
      agent: kind.agents.invariants,
      entity: [
        kind.entity.invariant,
        given(isEntity(transaction), ['what.identifier.value.exists()', none(...(kind.bare ? bareEntity : ['id']))].join(' and ')),
        ...(withPatient ? [given(isEntity(patient),
          [`role.system = '${objectRole}' and role.code = '1' and what.type = 'Patient'`,
            none(...(kind.bare ? bareEntity : ['id']))].join(' and '))] : []),
      ],
    },
  };
}

// ---- beside BALP: DICOM PS3.15 A.5, as R4's own examples have it ----

const security = (code, extra) => ({
  fixed: {
    type: { patternCoding: { system: dcm, code } },
    action: { fixedCode: 'E', min: 1 },
    outcome: { min: 1 },
    ...extra.fixed,
  },
  slices: {},
  invariants: { '': extra.invariants, agent: [given('requestor = true', 'who.exists() or network.address.exists()')], entity: [] },
});
const isSubtype = (...codes) => `subtype.where(system = '${dcm}' and code in (${codes.map((c) => `'${c}'`).join(' | ')})).exists()`;
const hasPurpose = (path) => `${path}.coding.where(code = 'ETREAT').exists()`;

export const local = {
  UserAuthentication: security('110114', {
    fixed: {},
    invariants: [`(subtype.empty() or ${isSubtype('110122', '110123')})`, "agent.where(requestor = true).count() = 1"],
  }),
  EmergencyOverride: security('110113', {
    fixed: { purposeOfEvent: { min: 1 }, entity: { min: 1 } },
    invariants: [isSubtype('110127', '110138'), hasPurpose('purposeOfEvent'), hasPurpose('agent.purposeOfUse'),
      `entity.where(${isEntity(patient)} and role.code = '1' and what.type = 'Patient').count() = 1`],
  }),
};

// ---- StructureDefinitions ----

const withElement = (elements, id, change) => elements.map((element) =>
  element.id === `AuditEvent${id && '.'}${id}` ? { ...element, ...change(element) } : element);

// `auditEvent` is R4's StructureDefinition.
function structure(auditEvent, url, { fixed, slices, invariants }) {
  let elements = structuredClone(auditEvent.snapshot.element);
  for (const [id, change] of Object.entries(fixed)) elements = withElement(elements, id, () => change);
  for (const [id, expressions] of Object.entries(invariants)) {
    elements = withElement(elements, id, (element) => ({
      constraint: [...(element.constraint ?? []), ...expressions.map((expression, i) =>
        ({ key: `balp-${id || 'event'}-${i + 1}`, severity: 'error', human: expression, expression }))],
    }));
  }
  for (const [id, named] of Object.entries(slices)) {
    const path = `AuditEvent.${id}`;
    elements = withElement(elements, id, () =>
      ({ slicing: { discriminator: [{ type: 'pattern', path: 'type' }], rules: 'open' } }));
    const whole = elements.find((element) => element.id === path);
    const type = elements.find((element) => element.id === `${path}.type`);
    const last = elements.findLastIndex((element) => element.id.startsWith(`${path}.`));
    const { slicing, constraint, ...bare } = whole;
    elements.splice(last + 1, 0, ...Object.entries(named).flatMap(([name, { min, max, coding, concept }]) => [
      { ...bare, id: `${path}:${name}`, sliceName: name, min, max },
      { ...type, id: `${path}:${name}.type`, min: 1,
        ...(coding ? { patternCoding: coding } : { patternCodeableConcept: { coding: [concept] } }) },
    ]));
  }
  return { resourceType: 'StructureDefinition', url, name: url.split('.').pop(), status: 'active', kind: 'resource',
    abstract: false, type: 'AuditEvent', derivation: 'constraint', baseDefinition: auditEvent.url,
    snapshot: { element: elements } };
}

// By URL, or by name for those that are ours.
export function profiles(auditEvent) {
  const all = {};
  for (const name of Object.keys(base).flatMap((kind) => [kind, `Patient${kind}`])) {
    all[canonical + name] = structure(auditEvent, canonical + name, constraintsOf(name));
    all[`Failed${name}`] = structure(auditEvent, `Failed.${name}`, constraintsOf(name, { isFailure: true }));
  }
  for (const [name, constraints] of Object.entries(local)) all[name] = structure(auditEvent, name, constraints);
  return all;
}
