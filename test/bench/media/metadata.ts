import { execFile } from 'node:child_process'
import { type FileHandle, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ffprobe from '@ffprobe-installer/ffprobe'
import { inspectAudio } from '../../../lib/media/metadata/metadata.ts'
import { createRangedSource } from '../../../lib/media/metadata/ranged-source.ts'
import { audioFormats } from '../../support/audio.ts'
import { encodeAll } from '../../support/corpus/encode.ts'
import { validFiles } from '../../support/corpus/valid.ts'
import type { Tell } from '../progress.ts'
import { median } from '../table.ts'
import { formats, inDirectory, songIn, writeSparseWav } from './files.ts'
import { pretty, rangeOf, type Section, times } from './section.ts'

const run = promisify(execFile)
const rounds = 3

interface ProbedFile {
  readonly name: string
  readonly filename: string
  readonly content_type: string
  /** What it was made for: as long as a song, or one of the odd ones. */
  readonly isSong: boolean
  readonly write: (path: string) => Promise<void>
}

interface Reading {
  readonly file: ProbedFile
  readonly size_bytes: number
  readonly ours: Reads & { readonly requests: number }
  readonly theirs: Reads
}

interface Reads {
  readonly ms: number
  readonly bytes: number
}

async function filesToRead(): Promise<ProbedFile[]> {
  const songs = formats.map((format): ProbedFile => {
    const { content_type, extension } = audioFormats[format]
    const write = async (path: string) => writeFile(path, await songIn(format))
    return { name: `${format}, 3 minutes`, filename: `song.${extension}`, content_type, isSong: true, write }
  })
  const master: ProbedFile = {
    ...{ name: 'wav, 200 MB', filename: 'master.wav', content_type: 'audio/wav', isSong: true },
    write: (path) => writeSparseWav(path, 200_000_000),
  }
  const valid = validFiles(await encodeAll()).map(
    ({ name, filename, content_type, bytes }): ProbedFile => ({
      ...{ name, filename, content_type, isSong: false },
      write: (path) => writeFile(path, bytes),
    }),
  )
  return [...songs, master, ...valid]
}

export const countFiles = async () => (await filesToRead()).length

/** Time and bytes that it takes to tell what a file is, ours beside ffprobe's. */
export async function measureMetadata(tell: Tell): Promise<Section> {
  const idle = await median3(() => probe(['-version']))
  const readings: Reading[] = []
  for (const file of await filesToRead()) {
    readings.push(await inDirectory((directory) => read(file, directory, idle.bytes)))
    tell(1)
  }
  return toSection(readings, idle.ms)
}

async function read(file: ProbedFile, directory: string, idleBytes: number): Promise<Reading> {
  const path = join(directory, file.filename)
  await file.write(path)
  const handle = await open(path)
  try {
    const { size: size_bytes } = await handle.stat()
    const inspections = []
    for (let round = 0; round < rounds; round++) inspections.push(await inspect(file, handle, size_bytes))
    const ours = { ...inspections[0]!, ms: median(inspections.map(({ ms }) => ms)) }
    const { ms, bytes } = await median3(() => probe(['-show_format', '-show_streams', path]))
    return { file, size_bytes, ours, theirs: { ms, bytes: bytes - idleBytes } }
  } finally {
    await handle.close()
  }
}

async function inspect(file: ProbedFile, handle: FileHandle, sizeBytes: number) {
  let requests = 0
  const getRange = async (_key: string, first: number, last: number) => {
    requests++
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(last - first + 1), { position: first })
    return buffer.subarray(0, bytesRead)
  }
  const source = createRangedSource({ getRange }, file.name, sizeBytes)
  const started = performance.now()
  const result = await inspectAudio(source, file)
  const ms = performance.now() - started
  if ('rejected' in result) throw new Error(`${file.name} is ${result.rejected}`)
  return { ms, bytes: source.bytesRead(), requests }
}

/** What a shell has read says what the program has read that it waited for. */
const counted = `"$@" >/dev/null && exec grep rchar /proc/$$/io`

async function probe(args: readonly string[]): Promise<Reads> {
  const started = performance.now()
  const { stdout } = await run('sh', ['-c', counted, 'sh', ffprobe.path, '-v', 'error', ...args])
  const ms = performance.now() - started
  return { ms, bytes: Number(/rchar: (\d+)/.exec(stdout)?.[1]) }
}

async function median3(work: () => Promise<Reads>): Promise<Reads> {
  const reads: Reads[] = []
  for (let round = 0; round < rounds; round++) reads.push(await work())
  return { ms: median(reads.map(({ ms }) => ms)), bytes: median(reads.map(({ bytes }) => bytes)) }
}

function toSection(readings: readonly Reading[], idleMs: number): Section {
  const songs = readings.filter(({ file }) => file.isSong)
  const share = ({ ours, size_bytes }: Reading) => (100 * ours.bytes) / size_bytes
  const ratio = ({ ours, theirs }: Reading) => ours.ms / theirs.ms
  const percent = (value: number) => pretty(value).replace(/\.0+$/, '')
  return {
    title: 'Metadata: what it takes to tell what a file is, beside ffprobe',
    head: [
      'File',
      'KiB',
      'ms',
      'ffprobe ms',
      'ratio',
      'KiB read',
      '% of it',
      'requests',
      'ffprobe KiB read',
      '',
    ],
    rows: readings.map((reading) => {
      const { file, size_bytes, ours, theirs } = reading
      return [
        ...[file.name, pretty(size_bytes / 1_024), pretty(ours.ms), pretty(theirs.ms), times(ratio(reading))],
        ...[pretty(ours.bytes / 1_024), pretty(share(reading)), String(ours.requests)],
        pretty(theirs.bytes / 1_024),
        '',
      ]
    }),
    notes: [
      `Medians of ${rounds}, from the disk. Of ffprobe's time ${pretty(idleMs)} ms are its start, which ours, in a function that is warm, does not have. There each of our requests is a range of S3, some 10 to 30 ms away.`,
    ],
    summary: [
      [
        'time to tell what a file of three minutes or 200 MB is, over that of `ffprobe`, by format',
        `${rangeOf(songs.map(ratio))} ×`,
        '',
      ],
      [
        'bytes read for it, of the file',
        `${rangeOf(songs.map(share), percent)} %, ${rangeOf(
          songs.map(({ ours }) => ours.requests),
          String,
        )} requests`,
        '',
      ],
    ],
  }
}
