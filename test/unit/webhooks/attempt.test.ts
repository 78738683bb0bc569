import { createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { createPost, type PostSettings } from '../../../lib/webhooks/sending/attempt.ts'
import { type Receiver, startRawReceiver, startReceiver, stopReceivers } from '../../support/receivers.ts'

afterEach(stopReceivers)

const resolve = async () => {
  throw new Error('Nothing is to be resolved here')
}
const createLocalPost = (settings: Partial<PostSettings> = {}) =>
  createPost({ resolve, allowLocal: true, ...settings })
const postTo = ({ url }: Pick<Receiver, 'url'>, settings: Partial<PostSettings> = {}) =>
  createLocalPost(settings)({
    url: `${url}/hooks?tenant=7`,
    headers: { 'x-own': 'mine' },
    body: '{"ä":"🌙"}',
  })

/** Says this as soon as it is asked anything. */
const answering = (...parts: readonly (string | Buffer)[]) =>
  startRawReceiver((socket) =>
    socket.once('data', () => {
      for (const part of parts) socket.write(part)
    }),
  )

const impatient = { deadlineMs: 150 }
const none = { status_code: null, retry_after_seconds: null, response_body: null }

test('posts the body to the byte, and tells what was answered', async () => {
  let received: unknown
  const receiver = await startReceiver(async (request, response) => {
    const { method, url, headers, httpVersion } = request
    received = { method, url, headers, httpVersion, body: await text(request) }
    response.writeHead(201).end('thanks')
  })

  const answer = await postTo(receiver)

  expect(answer).toEqual({
    status_code: 201,
    error: null,
    retry_after_seconds: null,
    response_body: 'thanks',
  })
  expect(received).toEqual({
    method: 'POST',
    url: '/hooks?tenant=7',
    httpVersion: '1.1',
    headers: {
      host: `127.0.0.1:${receiver.port}`,
      connection: 'close',
      'content-length': '13',
      'x-own': 'mine',
    },
    body: '{"ä":"🌙"}',
  })
  await receiver.allClosed()
})

test.each([200, 202, 204, 299])('takes %i for a success', async (status) => {
  const receiver = await startReceiver((_, response) => response.writeHead(status).end())
  expect(await postTo(receiver)).toMatchObject({ status_code: status, error: null })
})

test.each([400, 404, 410, 418, 500, 503, 599, 600])('takes %i for a failure', async (status) => {
  const receiver = await answering(`HTTP/1.1 ${status} Whatever\r\ncontent-length: 2\r\n\r\nno`)
  expect(await postTo(receiver)).toEqual({
    status_code: status,
    error: 'status',
    retry_after_seconds: null,
    response_body: 'no',
  })
})

test.each([300, 301, 302, 303, 304, 307, 308])('follows no %i', async (status) => {
  const tempting = await startReceiver((_, response) => response.end())
  const targets = ['http://169.254.169.254/latest/meta-data/', tempting.url]
  for (const location of targets) {
    const receiver = await startReceiver((_, response) => response.writeHead(status, { location }).end())
    expect(await postTo(receiver)).toMatchObject({ status_code: status, error: 'redirected' })
  }
  expect(tempting.connections()).toBe(0)
})

test.each([
  ['120', 120],
  ['0', 0],
  ['Tue, 01 Dec 2026 12:05:00 GMT', 300],
  ['Tue, 01 Dec 2026 11:00:00 GMT', 0],
  ['Tuesday, 01-Dec-26 12:00:30 GMT', 30],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['2027', 2027],
  ['99999999999', null],
  ['', null],
])('reads Retry-After: %p as %p', async (header, seconds) => {
  const receiver = await startReceiver((_, response) =>
    response.writeHead(429, { 'retry-after': header }).end(),
  )
  const now = () => new Date('2026-12-01T12:00:00.000Z')
  expect(await postTo(receiver, { now })).toMatchObject({ status_code: 429, retry_after_seconds: seconds })
})

describe('a receiver that takes its time', () => {
  test('hangs before it says anything', async () => {
    const receiver = await startRawReceiver((socket) => socket.resume())
    expect(await postTo(receiver, impatient)).toEqual({ ...none, error: 'timeout' })
    await receiver.allClosed()
  })

  test('hangs within its headers', async () => {
    const receiver = await answering('HTTP/1.1 200 OK\r\nx-slow: ')
    expect(await postTo(receiver, impatient)).toEqual({ ...none, error: 'timeout' })
    await receiver.allClosed()
  })

  test('drips its body, which holds nothing up longer', async () => {
    const receiver = await dripping('HTTP/1.1 200 OK\r\n\r\n', 'a')
    expect(await postTo(receiver, impatient)).toMatchObject({
      status_code: 200,
      error: 'timeout',
      response_body: expect.stringMatching(/^a+$/),
    })
    await receiver.allClosed()
  })

  test('drips hints that an answer will come', async () => {
    const receiver = await dripping('', 'HTTP/1.1 103 Early Hints\r\n\r\n')
    expect(await postTo(receiver, impatient)).toEqual({ ...none, error: 'timeout' })
    await receiver.allClosed()
  })

  /** The part again and again, in less time than any pause that would be noticed. */
  const dripping = (head: string, part: string) =>
    startRawReceiver((socket) => {
      socket.once('data', () => socket.write(head))
      const timer = setInterval(() => socket.write(part), 10)
      socket.once('close', () => clearInterval(timer))
    })
})

describe('a receiver that says a lot', () => {
  /** Writes as long as there is more, as fast as it goes. */
  function pour(socket: Socket, more: () => Buffer | undefined) {
    const write = () => {
      for (let next = more(); next && !socket.destroyed; next = more()) if (!socket.write(next)) return
    }
    socket.on('drain', write)
    write()
  }

  test('keeps 16 KiB of what is answered', async () => {
    const receiver = await startReceiver((_, response) => response.end('a'.repeat(40_000)))
    const { error, response_body } = await postTo(receiver)
    expect(error).toBeNull()
    expect(response_body).toBe('a'.repeat(16_384))
  })

  test.each([
    { name: 'announced', head: 'HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n' },
    { name: 'without an end', head: 'HTTP/1.1 200 OK\r\n\r\n' },
  ])('takes in next to nothing of a gigabyte, $name', async ({ head }) => {
    let sent = 0
    const chunk = Buffer.alloc(64 * 1024, 'a')
    const receiver = await startRawReceiver((socket) =>
      socket.once('data', () => {
        socket.write(head)
        pour(socket, () => {
          sent += chunk.length
          return sent < 1_000_000_000 ? chunk : undefined
        })
      }),
    )

    const answer = await postTo(receiver)

    expect(answer).toMatchObject({ status_code: 200, error: 'response_too_large' })
    expect(answer.response_body).toBe('a'.repeat(16_384))
    await receiver.allClosed()
    // What the system's own buffers hold of it.
    expect(sent).toBeLessThan(50_000_000)
  })

  test.each([
    { name: 'hints', head: '', part: `HTTP/1.1 103 Early Hints\r\nlink: ${'a'.repeat(1000)}\r\n\r\n` },
    {
      name: 'extensions of chunks',
      head: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
      part: `1;${'a'.repeat(10_000)}\r\na\r\n`,
    },
  ])('counts $name too', async ({ head, part }) => {
    const receiver = await startRawReceiver((socket) =>
      socket.once('data', () => {
        socket.write(head)
        const parts = Buffer.from(part.repeat(100))
        pour(socket, () => parts)
      }),
    )
    expect((await postTo(receiver)).error).toBe('response_too_large')
    await receiver.allClosed()
  })

  test('refuses headers without measure', async () => {
    const receiver = await answering(
      `HTTP/1.1 200 OK\r\n`,
      ...Array.from({ length: 100 }, (_, n) => `x-${n}: ${'a'.repeat(1000)}\r\n`),
    )
    expect(await postTo(receiver)).toEqual({ ...none, error: 'response_too_large' })
    await receiver.allClosed()
  })

  test('unpacks nothing', async () => {
    const bomb = gzipSync(Buffer.alloc(40_000_000))
    const receiver = await startReceiver((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb.subarray(0, 40_000))
    })
    expect(await postTo(receiver)).toMatchObject({ status_code: 200, error: null, response_body: null })
  })
})

