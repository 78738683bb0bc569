import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jest } from '@jest/globals'
import { createPwnedCheck } from '../../../lib/auth/pwned-passwords.ts'
import { logger } from '../../../lib/logger.ts'

const password = 'correct horse battery'
const hash = createHash('sha1').update(password).digest('hex').toUpperCase()
const [prefix, suffix] = [hash.slice(0, 5), hash.slice(5)]
const other = '0'.repeat(35)

let server: Server
let answer: RequestListener
const seen: { url: string | undefined; padding: string | string[] | undefined }[] = []
const ask = (options = {}) => createPwnedCheck({ url: urlOf(server), ...options })(password)
const urlOf = (on: Server) => `http://127.0.0.1:${(on.address() as AddressInfo).port}/range`

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ url: request.url, padding: request.headers['add-padding'] })
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
beforeEach(() => {
  seen.length = 0
})
afterEach(() => jest.restoreAllMocks())
afterAll(() => server.closeAllConnections())
afterAll(() => server.close())

const say = (body: string, status = 200): RequestListener => {
  return (_, response) => response.writeHead(status).end(body)
}

test('finds a password by the first five digits of its hash, and sends nothing else of it', async () => {
  answer = say(`${other}:7\r\n${suffix}:52\r\n`)

  expect(await ask()).toBe(true)
  expect(seen).toEqual([{ url: `/range/${prefix}`, padding: 'true' }])
})

test.each([
  { name: 'other hashes', body: `${other}:7\r\n${'F'.repeat(35)}:1` },
  { name: 'the hash as padding', body: `${suffix}:0\r\n${other}:7` },
])('does not find it among $name', async ({ body }) => {
  answer = say(body)

  expect(await ask()).toBe(false)
})

describe('lets the password pass, and says so, when the answer', () => {
  const failures: Record<string, { answer: RequestListener; options?: object }> = {
    'comes too late': { answer: () => undefined, options: { patienceMs: 50 } },
    'is a failure': { answer: say('', 500) },
    'is that there were too many': { answer: say('', 429) },
    'is no list': { answer: say('<html>maintenance</html>') },
    'is empty': { answer: say('') },
    'leads elsewhere': { answer: (_, response) => response.writeHead(302, { location: '/other' }).end() },
    'breaks off': { answer: (_, response) => response.writeHead(200).write('0', () => response.destroy()) },
    'comes from nobody': { answer: say(''), options: { url: 'http://127.0.0.1:1/range' } },
    'has an address that is none': { answer: say(''), options: { url: 'nowhere' } },
  }

  test.each(Object.entries(failures))('%s', async (_, failure) => {
    answer = failure.answer
    const warn = jest.spyOn(logger, 'warn').mockReturnValue()

    expect(await ask(failure.options)).toBe(false)
    expect(warn).toHaveBeenCalledTimes(1)
    const logged = JSON.stringify(warn.mock.calls)
    for (const secret of [password, prefix, suffix]) expect(logged).not.toContain(secret)
  })
})

test('waits half a second at most', async () => {
  answer = () => undefined
  jest.spyOn(logger, 'warn').mockReturnValue()
  const started = performance.now()

  await ask()

  expect(performance.now() - started).toBeGreaterThan(450)
  expect(performance.now() - started).toBeLessThan(1_500)
})

test('asks nobody without an address', async () => {
  expect(await createPwnedCheck({ url: '' })(password)).toBe(false)
  expect(seen).toEqual([])
})
