import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClamd, ScannerUnavailable, ScanTimedOut } from '../../../lib/media/scan/clamd.ts'

let directory: string
let server: Server | undefined

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'clamd-'))
})
afterEach(() => {
  server?.close()
  server = undefined
})
afterAll(() => rm(directory, { recursive: true }))

/** Plays clamd: `behave` gets each connection. */
async function fake(behave: (socket: Socket) => void) {
  const socketPath = join(directory, `${Math.random().toString(36).slice(2)}.sock`)
  const listening = createServer((socket) => {
    socket.on('error', () => {})
    behave(socket)
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(socketPath, resolve))
  return { socketPath, clamd: createClamd({ socketPath, scanTimeoutMs: 300, pingTimeoutMs: 300 }) }
}

/** Answers once the stream has ended, and keeps what came. */
function answering(answer: string, received: Buffer[] = []) {
  return (socket: Socket) =>
    socket.on('data', (bytes) => {
      received.push(bytes)
      if (Buffer.concat(received).subarray(-4).equals(Buffer.alloc(4))) socket.end(`${answer}\0`)
    })
}

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

/** 1 MiB pieces without an end, until somebody stops them. */
async function* endless(state: { pieces: number; isStopped: boolean }) {
  try {
    for (;;) {
      state.pieces++
      yield Buffer.alloc(1024 * 1024, 1)
    }
  } finally {
    state.isStopped = true
  }
}

test('sends the chunks with their lengths, the empty ones left out', async () => {
  const received: Buffer[] = []
  const { clamd } = await fake(answering('stream: OK', received))

  expect(await clamd.scan(chunks('ab', '', 'cde'))).toEqual({ verdict: 'clean' })

  expect(Buffer.concat(received).toString('latin1')).toBe('zINSTREAM\0\0\0\0\x02ab\0\0\0\x03cde\0\0\0\0')
})

test.each([
  { name: 'an ID3 tag', first: 'ID3\x03' },
  { name: 'a frame of MP3', first: '\xff\xfb\x90\x64' },
  { name: 'an Ogg page', first: 'OggS' },
  { name: 'what may become one', first: 'Og' },
])('sends a byte before $name, which clamd would not look into', async ({ first }) => {
  const received: Buffer[] = []
  const { clamd } = await fake(answering('stream: OK', received))
  const binary = async function* () {
    yield Buffer.from(first, 'latin1')
    yield Buffer.from('ID3')
  }

  await clamd.scan(binary())

  const length = String.fromCharCode(first.length)
  const sent = `zINSTREAM\0\0\0\0\x01\0\0\0\0${length}${first}\0\0\0\x03ID3\0\0\0\0`
  expect(Buffer.concat(received).toString('latin1')).toBe(sent)
})

test.each([
  {
    answer: 'stream: Eicar-Test-Signature FOUND',
    verdict: { verdict: 'infected', signature: 'Eicar-Test-Signature' },
  },
  {
    answer: 'stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND',
    verdict: { verdict: 'too_large', found: 'Heuristics.Limits.Exceeded.MaxFileSize' },
  },
  {
    answer: 'INSTREAM size limit exceeded. ERROR',
    verdict: { verdict: 'too_large', found: 'StreamMaxLength' },
  },
  {
    answer: 'stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND',
    verdict: { verdict: 'unsupported', found: 'Heuristics.Limits.Exceeded.MaxRecursion' },
  },
  {
    answer: 'stream: Heuristics.Encrypted.Zip FOUND',
    verdict: { verdict: 'unsupported', found: 'Heuristics.Encrypted.Zip' },
  },
])('reads "$answer"', async ({ answer, verdict }) => {
  const { clamd } = await fake(answering(answer))
  expect(await clamd.scan(chunks('x'))).toEqual(verdict)
})

test.each([
  'stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND',
  'stream: Can not allocate memory ERROR',
  'stream: OK ERROR',
  'OK',
  '',
  'UNKNOWN COMMAND',
])('never takes "%s" for clean', async (answer) => {
  const { clamd } = await fake(answering(answer))
  const outcome = await clamd.scan(chunks('x')).catch((error: unknown) => error)
  expect(outcome).not.toMatchObject({ verdict: 'clean' })
})

test.each(['stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND', 'stream: Time limit reached ERROR'])(
  'takes "%s" for a scan that took too long, not for a verdict',
  async (answer) => {
    const { clamd } = await fake(answering(answer))
    await expect(clamd.scan(chunks('x'))).rejects.toThrow(ScanTimedOut)
  },
)

test('believes no answer that was cut off', async () => {
  const { clamd } = await fake((socket) => socket.on('data', () => socket.end('stream: OK')))
  await expect(clamd.scan(chunks('x'))).rejects.toThrow(ScannerUnavailable)
})

test('takes an answer in the middle of the stream, and stops reading the file', async () => {
  const state = { pieces: 0, isStopped: false }
  const { clamd } = await fake((socket) =>
    socket.once('data', () => socket.end('INSTREAM size limit exceeded. ERROR\0')),
  )

  expect(await clamd.scan(endless(state))).toEqual({ verdict: 'too_large', found: 'StreamMaxLength' })
  expect(state.isStopped).toBe(true)
})

test('reads no further than clamd takes', async () => {
  const state = { pieces: 0, isStopped: false }
  const { clamd } = await fake((socket) => socket.pause())

  await expect(clamd.scan(endless(state))).rejects.toThrow(ScanTimedOut)

  expect(state).toEqual({ pieces: expect.any(Number), isStopped: true })
  expect(state.pieces).toBeLessThan(5)
})

test.each([
  { name: 'hangs up at once', behave: (socket: Socket) => socket.destroy() },
  {
    name: 'hangs up during the stream',
    behave: (socket: Socket) => socket.once('data', () => socket.destroy()),
  },
  { name: 'hangs up after the stream', behave: (socket: Socket) => socket.on('data', () => socket.end()) },
  { name: 'never answers', behave: (socket: Socket) => socket.resume() },
])('a clamd that $name has no verdict', async ({ behave }) => {
  const { clamd } = await fake(behave)
  await expect(clamd.scan(chunks('x'.repeat(300_000), 'y'))).rejects.toThrow(ScannerUnavailable)
  await expect(clamd.ping()).rejects.toThrow(ScannerUnavailable)
})

test('a clamd that is not there has no verdict', async () => {
  const clamd = createClamd({ socketPath: join(directory, 'nobody.sock') })
  await expect(clamd.scan(chunks('x'))).rejects.toThrow(ScannerUnavailable)
  await expect(clamd.ping()).rejects.toThrow(ScannerUnavailable)
})

test('a file that cannot be read further is no fault of clamd', async () => {
  async function* broken() {
    yield Buffer.from('x')
    throw new Error('the bucket is away')
  }
  let isClosed = false
  const { clamd } = await fake((socket) => {
    socket.resume().on('close', () => {
      isClosed = true
    })
  })

  await expect(clamd.scan(broken())).rejects.toThrow('the bucket is away')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(isClosed).toBe(true)
})

describe('waiting for clamd', () => {
  const answerPing = (socket: Socket) => socket.on('data', () => socket.end('PONG\0'))

  test('ends when it has come up', async () => {
    const socketPath = join(directory, 'late.sock')
    const waiting = createClamd({ socketPath, startPatienceMs: 5_000 }).ready()
    server = createServer(answerPing).listen(socketPath)
    await expect(waiting).resolves.toBeUndefined()
  })

  test('ends without it when the patience does', async () => {
    const clamd = createClamd({ socketPath: join(directory, 'never.sock'), startPatienceMs: 250 })
    await expect(clamd.ready()).rejects.toThrow(ScannerUnavailable)
  })
})

test('pings', async () => {
  const { clamd } = await fake((socket) =>
    socket.on('data', (bytes) => socket.end(String(bytes) === 'zPING\0' ? 'PONG\0' : '?\0')),
  )
  await expect(clamd.ping()).resolves.toBeUndefined()
})
