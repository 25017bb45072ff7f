// Ways to spoil an AuditEvent, each of which a validator must refuse.

const dcm = 'http://dicom.nema.org/resources/ontology/DCM';
const isBalp = (profile) => !['UserAuthentication', 'EmergencyOverride'].includes(profile);
const succeeds = (profile) => isBalp(profile) && !profile.startsWith('Failed');
const hasPatient = (profile) => profile.includes('Patient') || profile === 'EmergencyOverride';
const always = () => true;
const byCode = (...codes) => ({ type }) => codes.includes(type?.coding?.[0].code ?? type?.code);
const isUser = byCode('AUT', 'IRCP', 'humanuser');
const isClient = ({ who }) => who?.identifier?.value.includes('/sessions/');
const isServer = ({ who }) => who?.identifier?.system === 'urn:renkei:log';
const isPatient = ({ what }) => what?.type === 'Patient';
const isSubject = ({ type }) => type?.code === '2';
const drop = (list, condition) => list.splice(list.findIndex(condition), 1);

export const spoilers = {
  'no type': { applies: always, spoil: (event) => { delete event.type; } },
  'another type': { applies: always, spoil: (event) => { event.type = { system: dcm, code: '110100', display: 'Application Activity' }; } },
  'another action': { applies: always, spoil: (event) => { event.action = event.action === 'C' ? 'R' : 'C'; } },
  'an action that does not exist': { applies: always, spoil: (event) => { event.action = 'X'; } },
  'no time': { applies: always, spoil: (event) => { delete event.recorded; } },
  'a date for a time': { applies: always, spoil: (event) => { event.recorded = event.recorded.slice(0, 10); } },
  'no source': { applies: always, spoil: (event) => { delete event.source.observer; } },
  'no agents': { applies: always, spoil: (event) => { delete event.agent; } },
  'an element that does not exist': { applies: always, spoil: (event) => { event.leaf = 'x'; } },
  'an empty object': { applies: always, spoil: (event) => { event.agent[0].who = {}; } },
  'an id that is too long': { applies: always, spoil: (event) => { event.id += '0'; } },
  'a code that does not exist': { applies: always, spoil: (event) => { event.source.type[0].code = '99'; } },
  'a wrong display': { applies: always, spoil: (event) => { event.source.type[0].display = 'Web Server'; } },
  'no requestor': { applies: always, spoil: (event) => { for (const agent of event.agent) delete agent.requestor; } },
  'no subtype': { applies: (profile) => profile !== 'UserAuthentication', spoil: (event) => { delete event.subtype; } },
  'another subtype': { applies: (_, event) => event.subtype, spoil: (event) => { event.subtype = [{ system: dcm, code: '110120', display: 'Application Start' }]; } },
  'another outcome': { applies: isBalp, spoil: (event) => { event.outcome = event.outcome === '0' ? '8' : '0'; } },
  'no outcome': { applies: always, spoil: (event) => { delete event.outcome; } },
  'no reason of a failure': { applies: (profile) => profile.startsWith('Failed'), spoil: (event) => { delete event.outcomeDesc; } },
  'no client': { applies: isBalp, spoil: (event) => drop(event.agent, isClient) },
  'no server': { applies: isBalp, spoil: (event) => drop(event.agent, isServer) },
  'a client in the role of the server': { applies: isBalp, spoil: ({ agent }) => { agent.find(isClient).type = agent.find(isServer).type; } },
  'an unnamed client': { applies: isBalp, spoil: (event) => { delete event.agent.find(isClient).who; } },
  'a client from nowhere': { applies: isBalp, spoil: (event) => { delete event.agent.find(isClient).network; } },
  'an unnamed server': { applies: isBalp, spoil: (event) => { delete event.agent.find(isServer).who; } },
  'an unnamed user': { applies: isBalp, spoil: (event) => { delete event.agent.find(isUser).who; } },
  'a user who did not ask': { applies: isBalp, spoil: (event) => { event.agent.find(isUser).requestor = false; } },
  'a user who is a machine': { applies: isBalp, spoil: (event) => { event.agent.find(isUser).network = { address: '192.0.2.1', type: '2' }; } },
  'two users': { applies: isBalp, spoil: ({ agent }) => agent.push(structuredClone(agent.find(isUser))) },
  'a deleter with a policy': { applies: (profile) => profile.endsWith('Delete'), spoil: (event) => { event.agent.find(isUser).policy = ['urn:x:y']; } },
  'no subject': { applies: isBalp, spoil: (event) => drop(event.entity, isSubject) },
  'two subjects': { applies: isBalp, spoil: ({ entity }) => entity.push(structuredClone(entity.find(isSubject))) },
  'an unnamed subject': { applies: (profile) => isBalp(profile) && !profile.endsWith('Query'), spoil: (event) => { delete event.entity.find(isSubject).what; } },
  'a subject of another role': { applies: isBalp, spoil: (event) => { event.entity.find(isSubject).role = { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '6', display: 'User' }; } },
  'no query': { applies: (profile) => profile.endsWith('Query'), spoil: (event) => { delete event.entity.find(isSubject).query; } },
  'a query in clear': { applies: (profile) => profile.endsWith('Query'), spoil: (event) => { event.entity.find(isSubject).query = '名前=試験'; } },
  'no patient': { applies: hasPatient, spoil: (event) => drop(event.entity, isPatient) },
  'two patients': { applies: hasPatient, spoil: ({ entity }) => entity.push(structuredClone(entity.find(isPatient))) },
  'a patient of another role': { applies: hasPatient, spoil: (event) => { event.entity.find(isPatient).role = { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '6', display: 'User' }; } },
  'an unnamed patient': { applies: hasPatient, spoil: (event) => { delete event.entity.find(isPatient).what; } },
  'a patient who is none': { applies: hasPatient, spoil: (event) => { event.entity.find(isPatient).what.type = 'Device'; } },
  'an empty correlation': { applies: (profile, event) => isBalp(profile) && event.entity.some(byCode('XrequestId')), spoil: (event) => { event.entity.find(byCode('XrequestId')).what = { display: 'x' }; } },
  'no purpose': { applies: (profile) => profile === 'EmergencyOverride', spoil: (event) => { delete event.purposeOfEvent; } },
  'a user without a purpose': { applies: (profile) => profile === 'EmergencyOverride', spoil: (event) => { for (const agent of event.agent) delete agent.purposeOfUse; } },
  'a profile that does not exist': { applies: succeeds, spoil: (event) => { event.meta.profile[0] += 's'; } },
};
