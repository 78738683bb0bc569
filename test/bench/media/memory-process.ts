import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createObjectStore } from '../../../lib/aws/object-store.ts'
import { listenTo } from '../../../lib/media/analysis/listening.ts'
import { serveObject } from '../../../lib/media/analysis/object-server.ts'
import { inspectAudio } from '../../../lib/media/metadata/metadata.ts'
import { createRangedSource } from '../../../lib/media/metadata/ranged-source.ts'
import { createClamd } from '../../../lib/media/scan/clamd.ts'

/** One file in a process of its own, read from S3 as the functions read it; tells its peak. */
const [what, key = ''] = process.argv.slice(2)
const size_bytes = Number(key)
const store = createObjectStore('media')

async function scan(): Promise<void> {
  const clamd = createClamd({ socketPath: process.env.CLAMD_SOCKET! })
  const { body } = await store.getStream({ key, version_id: '1' })
  const { verdict } = await clamd.scan(hashed(body))
  if (verdict !== 'clean') throw new Error(`The file is ${verdict}`)
}

async function* hashed(body: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256')
  for await (const chunk of body) {
    hash.update(chunk)
    yield chunk
  }
  hash.digest('hex')
}

/** What the metadata are, and then all that is heard. */
async function analyse(): Promise<void> {
  const declared = { content_type: 'audio/wav', filename: 'master.wav' }
  const result = await inspectAudio(createRangedSource(store, key, size_bytes), declared)
  if ('rejected' in result) throw new Error(`The file is ${result.rejected}`)
  const { container, channels } = result.metadata
  const getRange = (first: number, last: number) => store.getRange(key, first, last)
  await using source = await serveObject({ size_bytes, getRange })
  await listenTo({ url: source.url, container, channels }, 600_000)
}

let programs = 0

/** The kernel keeps the most that a program ever took for as long as it runs. */
function watchPrograms(): void {
  for (const pid of readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')) {
    if (pid) programs = Math.max(programs, peakOf(pid))
  }
}

/** In KiB; none of one that has just ended. */
function peakOf(pid: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0)
  } catch {
    return 0
  }
}

const watch = setInterval(watchPrograms, 10)
await (what === 'scan' ? scan() : analyse())
clearInterval(watch)
// Not maxRSS, in which the kernel counts the process that forked this one.
process.send?.({ own: peakOf('self') * 1024, programs: programs * 1024 })
process.disconnect?.()
