import { globSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { connect } from '../../lib/db/client.ts'
import { environmentOf, settingsOf, startServer, templateName, withDatabase } from '../support/server.ts'
import { measureAccounts } from './accounts.ts'
import { measureHandlers } from './handlers.ts'
import { measureImports } from './imports.ts'
import { mediaFigures } from './media.ts'
import { measureSessions } from './sessions.ts'
import { printFigures } from './table.ts'

/** `npm run bench [-- imports|handlers|auth|media …]`: figures measured side by side in one run; nothing here fails. */
const sections: Record<string, () => Promise<void>> = {
  imports: async () => printFigures('Import of a bundle against an empty function', measureImports(settings)),
  handlers: async () => printFigures('Warm handler against its query', await measureHandlers(sql, settings)),
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
}

const { positionals } = parseArgs({ allowPositionals: true })
const wanted = positionals.length > 0 ? positionals : Object.keys(sections)
const unknown = wanted.find((name) => !(name in sections))
if (unknown) throw new Error(`There is no section ${unknown}: ${Object.keys(sections).join(', ')}`)

const server = await startServer()
await server.createTemplate()
const url = withDatabase(server.url, templateName)
const sql = connect(settingsOf(url))
/** Whatever a handler asks for by itself: none of these is reached by what is timed. */
function namesOfSettings(): Record<string, string> {
  const sources = globSync('functions/**/*.ts').map((file) => readFileSync(file, 'utf8'))
  const names = sources.flatMap((source) => [...source.matchAll(/requireEnv\('(\w+)'\)/g)])
  return Object.fromEntries(names.map(([, name]) => [name!, name!.toLowerCase()]))
}

/** What the template would set, for a bundle run by hand. */
const settings: Readonly<Record<string, string>> = {
  ...environmentOf(url),
  CORS_ORIGINS: 'http://localhost:3000',
  MEDIA_URL: 'http://localhost:8083',
  ...namesOfSettings(),
  STREAM_SERVER_URL: 'http://127.0.0.1:9',
  APP_URL: 'http://localhost:3000',
  CLAMD_SOCKET: '/tmp/none.sock',
  ACCESS_TOKEN_TTL_SECONDS: '900',
  BCRYPT_COST: '12',
  PWNED_PASSWORDS_URL: '',
}

try {
  for (const name of wanted) await sections[name]!()
} finally {
  await sql.end({ timeout: 5 })
  await server.stop()
}
