import { parseArgs } from 'node:util'
import { connect } from '../../lib/db/client.ts'
import { settingsOf, startServer, templateName, withDatabase } from '../support/server.ts'
import { measureAccounts } from './accounts.ts'
import { measureListening, measureListeningMemory } from './analysis.ts'
import { measureCatalogue } from './catalogue/measure.ts'
import { settingsFor } from './environment.ts'
import { measureHandlers } from './handlers.ts'
import { measureImports } from './imports.ts'
import { mediaFigures } from './media.ts'
import { measureSessions } from './sessions.ts'
import { printFigures } from './table.ts'

/**
 * `npm run bench [-- imports|handlers|auth|media|analysis|catalogue …]`: figures measured side by side in one run; nothing
 * here fails. `catalogue` runs only when it is named: it takes `--scale 10000|100000|1000000`, several times too, or `--all`, `--fresh`
 * to fill the libraries anew, `--plans` to see those of slow statements, `--only /feed` for some routes alone, and `--markdown docs/performance.md`.
 */
const usual = ['imports', 'handlers', 'auth', 'media', 'analysis'] as const
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', multiple: true, default: ['1000000'] },
    all: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    plans: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    markdown: { type: 'string' },
  },
})
const wanted: readonly string[] = positionals.length > 0 ? positionals : usual
const isKnown = (name: string) => name === 'catalogue' || usual.some((one) => one === name)
const unknown = wanted.find((name) => !isKnown(name))
if (unknown) throw new Error(`There is no section ${unknown}: ${[...usual, 'catalogue'].join(', ')}`)

const usualWanted = usual.filter((name) => wanted.includes(name))
if (usualWanted.length > 0) await measureUsual(usualWanted)
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
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
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
    media: async () => {
      const { reads, scan, memory } = await mediaFigures()
      printFigures('Bytes read for the metadata against the size of the file', reads)
      printFigures('A scan through our client, hash included, against clamdscan', scan)
      printFigures('Memory while 1 GiB is scanned', memory)
    },
    analysis: async () => {
      printFigures('Time of a core to hear a file against decoding it', await measureListening())
      printFigures('Memory while a file is heard, ffmpeg included', await measureListeningMemory())
    },
  }
  try {
    for (const name of names) await sections[name]()
  } finally {
    await sql.end({ timeout: 5 })
    await server.stop()
  }
}
