import { randomInt } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { createPost, type PostSettings } from '../../../lib/webhooks/sending/attempt.ts'
import { createResolve } from '../../../lib/webhooks/sending/resolver.ts'
import { type Answering, startNameServer } from '../../support/name-server.ts'
import {
  readReceiverAuthority,
  startRawReceiver,
  startTlsReceiver,
  stopReceivers,
} from '../../support/receivers.ts'

const cleanUp: (() => void)[] = []
afterEach(() => {
  stopReceivers()
  for (const stop of cleanUp.splice(0)) stop()
})

const host = 'hooks.receivers.example'
const none = { status_code: null, retry_after_seconds: null, response_body: null }
const notAllowed = { ...none, error: 'address_not_allowed' }

/** This machine by an address that nothing else uses: the tests say which stand for the internet. */
const someAddress = () => `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(1, 255)}`

async function prepare(answer: Answering, settings: Partial<PostSettings> = {}) {
  const names = await startNameServer(answer)
  cleanUp.push(names.stop)
  const post = createPost({
    resolve: createResolve({ servers: [names.server] }),
    allowLocal: false,
    ca: await readReceiverAuthority(),
    ...settings,
  })
  const postTo = (name: string) => post({ url: `https://${name}:8443/in`, headers: {}, body: '{}' })
  return { names, postTo }
}

/** Of one family only, as the answers of a name server are. */
const addressesOf =
  (...addresses: readonly string[]): Answering =>
  (_, type) =>
    addresses.filter((address) => address.includes(':') === (type === 'AAAA'))

test('calls the address of the name by that name, under a certificate for it', async () => {
  const address = someAddress()
  let seen: unknown
  await startTlsReceiver(address, (request, response) => {
    const { servername, alpnProtocol } = request.socket as TLSSocket & { servername: string }
    seen = { host: request.headers.host, servername, alpnProtocol, version: request.httpVersion }
    response.end('thanks')
  })
  const { names, postTo } = await prepare(addressesOf(address), { isAllowed: () => true })

  expect(await postTo(host)).toMatchObject({ status_code: 200, error: null, response_body: 'thanks' })
  expect(seen).toMatchObject({ host: `${host}:8443`, servername: host, version: '1.1' })
  expect(names.asked.toSorted()).toEqual([`${host} A`, `${host} AAAA`])
})

describe('a name that leads elsewhere the second time', () => {
  /** The first answer is a receiver in the internet, all others are this machine. */
  async function rebind() {
    const [outer, inner] = [someAddress(), someAddress()]
    const within = await startTlsReceiver(inner, (_, response) => response.end('secret'))
    let asked = 0
    const answer: Answering = (name, type) => {
      if (type === 'AAAA') return []
      asked += 1
      return addressesOf(asked === 1 ? outer : inner)(name, type)
    }
    const { postTo, names } = await prepare(answer, { isAllowed: (address) => address === outer })
    return { outer, within, postTo, names }
  }

  test('is asked once for an attempt, and called where it led then', async () => {
    const { outer, within, postTo, names } = await rebind()
    const receiver = await startTlsReceiver(outer, (_, response) => response.end('thanks'))

    expect(await postTo(host)).toMatchObject({ error: null, response_body: 'thanks' })

    expect(names.asked.filter((question) => question.endsWith(' A'))).toHaveLength(1)
    expect([receiver.connections(), within.connections()]).toEqual([1, 0])
  })

  test('is not asked again where nobody listens there', async () => {
    const { within, postTo, names } = await rebind()
    expect(await postTo(host)).toEqual({ ...none, error: 'connect_failed' })
    expect(names.asked.filter((question) => question.endsWith(' A'))).toHaveLength(1)
    expect(within.connections()).toBe(0)
  })

  test('is looked at again at every attempt', async () => {
    const { outer, within, postTo } = await rebind()
    await startTlsReceiver(outer, (_, response) => response.end('thanks'))
    await postTo(host)
    expect(await postTo(host)).toEqual(notAllowed)
    expect(within.connections()).toBe(0)
  })
})

test.each([
  { name: 'this machine', addresses: ['127.0.0.1'] },
  { name: 'a private network', addresses: ['10.1.2.3'] },
  { name: 'what a cloud tells its machines', addresses: ['169.254.169.254'] },
  { name: 'this machine by IPv6', addresses: ['::1'] },
  { name: 'a mapped address', addresses: ['::ffff:127.0.0.1'] },
  { name: 'one behind NAT64', addresses: ['64:ff9b::7f00:1'] },
  { name: 'one of the internet and a private one', addresses: ['93.184.215.14', '192.168.1.1'] },
  {
    name: 'one of the internet and a private one of the other family',
    addresses: ['93.184.215.14', 'fd00::1'],
  },
])('refuses a name that leads to $name, even where local receivers are allowed', async ({ addresses }) => {
  for (const allowLocal of [false, true]) {
    const { postTo } = await prepare(addressesOf(...addresses), { allowLocal })
    expect(await postTo(host)).toEqual(notAllowed)
  }
})

