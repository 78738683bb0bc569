import { readFile } from 'node:fs/promises'
import { inputOptions } from '../../../lib/media/analysis/decoders.ts'
import { runFfmpeg } from '../../../lib/media/analysis/ffmpeg.ts'
import { listenTo } from '../../../lib/media/analysis/listening.ts'
import { type ServedObject, serveObject } from '../../../lib/media/analysis/object-server.ts'
import type { Container } from '../../../lib/media/audio-types.ts'
import { type AudioFormat, containers } from '../../support/audio.ts'
import type { Tell } from '../progress.ts'
import { formats, songIn, songSeconds } from './files.ts'
import { pretty, rangeOf, type Section, times } from './section.ts'

const longestMs = 600_000
const minutes = songSeconds / 60

/** Seconds by the minute of sound. */
interface Listened {
  readonly format: AudioFormat
  readonly ours: number
  readonly ffmpeg: number
  readonly decoding: number
  readonly elapsed: number
}

/** Time of a core to hear a file, beside that of decoding it and no more. */
export async function measureAnalysis(tell: Tell): Promise<Section> {
  const results: Listened[] = []
  for (const format of formats) {
    const file = await songIn(format)
    const object = {
      size_bytes: file.length,
      getRange: async (first: number, last: number) => file.subarray(first, last + 1),
    }
    const container = containers[format]
    const heard = await spentOn(() => listen(object, container))
    const decoded = await spentOn(() => decode(object, container))
    results.push({ format, ...heard, decoding: decoded.ffmpeg })
    tell(1)
  }
  return toSection(results)
}

async function listen(object: ServedObject, container: Container) {
  await using source = await serveObject(object)
  await listenTo({ url: source.url, container, channels: 2 }, longestMs)
}

async function decode(object: ServedObject, container: Container) {
  await using source = await serveObject(object)
  const args = [...inputOptions(container, source.url), '-f', 'null', '-']
  await runFfmpeg({ args, sinks: [() => {}], timeoutMs: longestMs })
}

async function spentOn(work: () => Promise<void>) {
  const [before, started] = [await coreSeconds(), performance.now()]
  await work()
  const after = await coreSeconds()
  return {
    ours: (after.ours - before.ours) / minutes,
    ffmpeg: (after.programs - before.programs) / minutes,
    elapsed: (performance.now() - started) / 1_000 / minutes,
  }
}

/** Of this process, and of the programs that it has waited for. */
async function coreSeconds() {
  const stat = await readFile('/proc/self/stat', 'utf8')
  // utime, stime, cutime, cstime behind the name, which may hold anything; in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system, ofPrograms, systemOfPrograms] = fields.slice(11, 15).map(Number) as [
    ...[number, number, number, number],
  ]
  return { ours: (user + system) / 100, programs: (ofPrograms + systemOfPrograms) / 100 }
}

function toSection(results: readonly Listened[]): Section {
  const total = ({ ours, ffmpeg }: Listened) => ours + ffmpeg
  return {
    title: 'Analysis: seconds of a core by the minute of sound',
    head: ['Format', 'all', 'ours', 'ffmpeg', 'bare decoding', 'ratio', 'elapsed', ''],
    rows: results.map((result) => {
      const { format, ours, ffmpeg, decoding, elapsed } = result
      const figures = [total(result), ours, ffmpeg, decoding].map(pretty)
      return [format, ...figures, times(total(result) / decoding), pretty(elapsed), '']
    }),
    notes: [
      'Files of three minutes: loudness and true peak by ffmpeg, waveforms, tempo and key by us, all of one decoding.',
    ],
    summary: [
      [
        'analysis of a track: time of a core by the minute of sound, by format',
        `${rangeOf(results.map(total))} s`,
        '',
      ],
    ],
  }
}
