// Checks what buf does not know: the rules of the API itself. Reads the image as JSON from standard input.
//   buf build -o -#format=json | node check_rules.mjs PROTO_DIR
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';

const dir = join(process.argv[2], 'renkei/v1');
const image = JSON.parse(readFileSync(0, 'utf8'));
const files = image.file.filter((file) => file.package === 'renkei.v1');
const messages = new Map(files.flatMap((file) => (file.messageType ?? []).map((m) => [`.renkei.v1.${m.name}`, m])));
const methods = files.flatMap((file) => (file.service ?? []).flatMap((service) => service.method.map(
    (method) => ({service: `renkei.v1.${service.name}`, name: method.name, input: messages.get(method.inputType),
                  rule: method.options?.['[renkei.v1.rule]'] ?? {}}))));
const faults = [];
const check = (holds, what) => holds || faults.push(what);

// Lists whose length the server bounds by itself.
const wholeLists = ['ListProfessions', 'ListUnread'];

const actions = new Set();
for (const {name, input, rule} of methods) {
  const fields = (input.field ?? []).map((field) => field.name);
  const snake = name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
  check(rule.action === snake, `${name}: the rule's action is not ${snake}`);
  check(!actions.has(rule.action), `${name}: the action ${rule.action} is another method's as well`);
  actions.add(rule.action);
  check(rule.event, `${name}: the rule names no event`);
  check(rule.audience, `${name}: the rule names no audience`);
  check(!(rule.readOnly && rule.exemptFromReplay), `${name}: reads only, so it needs no exemption`);
  check(fields.includes('request_id') === (!rule.readOnly && !rule.exemptFromReplay),
        `${name}: request_id, read_only and exempt_from_replay do not agree`);
  check(!name.startsWith('List') || wholeLists.includes(name) ||
        (fields.includes('page_size') && fields.includes('page_token')), `${name}: has no pages`);
}

const reasonEnum = files.flatMap((file) => file.enumType ?? []).find((type) => type.name === 'ErrorReason');
const reasons = new Set(reasonEnum.value.map((value) => value.name.replace('ERROR_REASON_', '')));
for (const file of readdirSync(dir).filter((file) => file.endsWith('.proto'))) {
  const text = readFileSync(join(dir, file), 'utf8');
  for (const [, errors, name] of text.matchAll(/\/\/ Errors: ((?:.*\n\s*\/\/)*.*)\n\s*rpc (\w+)/g)) {
    for (const [word] of errors.matchAll(/\b[A-Z][A-Z_]{3,}\b/g)) {
      check(reasons.has(word), `${name}: its comment names the unknown reason ${word}`);
    }
  }
}

const config = JSON.parse(readFileSync(join(dir, 'service_config.json'), 'utf8'));
const configured = new Set();
for (const {name: names, retryPolicy} of config.methodConfig) {
  check(!retryPolicy || retryPolicy.retryableStatusCodes.join() === 'UNAVAILABLE',
        'service_config.json: something other than UNAVAILABLE is retried');
  for (const {service, method} of names) {
    const key = method ? `${service}/${method}` : service;
    check(!configured.has(key), `service_config.json: ${key} is there twice`);
    configured.add(key);
    check(methods.some((m) => m.service === service && (!method || m.name === method)),
          `service_config.json: there is no ${key}`);
  }
}
for (const {service, name} of methods) {
  check(configured.has(service) || configured.has(`${service}/${name}`), `service_config.json: ${name} is missing`);
}

for (const fault of faults) console.error(fault);
console.log(`${methods.length} methods checked, ${faults.length} faults`);
process.exit(methods.length > 0 && faults.length === 0 ? 0 : 1);