describe('what it says is kept as text', () => {
  test.each([
    ['UTF-8', Buffer.from('Größe 🌙'), 'Größe 🌙'],
    ['other bytes', Buffer.from([0x61, 0xff, 0x62]), 'a\ufffdb'],
    ['zeros, which the database has no room for', Buffer.from('a\0b'), 'a\ufffdb'],
    [
      'a character on the edge',
      Buffer.from(`${'a'.repeat(16_383)}ö`),
      `${'a'.repeat(16_383)}\ufffd`.slice(0, 16_383),
    ],
  ])('of %s', async (_, body, expected) => {
    const receiver = await startReceiver((_request, response) => response.end(body))
    expect((await postTo(receiver)).response_body).toBe(expected)
  })

  test('never more than 16 KiB of it, whatever it becomes', async () => {
    const receiver = await startReceiver((_, response) => response.end(Buffer.alloc(16_384, 0xff)))
    expect(Buffer.byteLength((await postTo(receiver)).response_body!)).toBeLessThanOrEqual(16_384)
  })
})

describe('a receiver that does not speak HTTP', () => {
  test.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.9\r\n\r\n'],
    ['binary', Buffer.from([0x16, 0x03, 0x01, 0, 0, 0])],
    ['no such version', 'HTTP/9.9 200 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1 abc\r\n\r\n'],
    ['headers that are none', 'HTTP/1.1 200 OK\r\nnot a header\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['another protocol from now on', 'HTTP/1.1 101 Switching\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'],
  ])('says %s', async (_, said) => {
    const receiver = await answering(said)
    const { status_code, error } = await postTo(receiver, { deadlineMs: 2_000 })
    expect([status_code, error]).toEqual([null, 'invalid_response'])
    await receiver.allClosed()
  })

  test('breaks off within its body', async () => {
    const receiver = await startRawReceiver((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')),
    )
    expect(await postTo(receiver)).toMatchObject({ status_code: 200, error: 'invalid_response' })
  })

  test('says chunks that are none', async () => {
    const receiver = await answering('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')
    expect(await postTo(receiver)).toMatchObject({ status_code: 200, error: 'invalid_response' })
  })
})

describe('no connection', () => {
  test('where nobody listens', async () => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const { port } = taken.address() as { port: number }
    await new Promise((done) => taken.close(done))
    expect(await postTo({ url: `http://127.0.0.1:${port}` })).toEqual({ ...none, error: 'connect_failed' })
  })

  test.each([
    { name: 'hung up at once', hangUp: (socket: Socket) => socket.end() },
    { name: 'reset at once', hangUp: (socket: Socket) => socket.resetAndDestroy() },
    { name: 'hung up when asked', hangUp: (socket: Socket) => socket.once('data', () => socket.end()) },
    {
      name: 'reset when asked',
      hangUp: (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()),
    },
  ])('that lasts: $name, and tried once', async ({ hangUp }) => {
    const receiver = await startRawReceiver(hangUp)
    expect(await postTo(receiver)).toEqual({ ...none, error: 'connect_failed' })
    expect(receiver.connections()).toBe(1)
  })
})
