import { globSync, readFileSync } from 'node:fs'
import { environmentOf } from '../support/server.ts'

/** Whatever a handler asks for by itself: none of these is reached by what is timed. */
function namesOfSettings(): Record<string, string> {
  const sources = globSync('functions/**/*.ts').map((file) => readFileSync(file, 'utf8'))
  const names = sources.flatMap((source) => [...source.matchAll(/requireEnv\('(\w+)'\)/g)])
  return Object.fromEntries(names.map(([, name]) => [name!, name!.toLowerCase()]))
}

/** What the template would set, for a bundle run by hand on the database of this URL. */
export const settingsFor = (url: string): Readonly<Record<string, string>> => ({
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
})
