import { until } from '../../infra/local/client.ts'
import { connect } from '../../lib/db/client.ts'
import { type Burst, runBurst } from '../support/burst.ts'
import { launchPlatform } from '../support/launch-platform.ts'
import { control, newClient } from '../support/platform.ts'
import { settingsOf } from '../support/server.ts'

// It keeps every worker busy, so this file has a platform to itself.
const own = await launchPlatform('test-burst')
process.env.VEZA_PLATFORM_FILE = own.file
const client = await newClient()
const sql = connect(settingsOf(client.platform.database_url))
afterAll(async () => {
  await sql.end()
  await own.stop()
})

/** Nobody waits for what files sound like, so it is done last. */
const drainAnalyses = () =>
  until(
    'every version to be listened to',
    async () => {
      const [{ count }] = await sql<[{ count: number }]>`
        select count(*)::int as count from track_analyses where analysed_at is null
      `
      return count === 0 ? true : undefined
    },
    120_000,
  )

const show = ({ uploads, per_second, p50_ms, slowest_ms, longest_pause_ms }: Burst) =>
  `\n${uploads} uploads at once: ${per_second.toFixed(1)} a second, half of them ready after ` +
  `${Math.round(p50_ms)} ms, the slowest after ${Math.round(slowest_ms)} ms, ` +
  `never ${Math.round(longest_pause_ms)} ms without one\n\n`

test('many uploads at once all become ready, without a stall', async () => {
  const burst = await runBurst({ client, uploads: 24 })

  process.stdout.write(show(burst))
  expect(burst).toMatchObject({ ready: 24, others: [] })
  // A message that is left to its visibility timeout would be away for longer.
  expect(burst.longest_pause_ms).toBeLessThan(30_000)
  await drainAnalyses()
}, 240_000)

test('a worker of each kind that is killed among them loses nothing and holds nobody up for long', async () => {
  for (const [name, after] of [
    ['scan-worker', 's3:GetObject'],
    ['metadata-worker', 's3:GetObject'],
    ['analysis-worker', 's3:PutObject'],
  ] as const) {
    await control('faults', { function: name, after, action: 'kill' })
  }
  const burst = await runBurst({ client, uploads: 8, patienceMs: 90_000 })
  expect(burst).toMatchObject({ ready: 8, others: [] })
  await drainAnalyses()
}, 240_000)
