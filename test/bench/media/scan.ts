import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { promisify } from 'node:util'
import { type Clamd, createClamd } from '../../../lib/media/scan/clamd.ts'
import { isPassedOver } from '../../../lib/media/scan/passed-over.ts'
import { type AudioFormat, audioFormats } from '../../support/audio.ts'
import { startClamd } from '../../support/clamd.ts'
import type { Tell } from '../progress.ts'
import { median } from '../table.ts'
import { inDirectory, makeUnseen, songIn, writeCopies } from './files.ts'
import { pretty, rangeOf, type Section, times } from './section.ts'

const run = promisify(execFile)

/** So much in each round, that the start of a program counts for little. */
const roundBytes = 20_000_000
const rounds = 7
/** One of each container, and those codecs that make the bytes look different. */
const formats: readonly AudioFormat[] = ['mp3', 'wav', 'flac', 'aiff', 'm4a', 'aac', 'opus', 'ogg']
const leastRatio = 0.9

interface ScanTimes {
  readonly name: string
  readonly files: number
  readonly bytes: number
  /** In ms, by rounds: the hash included in ours. */
  readonly ours: readonly number[]
  readonly streamed: readonly number[]
  readonly descriptors: readonly number[]
}

export const scanSteps = formats.length

/** Our client against clamdscan on the same clamd, by turns, on files that it has not seen. */
export async function measureScan(tell: Tell): Promise<Section> {
  await run('clamdscan', ['--version']).catch((cause) => {
    throw new Error('clamdscan is not installed, so there is nothing to measure against', { cause })
  })
  const clamav = await startClamd()
  try {
    const client = createClamd({ socketPath: clamav.socketPath })
    const results: ScanTimes[] = []
    for (const format of formats) {
      results.push(await scanFormat(client, clamav.configPath, format))
      tell(1)
    }
    return toSection(results)
  } finally {
    await clamav.remove()
  }
}

/** clamdscan gets what our client sends: before what the engine would not look into stands a byte more. */
async function scanFormat(client: Clamd, config: string, format: AudioFormat): Promise<ScanTimes> {
  const song = await songIn(format)
  const sent = isPassedOver(song) ? Buffer.concat([Buffer.alloc(1), song]) : song
  const files = Math.ceil(roundBytes / song.length)
  return inDirectory(async (directory) => {
    const { extension } = audioFormats[format]
    const ours = await writeCopies(directory, `ours.${extension}`, song, files)
    const theirs = await writeCopies(directory, `theirs.${extension}`, sent, files)
    const clamdscan = (mode: string) => async (paths: readonly string[]) => {
      await run('clamdscan', ['--config-file', config, mode, '--no-summary', ...paths])
    }
    const contenders = [
      { paths: ours, scan: (paths: readonly string[]) => scanAll(client, paths) },
      { paths: theirs, scan: clamdscan('--stream') },
      { paths: theirs, scan: clamdscan('--fdpass') },
    ]
    const spent = contenders.map((): number[] => [])
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        // Nobody is always the first.
        const index = (round + turn) % contenders.length
        const { paths, scan } = contenders[index]!
        for (const path of paths) await makeUnseen(path, song.length)
        const started = performance.now()
        await scan(paths)
        spent[index]!.push(performance.now() - started)
      }
    }
    const [own = [], streamed = [], descriptors = []] = spent
    return { name: format, files, bytes: files * song.length, ours: own, streamed, descriptors }
  })
}

async function scanAll(client: Clamd, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const { verdict } = await client.scan(hashed(path))
    if (verdict !== 'clean') throw new Error(`The file is ${verdict}`)
  }
}

/** As the scan does it with what S3 sends. */
async function* hashed(path: string) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk)
    yield chunk as Buffer
  }
  hash.digest('hex')
}

function toSection(results: readonly ScanTimes[]): Section {
  const ratios = results.map(({ ours, streamed, descriptors }) => {
    // Within a round, for the machine may have more to do in another one.
    const ratioTo = (theirs: readonly number[]) => median(theirs.map((ms, round) => ms / ours[round]!))
    return [ratioTo(streamed), ratioTo(descriptors)] as const
  })
  return {
    title: 'Scan: MB/s of our client beside clamdscan on the same clamd',
    head: ['Format', 'files', 'MB', 'ours', '--stream', '--fdpass', 'to --stream', 'to --fdpass', ''],
    rows: results.map(({ name, files, bytes, ours, streamed, descriptors }, at) => {
      const speed = (ms: readonly number[]) => pretty(bytes / 1_000 / median(ms))
      const [toStream, toDescriptors] = ratios[at]!
      return [
        ...[name, String(files), pretty(bytes / 1_000_000), speed(ours), speed(streamed), speed(descriptors)],
        ...[times(toStream), times(toDescriptors)],
        Math.min(toStream, toDescriptors) < leastRatio ? `under ${leastRatio}×` : '',
      ]
    }),
    notes: [
      `Goal: at least ${leastRatio}×. Files of three minutes that clamd has not seen, as many as make ${roundBytes / 1_000_000} MB, one after the other; medians of ${rounds} rounds by turns, and of the ratios within each.`,
      'Ours hashes what it sends. The engine has the test definitions alone, so that the way to it counts for more than it would with all of them.',
      'What ClamAV would pass over (MP3, AAC, Ogg) our client has it look into by a byte in front, and clamdscan gets the same.',
    ],
    summary: [
      [
        'scan of files not seen before, hash included: MB/s over those of `clamdscan --stream`, by format ([all of media](docs/performance.md#media))',
        `${rangeOf(ratios.map(([toStream]) => toStream))} ×`,
        `≥ ${leastRatio}`,
      ],
      [
        'the same over `clamdscan --fdpass`, which hands over the open file',
        `${rangeOf(ratios.map(([, toDescriptors]) => toDescriptors))} ×`,
        `≥ ${leastRatio}`,
      ],
    ],
  }
}
