// What the front lets through and what it does not, seen by a client that is not ours.
//   RENKEI_SERVER, RENKEI_CA, RENKEI_SOCKET   where the front listens, its authority, renkeid's socket behind it
//   RENKEI_LOGIN, RENKEI_PASSWORD             somebody with a one-time password
//   RENKEI_DEVICE_FRONT, RENKEI_DEVICE        a front that wants client certificates; folder of device.crt and device.key
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const { RENKEI_SERVER: server, RENKEI_CA: authority, RENKEI_SOCKET: socket } = process.env;
const ca = readFileSync(authority);
const files = ['session', 'admin'].map((name) => `renkei/v1/${name}.proto`);
const definition = loadSync(files, { includeDirs: ['proto'], keepCase: true, longs: String, enums: String, oneofs: true });
const api = grpc.loadPackageDefinition(definition).renkei.v1;

const ask = (client, method, request, headers = {}) => {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return new Promise((resolve, reject) => {
    client[method](request, metadata, { deadline: Date.now() + 20_000 }, (error, answer) =>
      error ? reject(error) : resolve(answer));
  });
};

const handshake = (options) => new Promise((resolve, reject) => {
  const [host, port] = server.split(':');
  const connection = tls.connect({ host, port, ca, ...options }, () => {
    resolve({ version: connection.getProtocol(), alpn: connection.alpnProtocol });
    connection.destroy();
  });
  connection.on('error', reject);
});

const checks = {
  async 'speaks TLS 1.3 and HTTP/2'() {
    assert.deepEqual(await handshake({ ALPNProtocols: ['h2'] }), { version: 'TLSv1.3', alpn: 'h2' });
  },

  async 'refuses TLS 1.2'() {
    await assert.rejects(handshake({ ALPNProtocols: ['h2'], maxVersion: 'TLSv1.2' }), /protocol version|alert/i);
  },

  async 'takes the address of a client from the connection, not from what the client says'() {
    const sessions = new api.SessionService(server, grpc.credentials.createSsl(ca));
    const forged = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7', 'x-real-ip': '203.0.113.7' };
    const { enrolment } = await ask(sessions, 'SignIn', {
      network_code: 'chofu', login: process.env.RENKEI_LOGIN, password: process.env.RENKEI_PASSWORD,
      device_id: 'probe', device_name: 'probe',
    }, forged);
    const self = await ask(sessions, 'GetCurrentPerson', {}, { ...forged, authorization: `Bearer ${enrolment.access_token}` });
    assert.equal(self.session.client_address, '127.0.0.1');
  },

  async 'refuses a request that is larger than any may be, and goes on'() {
    const sessions = new api.SessionService(server, grpc.credentials.createSsl(ca));
    const large = { network_code: 'chofu', login: 'a', password: 'x'.repeat(2 * 1024 * 1024), device_id: 'd', device_name: 'd' };
    await assert.rejects(ask(sessions, 'SignIn', large), { code: grpc.status.RESOURCE_EXHAUSTED });
    const admin = new api.AdminService(server, grpc.credentials.createSsl(ca));
    assert.ok((await ask(admin, 'GetServerInfo', {})).version);
  },

  async 'refuses metadata without end'() {
    const admin = new api.AdminService(server, grpc.credentials.createSsl(ca));
    await assert.rejects(ask(admin, 'GetServerInfo', {}, { 'x-long': 'x'.repeat(40 * 1024) }));
    assert.ok((await ask(admin, 'GetServerInfo', {})).version);
  },

  async 'lets no other user of the machine past it'() {
    const connect = `require('net').connect('${socket}').on('connect', () => process.exit(9)).on('error', (e) => {
      console.log(e.code); process.exit(1); })`;
    const own = spawnSync(process.execPath, ['-e', connect]);
    assert.equal(own.status, 9, 'the socket is there');
    const other = spawnSync(process.execPath, ['-e', connect], { uid: 65534, gid: 65534 });
    assert.equal(other.stdout.toString().trim(), 'EACCES');
  },

  async 'asks for a certificate of the device where that is switched on'() {
    const front = process.env.RENKEI_DEVICE_FRONT;
    const own = (name) => readFileSync(`${process.env.RENKEI_DEVICE}/${name}`);
    const without = new api.AdminService(front, grpc.credentials.createSsl(ca));
    await assert.rejects(ask(without, 'GetServerInfo', {}), { code: grpc.status.UNAVAILABLE });
    const enrolled = new api.AdminService(front, grpc.credentials.createSsl(ca, own('device.key'), own('device.crt')));
    assert.ok((await ask(enrolled, 'GetServerInfo', {})).version);
  },
};

for (const [what, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok      the front ${what}`);
  } catch (error) {
    console.error(`FAILED  the front ${what}:`, error);
    process.exitCode = 1;
  }
}
process.exit(); // open channels would keep the program alive
