import { parseArgs } from 'node:util'
import { connect } from '../../lib/db/client.ts'
import { settingsOf, startServer, templateName, withDatabase } from '../support/server.ts'
import { measureAccounts } from './accounts.ts'
import { measureDashboards } from './analytics/dashboards.ts'
import { measureAnalytics } from './analytics/measure.ts'
import { measureRollUps } from './analytics/rollups.ts'
import { measureCatalogue } from './catalogue/measure.ts'
import { settingsFor } from './environment.ts'
import { measureHandlers } from './handlers.ts'
import { measureImports } from './imports.ts'
import { measureMarket } from './market/measure.ts'
import { measureMedia } from './media/measure.ts'
import { measureSessions } from './sessions.ts'
import { printFigures } from './table.ts'
import { measureWebhooks } from './webhooks/measure.ts'

/**
 * `npm run bench [-- imports|handlers|auth|media|marketplace|webhooks|catalogue …]`: figures measured side by side in one
 * run; nothing here fails. `webhooks` takes `--small` to see only that it runs. `media` takes
 * `--only scan,metadata,memory,ready,burst,analysis` for some of its parts alone. `catalogue` runs only when it is named:
 * it takes `--scale 10000|100000|1000000`, several times too, or `--all`, `--fresh` to fill the libraries anew, `--plans`
 * to see those of slow statements, `--only /feed` for some routes alone. Both take
 * `--markdown docs/performance.md`. `dashboards` and `rollups` run only when they are named, too: the first takes
 * `--rows 1000000`, raw ones, instead of 50 million.
 * `analytics` takes `--events 50000 --duplicates 1000000`.
 */
const usual = ['imports', 'handlers', 'auth'] as const
const names = [
  ...usual,
  'media',
  'marketplace',
  'webhooks',
  'analytics',
  'catalogue',
  'dashboards',
  'rollups',
]
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', multiple: true, default: ['1000000'] },
    all: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    plans: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rows: { type: 'string', default: '50000000' },
    small: { type: 'boolean', default: false },
    markdown: { type: 'string' },
    events: { type: 'string', default: '50000' },
    duplicates: { type: 'string', default: '1000000' },
  },
})
const wanted: readonly string[] =
  positionals.length > 0 ? positionals : [...usual, 'media', 'marketplace', 'webhooks']
const unknown = wanted.find((name) => !names.includes(name))
if (unknown) throw new Error(`There is no section ${unknown}: ${names.join(', ')}`)

const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`
const usualWanted = usual.filter((name) => wanted.includes(name))
if (usualWanted.length > 0) await measureUsual(usualWanted)
if (wanted.includes('media')) await measureMedia({ only: values.only, markdown: values.markdown, command })
if (wanted.includes('marketplace')) await measureMarket()
if (wanted.includes('analytics'))
  await measureAnalytics({ events: Number(values.events), duplicates: Number(values.duplicates) })
if (wanted.includes('dashboards')) {
  const rows = Number(values.rows)
  if (!Number.isInteger(rows) || rows < 100_000)
    throw new Error('--rows is a number of raw rows, 100000 or more')
  await measureDashboards({ rows })
}
if (wanted.includes('rollups')) await measureRollUps()
if (wanted.includes('webhooks')) await measureWebhooks({ isSmall: values.small })
if (wanted.includes('catalogue')) {
  const scales = values.all ? [10_000, 100_000, 1_000_000] : values.scale.map(Number)
  if (scales.some((scale) => !Number.isInteger(scale) || scale < 10_000))
    throw new Error('--scale is a number of tracks, 10000 or more')
  await measureCatalogue({
    scales,
    isFresh: values.fresh,
    markdown: values.markdown,
    hasPlans: values.plans,
    only: values.only,
    command,
  })
}

async function measureUsual(names: readonly (typeof usual)[number][]) {
  const server = await startServer()
  await server.createTemplate()
  const url = withDatabase(server.url, templateName)
  const sql = connect(settingsOf(url))
  const settings = settingsFor(url)
  const sections: Record<(typeof usual)[number], () => Promise<void>> = {
    imports: async () =>
      printFigures('Import of a bundle against an empty function', measureImports(settings)),
    handlers: async () =>
      printFigures('Warm handler against its query', await measureHandlers(sql, settings)),
    auth: async () => {
      const { login, enumeration } = await measureAccounts(sql, settings)
      printFigures('A sign-in against the bare check of its password', login)
      printFigures('The time of an answer about a known address or name beside an unknown one', enumeration)
      printFigures('Sessions against what they need', await measureSessions(settings))
    },
  }
  try {
    for (const name of names) await sections[name]()
  } finally {
    await sql.end({ timeout: 5 })
    await server.stop()
  }
}
