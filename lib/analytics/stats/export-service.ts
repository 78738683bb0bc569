import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Actor } from '../../auth/actor.ts'
import type { ObjectStore } from '../../aws/object-store.ts'
import type { Sql } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { minuteMs } from '../../time.ts'
import { type ExportLine, listExportLines } from './export-repository.ts'
import { type Range, readRange } from './ranges.ts'
import { findFirstDay } from './repository.ts'
import type { ExportQuery } from './schemas.ts'

export interface StatsExportDependencies {
  readonly sql: Sql
  readonly exports: Pick<ObjectStore, 'put' | 'presignGet'>
  readonly now?: () => Date
  readonly limits?: typeof usualLimits
}

/** The file itself, or where it is. */
export type StatsExport = { readonly text: string } | { readonly url: string }

export type StatsExportService = ReturnType<typeof createStatsExportService>

/**
 * A function answers with 6 MB at most, line ends and quotes doubled by the JSON around it; what is larger lies in the
 * bucket. More lines than the most would not be there before the gateway gives up.
 */
const usualLimits = { inlineBytes: 3 * 1024 * 1024, mostLines: 250_000, linesAtOnce: 5_000 }

const linkMs = 15 * minuteMs

/** The figures of somebody's tracks, day by day, as a file: written as it is read, so that memory holds a part of it. */
export function createStatsExportService({
  sql,
  exports,
  now = () => new Date(),
  limits = usualLimits,
}: StatsExportDependencies) {
  const write = async (file: string, ownerId: string, range: Range) => {
    const { stringify } = await import('csv-stringify')
    await pipeline(readLines(sql, ownerId, range, limits), stringify(format), createWriteStream(file))
    return (await stat(file)).size
  }

  const hand = async (file: string, size_bytes: number, { id }: Actor, { from, to }: Range) => {
    if (size_bytes <= limits.inlineBytes) return { text: await readFile(file, 'utf8') }
    const key = `exports/analytics/${id}/${randomUUID()}.csv`
    await exports.put(key, createReadStream(file), { size_bytes, content_type: 'text/csv; charset=utf-8' })
    return { url: await exports.presignGet(key, linkMs / 1_000, { filename: filenameOf({ from, to }) }) }
  }

  return {
    async make(
      actor: Actor,
      query: ExportQuery,
    ): Promise<{ readonly filename: string; readonly file: StatsExport }> {
      const subject = { owner_id: actor.id, track_id: undefined }
      const range = await readRange(query, now(), () => findFirstDay(sql, subject))
      const folder = await mkdtemp(path.join(tmpdir(), 'stats-'))
      try {
        const file = path.join(folder, 'stats.csv')
        const size = await write(file, actor.id, range)
        return { filename: filenameOf(range), file: await hand(file, size, actor, range) }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

const filenameOf = ({ from, to }: Pick<Range, 'from' | 'to'>) => `veza-analytics-${from}-${to}.csv`

async function* readLines(
  sql: Sql,
  ownerId: string,
  range: Range,
  { mostLines, linesAtOnce }: typeof usualLimits,
): AsyncGenerator<ExportLine> {
  let after: ExportLine | undefined
  for (let count = 0; ; ) {
    const lines = await listExportLines(sql, ownerId, range, after, linesAtOnce)
    count += lines.length
    if (count > mostLines) throw tooLong(mostLines)
    yield* lines
    if (lines.length < linesAtOnce) return
    after = lines.at(-1)
  }
}

const tooLong = (mostLines: number) => {
  const detail = `There are more than ${mostLines} lines: ask for fewer days`
  return new AppError('validation_failed', undefined, {
    errors: [{ pointer: '#/query/from', code: 'too_many_lines', detail }],
  })
}

/** What somebody wrote never begins a formula where a spreadsheet opens it. */
const format = {
  header: true,
  bom: true,
  record_delimiter: 'windows',
  escape_formulas: true,
  columns: [
    'day',
    'track_id',
    'title',
    'play_count',
    'listener_count',
    'complete_count',
    'listened_ms',
    'view_count',
    'share_click_count',
    'repeated_count',
    'too_short_count',
    'filtered_count',
  ],
  cast: { number: (value: number) => String(value) },
} as const
