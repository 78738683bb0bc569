import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { inputOptions } from '../../lib/media/analysis/decoders.ts'
import { runFfmpeg } from '../../lib/media/analysis/ffmpeg.ts'
import { listenTo } from '../../lib/media/analysis/listening.ts'
import { type ServedObject, serveObject } from '../../lib/media/analysis/object-server.ts'
import type { Container } from '../../lib/media/audio-types.ts'
import { type AudioFormat, makeAudio, wavHeader } from '../support/audio.ts'
import type { Figure } from './table.ts'

const mebibyte = 1024 ** 2

const formats: Readonly<Partial<Record<AudioFormat, Container>>> = {
  mp3: 'mp3',
  wav: 'wav',
  flac: 'flac',
  aiff: 'aiff',
  m4a: 'mp4',
  aac: 'aac',
  opus: 'ogg',
  ogg: 'ogg',
}

/** Time of a core, in ms: ours and that of the programs we waited for. */
async function cpuMs(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // utime, stime, cutime, cstime in hundredths of a second.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 10
}

async function listen(object: ServedObject, container: Container) {
  await using source = await serveObject(object)
  return await listenTo({ url: source.url, container, channels: 2 }, 600_000)
}

/** Hearing a file of each format against decoding it, as time of a core by the minute of sound. */
export async function measureListening(minutes = 3): Promise<Figure[]> {
  const figures: Figure[] = []
  const spent = async (work: () => Promise<unknown>) => {
    const started = await cpuMs()
    await work()
    return ((await cpuMs()) - started) / minutes
  }
  for (const [format, container] of Object.entries(formats) as [AudioFormat, Container][]) {
    const bytes = await makeAudio(format, { seconds: 60 * minutes })
    const ours = await spent(() => listen(inMemory(bytes), container))
    const against = await spent(() => decode(inMemory(bytes), container))
    figures.push({ name: `${format}, a minute of it`, ours, against, unit: 'ms', compare: 'ratio' })
  }
  return figures
}

async function decode(object: ServedObject, container: Container) {
  await using source = await serveObject(object)
  const args = [...inputOptions(container, source.url), '-f', 'null', '-']
  await runFfmpeg({ args, sinks: [() => {}], timeoutMs: 600_000 })
}

const inMemory = (bytes: Buffer): ServedObject => ({
  size_bytes: bytes.length,
  getRange: async (first, last) => bytes.subarray(first, last + 1),
})

/** A WAV of that size that is nowhere: its samples are made when they are asked for. */
function imagined(size_bytes: number): ServedObject {
  const header = wavHeader(size_bytes - 44)
  return {
    size_bytes,
    async getRange(first, last) {
      const bytes = Buffer.alloc(last - first + 1)
      for (let at = first; at <= last; at++) bytes[at - first] = at < 44 ? header[at]! : (at * 37) & 0x3f
      return bytes
    },
  }
}

/** The most memory while a gibibyte is heard, ours and ffmpeg's together, against that of a mebibyte. */
export async function measureListeningMemory(): Promise<Figure[]> {
  // Buffers and compiled code grow at first, whatever the size of the file.
  await listen(imagined(64 * mebibyte), 'wav')
  const against = await peakOf(() => listen(imagined(mebibyte), 'wav'))
  const ours = await peakOf(() => listen(imagined(1024 * mebibyte), 'wav'))
  return [{ name: '1 GiB WAV against 1 MiB', ours, against, unit: 'MiB', compare: 'ratio', goal: 1.2 }]
}

async function peakOf(work: () => Promise<unknown>): Promise<number> {
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss() + ofChildren())
  }, 20)
  await work()
  clearInterval(timer)
  return peak / mebibyte
}

const pageBytes = 4096

function ofChildren(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')
  return children.filter(Boolean).reduce((sum, pid) => sum + residentBytes(pid), 0)
}

/** None of one that has just ended. */
function residentBytes(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes
  } catch {
    return 0
  }
}
