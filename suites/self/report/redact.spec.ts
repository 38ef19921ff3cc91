import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { redact, redactCommand, redactData } from '../../../helpers/report/redact.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const encodedKey = Buffer.from(privateKey).toString('base64');
const body = privateKey.split('\n').slice(1, -2);

/** Stretches of the key that would give it away, in any of the forms in which a key is printed. */
const piecesOf = (line: string): string[] => [line.slice(0, 24), line.slice(-24)];
const pieces = [...body, ...(encodedKey.match(/.{64}/g) ?? []).slice(1, -1)].flatMap(piecesOf);

const jwt = `eyJhbGciOiJSUzI1NiIsImtpZCI6Ing0In0.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlLXBsYW50ZWQ`;
const secret = 'pl4nted-s3cret-value';

const hosts: Readonly<Record<string, string>> = {
  'a PEM block': privateKey,
  'a PEM block on one line': JSON.stringify({ message: privateKey }),
  'a PEM block twice escaped': JSON.stringify(JSON.stringify({ message: privateKey })),
  'an inspected object': inspect({ agent: { options: { key: privateKey } } }, { depth: 9 }),
  'an inspected buffer': inspect(Buffer.from(privateKey)),
  'an indented block': privateKey.replaceAll('\n', '\n    '),
  'the head of a block': privateKey.slice(0, 900),
  'the tail of a block': privateKey.slice(900),
  'a kubeconfig': `users:\n- name: me\n  user:\n    client-key-data: ${encodedKey}\n    token: ${secret}\n`,
  'a kubeconfig in JSON': JSON.stringify({ user: { 'client-key-data': encodedKey, token: secret } }),
  'a kubeconfig in JSON in a text': JSON.stringify({ text: JSON.stringify({ token: secret }) }),
  'a Secret': `data:\n  tls.key: ${encodedKey}\n`,
  'a folded Secret': `data:\n  tls.key: ${encodedKey.replaceAll(/.{76}/g, '$&\n    ')}\n`,
  'a header': `GET /api\nAuthorization: Bearer ${secret}\n`,
  'a header in JSON': JSON.stringify({ Authorization: `Basic ${secret}` }),
  'a header in an inspected object': inspect({ headers: { authorization: `Bearer ${secret}` } }),
  'a bearer token in a sentence': `refused with bearer ${secret}`,
  'a JSON Web Token': `login as ${jwt} failed`,
  'an address': `https://user:${secret}@registry.test/v2`,
  'an environment variable': `NETPOL_TOKEN=${secret} npm start`,
  'a flag': `kubectl --token ${secret} get pods`,
  'a flag with =': `kubectl --token=${secret} get pods`,
  'a password in YAML': `registry:\n  password: "${secret}"\n`,
  'a block scalar': `token: |\n  ${secret}\nnext: kept\n`,
  'an assignment in camel case': inspect({ clientKeyData: encodedKey, accessToken: secret }),
  'a bootstrap token': `kubeadm join --discovery abcdef.0123456789abcdef`,
};

const leaks = [...pieces, jwt.slice(0, 20), 'c2lnbmF0dXJl', secret, '0123456789abcdef', '2d 2d 2d 42 45 47'];
const leaksIn = (text: string): string[] => leaks.filter((leak) => text.includes(leak));

describe('redact', () => {
  for (const [name, text] of Object.entries(hosts)) {
    it(`blanks what is secret in ${name}`, () => {
      expect(leaksIn(text), 'the text must hold a secret to begin with').not.to.deep.equal([]);
      expect(leaksIn(redact(text))).to.deep.equal([]);
    });

    it(`leaves ${name} alone the second time`, () => {
      expect(redact(redact(text))).to.equal(redact(text));
    });
  }

  it('keeps what stands around a secret', () => {
    expect(redact(`before\n${privateKey}after`)).to.equal('before\n[redacted PEM]\nafter');
    expect(redact(`a: 1\ntoken: ${secret}\nb: 2`)).to.equal('a: 1\ntoken: [redacted]\nb: 2');
    expect(redact(hosts['a block scalar'] ?? '')).to.include('next: kept');
  });

  it('leaves ordinary texts alone', () => {
    const ordinary = [
      'x/b -> x/a v4 TCP/80   want deny   got allow    oracle: allow-y-b isolates x/a',
      'automountServiceAccountToken: false',
      'secret:\n  secretName: ca\n',
      'https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors',
      'basic reachability holds',
      '2001:db8:113::10 -> 203.0.113.10 at 12:30:00',
      'tokens: 5, passwords: none',
      `sha256:${'0123456789abcdef'.repeat(4)}`,
    ];
    for (const text of ordinary) expect(redact(text)).to.equal(text);
  });
});

describe('redactData', () => {
  it('blanks values under the names of secrets, and secrets in values and names, at any depth', () => {
    const data = { list: [{ token: 'short', kept: 1 }], [`Bearer ${secret}`]: { note: `Bearer ${secret}` } };
    expect(redactData<unknown>(data)).to.deep.equal({
      list: [{ token: '[redacted]', kept: 1 }],
      'Bearer [redacted]': { note: 'Bearer [redacted]' },
    });
  });

  it('keeps the shape of everything else', () => {
    const data = { a: [1, null, true, 'x/a'], token: '', b: undefined };
    expect(redactData(data)).to.deep.equal(data);
  });
});

describe('redactCommand', () => {
  it('blanks the word after a secret flag, and no other', () => {
    const words = ['run', '--api-key', secret, '--plugin', 'none', '--token', '--keep'];
    expect(redactCommand(words)).to.deep.equal([
      'run',
      '--api-key',
      '[redacted]',
      '--plugin',
      'none',
      '--token',
      '--keep',
    ]);
  });
});
