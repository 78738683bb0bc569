import { createStatsExportService } from '../../../lib/analytics/stats/export-service.ts'
import { addPlay, createStatsApi, rollUpDays, statsRoutes } from '../../support/analytics.ts'
import { useDatabase } from '../../support/database.ts'
import { createMemoryStorage } from '../../support/memory-storage.ts'
import { createTrackApi } from '../../support/track-api.ts'

const { sql } = useDatabase()
const now = new Date('2026-12-10T12:30:00Z')
const call = createStatsApi(sql, () => now)
const tracks = createTrackApi(sql)

const header =
  '\uFEFFday,track_id,title,play_count,listener_count,complete_count,listened_ms,view_count,share_click_count,repeated_count,too_short_count,filtered_count\r\n'

/** As if it had been summed up: a line for each track and day. */
const seedLines = (owner_id: string, trackCount: number, from: string, to: string) => sql`
  insert into daily_stats
  select
    md5('track' || n || ${owner_id}::text)::uuid, day::date, 'track', ${owner_id}, 7, 1, 2, 1, 1, 1, 0, 0, 3, 100000, 9, 0, 1, 0, 0, 0, 0, 4, 2
  from generate_series(1, ${trackCount}::int) n, generate_series(${from}::date, ${to}::date, '1 day') day
`

test('gives a line for each track and day, which no spreadsheet takes for a formula', async () => {
  const owner = await tracks.join()
  const track_id = await tracks.createReady(owner, { title: '=HYPERLINK("x"), my "song"' })
  const track = { track_id, owner_id: owner.id }
  await addPlay(sql, { ...track, at: new Date('2026-12-08T10:00:00Z'), visitor: 'a', is_complete: true })
  await addPlay(sql, { ...track, at: new Date('2026-12-09T10:00:00Z'), visitor: 'b', filtered: 'ua' })
  await rollUpDays(sql, '2026-12-08', now)

  const { status, type, headers, text } = await call(statsRoutes.exportDashboard, owner, {
    query: { from: '2026-12-08', to: '2026-12-09' },
  })

  expect([status, type]).toEqual([200, 'text/csv; charset=utf-8'])
  expect(headers['content-disposition']).toBe(
    'attachment; filename="veza-analytics-2026-12-08-2026-12-09.csv"',
  )
  const title = `"'=HYPERLINK(""x""), my ""song"""`
  expect(text).toBe(
    `${header}2026-12-08,${track_id},${title},1,1,1,40000,0,0,0,0,0\r\n2026-12-09,${track_id},${title},0,0,0,0,0,0,0,0,1\r\n`,
  )
})

test('of nothing is a line of names', async () => {
  const { text } = await call(statsRoutes.exportDashboard, await tracks.join())
  expect(text).toBe(header)
})

test('is the caller’s alone, and somebody’s', async () => {
  const [owner, other] = [await tracks.join(), await tracks.join()]
  await seedLines(owner.id, 2, '2026-12-01', '2026-12-10')
  const linesOf = async (who: typeof owner) =>
    (await call(statsRoutes.exportDashboard, who, { query: { range: '7d' } })).text.split('\r\n').length - 2
  expect(await linesOf(owner)).toBe(14)
  expect(await linesOf(other)).toBe(0)
  expect((await call(statsRoutes.exportDashboard, undefined)).status).toBe(401)
})

test('of two years and many tracks lies in the bucket, whole, and memory never held it', async () => {
  const owner = await tracks.join()
  await seedLines(owner.id, 90, '2024-12-10', '2026-12-10')
  const { exports } = createMemoryStorage('exports')
  const parts: number[] = []
  let text = ''
  const store = {
    presignGet: exports!.presignGet,
    put: async (key: string, body: AsyncIterable<Buffer>, about: { size_bytes: number }) => {
      expect(key).toMatch(new RegExp(`^exports/analytics/${owner.id}/[0-9a-f-]{36}\\.csv$`))
      for await (const part of body) {
        parts.push(part.length)
        text += part
      }
      expect(Buffer.byteLength(text)).toBe(about.size_bytes)
    },
  }
  const {
    status,
    headers,
    text: answer,
  } = await createStatsApi(sql, () => now, store as never)(statsRoutes.exportDashboard, owner, {
    query: { from: '2024-12-10', to: '2026-12-10' },
  })

  expect([status, answer]).toEqual([303, ''])
  expect(headers.location).toContain('exports/analytics/')
  expect(text.split('\r\n').length - 2).toBe(731 * 90)
  expect(
    new Set(
      text
        .split('\r\n')
        .slice(1, -1)
        .map((line) => line.slice(0, 47)),
    ).size,
  ).toBe(731 * 90)
  expect(text.length).toBeGreaterThan(4 * 1024 * 1024)
  expect(Math.max(...parts)).toBeLessThan(1024 * 1024)
}, 60_000)

test('refuses more lines than there is time for', async () => {
  const owner = await tracks.join()
  await seedLines(owner.id, 5, '2026-12-01', '2026-12-10')
  const service = createStatsExportService({
    sql,
    exports: createMemoryStorage('exports').exports!,
    now: () => now,
    limits: { inlineBytes: 1_000, mostLines: 49, linesAtOnce: 10 },
  })
  await expect(service.make(owner, {})).rejects.toMatchObject({
    code: 'validation_failed',
    options: { errors: [expect.objectContaining({ code: 'too_many_lines' })] },
  })
})
