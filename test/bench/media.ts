import { execFile } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClamd } from '../../lib/media/clamd.ts'
import { inspectAudio } from '../../lib/media/metadata.ts'
import { createRangedSource } from '../../lib/media/ranged-source.ts'
import { type AudioFormat, audioFormats, makeAudio, wavHeader } from '../support/audio.ts'
import { startClamd } from '../support/clamd.ts'
import { type Figure, median } from './table.ts'

const run = promisify(execFile)
const mebibyte = 1024 * 1024

export interface MetadataReads {
  readonly format: string
  readonly size_bytes: number
  readonly bytes_read: number
  readonly requests: number
  /** Of the file that was read. */
  readonly share: number
  readonly duration_ms: number
}

/** How much of a file of each format is read to tell what it is. */
export async function measureMetadataReads(seconds = 180): Promise<MetadataReads[]> {
  const results: MetadataReads[] = []
  for (const format of Object.keys(audioFormats) as AudioFormat[]) {
    results.push(await measureReads(format, await makeAudio(format, { seconds })))
  }
  return results
}

async function measureReads(format: AudioFormat, bytes: Buffer): Promise<MetadataReads> {
  let requests = 0
  const getRange = async (_key: string, first: number, last: number) => {
    requests++
    return bytes.subarray(first, last + 1)
  }
  const source = createRangedSource({ getRange }, format, bytes.length)
  const started = performance.now()
  const { content_type, extension } = audioFormats[format]
  const result = await inspectAudio(source, { content_type, filename: `a.${extension}` })
  const duration_ms = performance.now() - started
  if ('rejected' in result) throw new Error(`${format} is ${result.rejected}`)
  const bytes_read = source.bytesRead()
  return {
    format,
    size_bytes: bytes.length,
    bytes_read,
    requests,
    share: bytes_read / bytes.length,
    duration_ms,
  }
}

export interface ScanTimes {
  readonly size_bytes: number
  /** Our client, the hash included; median of the rounds. */
  readonly client_ms: number
  /** `clamdscan --stream` and `clamdscan --fdpass` on the same machine and clamd; undefined when it is not installed. */
  readonly clamdscan_stream_ms: number | undefined
  readonly clamdscan_fdpass_ms: number | undefined
}

/** Our scan of a WAV against clamdscan's, each round of each on a file that clamd has not seen before. */
export async function measureScan(sizeBytes = 64 * mebibyte, rounds = 5): Promise<ScanTimes> {
  const clamav = await startClamd()
  const directory = await mkdtemp(join(tmpdir(), 'veza-bench-'))
  const path = join(directory, 'file.wav')
  try {
    const client = createClamd({ socketPath: clamav.socketPath })
    const scan = async () => {
      const { verdict } = await client.scan(hashed(path))
      if (verdict !== 'clean') throw new Error(`The file is ${verdict}`)
    }
    const clamdscan = (mode: string) => async () => {
      await run('clamdscan', ['--config-file', clamav.configPath, mode, '--no-summary', path])
    }
    const hasClamdscan = await run('clamdscan', ['--version']).then(
      () => true,
      () => false,
    )
    const contenders = [scan, ...(hasClamdscan ? [clamdscan('--stream'), clamdscan('--fdpass')] : [])]
    const times = contenders.map((): number[] => [])
    for (let round = 0; round < rounds; round++) {
      for (const [index, contender] of contenders.entries()) {
        await writeWav(path, sizeBytes)
        times[index]!.push(await timeOf(contender))
      }
    }
    const [client_ms = 0, clamdscan_stream_ms, clamdscan_fdpass_ms] = times.map(median)
    return { size_bytes: sizeBytes, client_ms, clamdscan_stream_ms, clamdscan_fdpass_ms }
  } finally {
    await rm(directory, { recursive: true })
    await clamav.remove()
  }
}

async function* hashed(path: string) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk)
    yield chunk as Buffer
  }
  hash.digest('hex')
}

async function writeWav(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.write(wavHeader(sizeBytes - 44))
    for (let left = sizeBytes - 44; left > 0; left -= mebibyte) {
      await file.write(randomFillSync(Buffer.alloc(Math.min(left, mebibyte))))
    }
  } finally {
    await file.close()
  }
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

export interface ScanMemory {
  readonly size_bytes: number
  readonly before_bytes: number
  /** The most of this process at any time of the scan. */
  readonly peak_bytes: number
  readonly duration_ms: number
}

/** The memory of this process while so many bytes go through the client to a real clamd. */
export async function measureScanMemory(sizeBytes = 1024 * mebibyte): Promise<ScanMemory> {
  const clamav = await startClamd()
  try {
    const client = createClamd({ socketPath: clamav.socketPath })
    // Buffers and compiled code grow at first, whatever the size of the file.
    await client.scan(generated(256 * mebibyte))
    const before_bytes = process.memoryUsage().rss
    let peak_bytes = before_bytes
    const watch = setInterval(() => {
      peak_bytes = Math.max(peak_bytes, process.memoryUsage().rss)
    }, 20)
    const duration_ms = await timeOf(async () => {
      await client.scan(generated(sizeBytes))
    })
    clearInterval(watch)
    return { size_bytes: sizeBytes, before_bytes, peak_bytes, duration_ms }
  } finally {
    await clamav.remove()
  }
}

/** Chunks as S3's stream gives them, each a buffer of its own. */
async function* generated(sizeBytes: number) {
  yield wavHeader(sizeBytes - 44)
  for (let left = sizeBytes - 44; left > 0; left -= 65_536) {
    yield Buffer.alloc(Math.min(left, 65_536), left & 0xff)
  }
}

/** The three as lines of the report. */
export async function mediaFigures(): Promise<Record<'reads' | 'scan' | 'memory', Figure[]>> {
  const reads = await measureMetadataReads()
  const scan = await measureScan()
  const memory = await measureScanMemory()
  const inMiB = (bytes: number) => bytes / mebibyte
  const scanOf = (name: string, against: number | undefined): Figure[] =>
    against === undefined
      ? []
      : [{ name, ours: scan.client_ms, against, unit: 'ms', compare: 'ratio', goal: 1.2 }]
  return {
    reads: reads.map(({ format, bytes_read, size_bytes, requests }) => ({
      name: `${format}, ${requests} reads`,
      ours: inMiB(bytes_read),
      against: inMiB(size_bytes),
      unit: 'MiB',
      compare: 'ratio',
    })),
    scan: [
      ...scanOf('64 MiB WAV, clamdscan --stream', scan.clamdscan_stream_ms),
      ...scanOf('64 MiB WAV, clamdscan --fdpass', scan.clamdscan_fdpass_ms),
    ],
    memory: [
      {
        name: 'resident, peak against before',
        ours: inMiB(memory.peak_bytes),
        against: inMiB(memory.before_bytes),
        unit: 'MiB',
        compare: 'difference',
      },
    ],
  }
}
