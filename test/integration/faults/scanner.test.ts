import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { explainStatus } from '../../../lib/media/reasons.ts'
import { createClamd } from '../../../lib/media/scan/clamd.ts'
import { createUploadRetry } from '../../../lib/uploads/retry.ts'
import { makeAudio } from '../../support/audio.ts'
import { useDatabase } from '../../support/database.ts'
import { beginPipeline, simpleClamd } from '../../support/mishaps.ts'

const { sql } = useDatabase()
const wav = await makeAudio('wav', { seconds: 0.5 })

const directory = await mkdtemp(join(tmpdir(), 'scanner-'))
const socketPath = join(directory, 'clamd.sock')
const clamd = {
  ...createClamd({ socketPath, scanTimeoutMs: 400, pingTimeoutMs: 400, startPatienceMs: 0 }),
  definitions: simpleClamd.definitions,
}
let server: Server | undefined
const sockets = new Set<Socket>()

/** The engine, in the part of one that is in trouble: it answers pings unless told otherwise. */
async function play(scan: (socket: Socket) => void, ping = (socket: Socket) => void socket.end('PONG\0')) {
  await hush()
  server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.once('data', (bytes) => (bytes.toString().startsWith('zPING') ? ping : scan)(socket))
  })
  await new Promise<void>((resolve) => server!.listen(socketPath, resolve))
}

async function hush() {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  const closing = server
  server = undefined
  if (closing) await new Promise((resolve) => closing.close(resolve))
}

afterAll(async () => {
  await hush()
  await rm(directory, { recursive: true })
})

/** Once the end of the stream has come. */
const answerAtEnd = (answer: string) => (socket: Socket) =>
  socket.on('data', (bytes) => {
    if (bytes.subarray(-4).equals(Buffer.alloc(4))) socket.end(answer)
  })

const troubles: { name: string; reason: string; begin: () => Promise<void> }[] = [
  { name: 'is not there', reason: 'scan_failed', begin: hush },
  {
    name: 'hangs, and answers no ping',
    reason: 'scan_timeout',
    begin: () =>
      play(
        () => {},
        () => {},
      ),
  },
  {
    name: 'hangs when it is to scan',
    reason: 'scan_timeout',
    begin: () => play((socket) => void socket.resume()),
  },
  { name: 'takes no bytes', reason: 'scan_timeout', begin: () => play((socket) => void socket.pause()) },
  {
    name: 'restarts in the middle',
    reason: 'scan_failed',
    begin: () => play((socket) => void socket.destroy()),
  },
  { name: 'is cut off in its answer', reason: 'scan_failed', begin: () => play(answerAtEnd('stream: O')) },
  { name: 'says nothing and hangs up', reason: 'scan_failed', begin: () => play(answerAtEnd('')) },
  {
    name: 'has no memory left',
    reason: 'scan_failed',
    begin: () => play(answerAtEnd('stream: Memory ERROR\0')),
  },
]

test.each(troubles)(
  'while clamd $name a file is tried four times, then failed with a reason, and goes through once it is well',
  async ({ reason, begin }) => {
    await begin()
    const { pipeline, actor, upload, settle, end } = await beginPipeline(sql, { file: wav }, { clamd })
    pipeline.send('scan', upload.event)
    await settle()

    const failed = await end()
    expect(failed).toMatchObject({ upload: 'failed', reason, dead: ['scan'], versions: [], media: [] })
    expect(failed.quarantine).toHaveLength(1)
    expect(pipeline.deadLetters[0]?.tries).toBe(4)
    expect(explainStatus({ status: 'failed', status_reason: reason })).toEqual({
      status_detail: expect.stringMatching(/ry again\.$/),
      can_retry: true,
    })

    await play(answerAtEnd('stream: OK\0'))
    const retry = createUploadRetry({ sql, relay: { flushSoon: async () => {} }, now: pipeline.now })
    await retry(actor, upload.track_id, upload.upload_id)
    await settle()
    expect(await end()).toMatchObject({ upload: 'ready', quarantine: [], dead: ['scan'], prepared: 1 })
  },
  60_000,
)

test('a clamd that comes back between two tries loses nothing, and nobody hears of it', async () => {
  await hush()
  let pings = 0
  const returning = {
    ...clamd,
    async ready() {
      if (++pings === 3) await play(answerAtEnd('stream: OK\0'))
      await clamd.ready()
    },
  }
  const { pipeline, upload, settle, end } = await beginPipeline(sql, { file: wav }, { clamd: returning })
  pipeline.send('scan', upload.event)
  await settle()

  const timeline = ['uploading', 'scanning', 'processing', 'transcoding', 'ready']
  expect(await end()).toMatchObject({ upload: 'ready', timeline, dead: [], quarantine: [] })
  expect(pings).toBe(3)
})