test.each([
  'http://hooks.receivers.example/',
  'https://127.0.0.1:8443/',
  'https://2130706433:8443/',
  'https://0177.0.0.1:8443/',
  'https://[::ffff:127.0.0.1]:8443/',
  'https://hooks.receivers.example:8080/',
  'https://localhost:8443/',
  'http://127.0.0.1:8080/',
  'file:///etc/passwd',
  'nonsense',
])('refuses %s at the attempt too, and asks nobody for it', async (url) => {
  const { names } = await prepare(() => [])
  const post = createPost({ resolve: createResolve({ servers: [names.server] }), allowLocal: false })
  expect(await post({ url, headers: {}, body: '{}' })).toEqual(notAllowed)
  expect(names.asked).toEqual([])
})

test('holds what it is connected to against the rules once more', async () => {
  const address = someAddress()
  const receiver = await startTlsReceiver(address, (_, response) => response.end('secret'))
  let looks = 0
  const isAllowed = () => {
    looks += 1
    return looks === 1
  }
  const { postTo } = await prepare(addressesOf(address), { isAllowed })
  expect(await postTo(host)).toEqual(notAllowed)
  await receiver.allClosed()
})

describe('names without an answer', () => {
  const impatient = { deadlineMs: 200 }

  test('that nobody has', async () => {
    const { postTo } = await prepare(() => [])
    expect(await postTo(host)).toEqual({ ...none, error: 'dns_failed' })
  })

  test('whose server does not answer', async () => {
    const { postTo } = await prepare(() => 'silence', impatient)
    expect(await postTo(host)).toEqual({ ...none, error: 'timeout' })
  })

  test('hold no other up, however many there are', async () => {
    const address = someAddress()
    await startTlsReceiver(address, (_, response) => response.end())
    const answer: Answering = (name, type) => (name === host ? addressesOf(address)(name, type) : 'silence')
    const { postTo, names } = await prepare(answer, { deadlineMs: 1_500, isAllowed: () => true })

    const stuck = Array.from({ length: 20 }, (_, n) => postTo(`slow-${n}.receivers.example`))
    while (names.asked.length < 40) await new Promise((next) => setImmediate(next))
    const first = await Promise.race([...stuck, postTo(host)])

    expect(first).toMatchObject({ status_code: 200 })
    expect(new Set((await Promise.all(stuck)).map(({ error }) => error))).toEqual(new Set(['timeout']))
  })
})

describe('certificates', () => {
  async function receive(name: string, settings: Partial<PostSettings> = {}) {
    const address = someAddress()
    let requests = 0
    const receiver = await startTlsReceiver(address, (_, response) => {
      requests += 1
      response.end()
    })
    const { postTo } = await prepare(addressesOf(address), { isAllowed: () => true, ...settings })
    return { answer: await postTo(name), again: () => postTo(name), requests: () => requests, receiver }
  }

  test.each([
    { name: 'for another name', of: 'hooks.elsewhere.example', settings: {} },
    { name: 'for names one level up', of: 'a.b.receivers.example', settings: {} },
    { name: 'from an authority that nobody knows', of: host, settings: { ca: undefined } },
  ])('$name are not taken, and nothing is sent', async ({ of, settings }) => {
    const { answer, again, requests } = await receive(of, settings as Partial<PostSettings>)
    expect(answer).toEqual({ ...none, error: 'tls_failed' })
    // Nor when the receiver would take the session up again.
    expect(await again()).toEqual({ ...none, error: 'tls_failed' })
    expect(requests()).toBe(0)
  })

  test('are looked at even where Node is told otherwise', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    try {
      const { answer } = await receive('hooks.elsewhere.example')
      expect(answer).toEqual({ ...none, error: 'tls_failed' })
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    }
  })

  test.each([
    { name: 'of a receiver that has none', said: 'HTTP/1.1 200 OK\r\n\r\n', error: 'tls_failed' },
    { name: 'that never come', said: '', error: 'timeout' },
  ])('$name', async ({ said, error }) => {
    const address = someAddress()
    const receiver = await startRawReceiver((socket) => socket.resume().write(said), {
      port: 8443,
      address,
    })
    const { postTo } = await prepare(addressesOf(address), { isAllowed: () => true, deadlineMs: 500 })
    expect(await postTo(host)).toEqual({ ...none, error })
    await receiver.allClosed()
  })

  test('of a receiver that hangs up when it is asked are not to blame', async () => {
    const address = someAddress()
    await startTlsReceiver(address, (request) => request.socket.destroy())
    const { postTo } = await prepare(addressesOf(address), { isAllowed: () => true })
    expect(await postTo(host)).toEqual({ ...none, error: 'connect_failed' })
  })
})
