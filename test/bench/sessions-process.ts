import { createHmac, randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import path from 'node:path'
import { jwtVerify } from 'jose'
import { authRoutes } from '../../functions/auth/routes.ts'
import { parseKeyRing } from '../../lib/auth/key-ring.ts'
import { hashToken, randomToken } from '../../lib/auth/one-time-tokens.ts'
import { createAccessTokenSigner } from '../../lib/auth/tokens.ts'
import { createSecrets } from '../../lib/aws/secrets.ts'
import { databaseSettings } from '../../lib/db/client.ts'
import { openConnection } from '../../lib/db/connection.ts'
import { firstExpiries } from '../../lib/sessions/lifetimes.ts'
import { insertSession, lockPresentedToken, rotateSession } from '../../lib/sessions/repository.ts'
import { findUser } from '../../lib/users/repository.ts'
import { context, httpEvent } from '../support/api.ts'
import type { SessionTimes } from './sessions.ts'
import { median } from './table.ts'

/**
 * Times a refresh and the check of a token through the deployed bundles, beside what they cannot do without, in
 * alternating rounds. A process of its own, so that its log lines are written as in Lambda and read by nobody.
 */
const ROUNDS = 60
const WARM_UP = 15
/** V8 still compiles what has run a thousand times, and the check of a token is short. */
const callsOf = { refresh: 20, refresh_statements: 20, authorizer: 100, jose: 100, hmac: 100 }

const load = (name: string) => createRequire(import.meta.url)(path.resolve('dist', name, 'index.js')).handler
const refreshHandler = load('auth')
const authorize = load('authorizer')
const driver = openConnection(databaseSettings()).client

const [{ id: userId }] = await driver<[{ id: string }]>`
  insert into users (username, display_name, email, password_hash, email_verified_at)
  values ('refresher', 'Refresher', 'refresher@bench.example', 'none', now())
  on conflict (username) do update set display_name = excluded.display_name
  returning id
`

/** A family of its own, and the token that is current in it. */
async function startSession() {
  const token = randomToken()
  const created_at = new Date()
  const session = { user_id: userId, ip: '192.0.2.1', user_agent: 'bench', device_id: null, created_at }
  const how = { auth_time: created_at, acr: 'aal1', is_cookie: false, is_persistent: true } as const
  await insertSession(driver, { ...session, ...how, ...firstExpiries('user', created_at) }, hashToken(token))
  return token
}

let handled = await startSession()
let calls = 0
async function refresh() {
  calls += 1
  const ip = `10.1.${(calls >> 8) & 255}.${calls & 255}`
  const event = httpEvent(authRoutes.refresh, { body: { refresh_token: handled }, ip })
  const { statusCode, body } = await refreshHandler(event, context())
  if (statusCode !== 200) throw new Error(`refresh answered ${statusCode}: ${body}`)
  handled = JSON.parse(body).refresh_token
}

let bare = await startSession()
async function refreshStatements() {
  const next = randomToken()
  await driver.begin(async (tx) => {
    const row = (await lockPresentedToken(tx, hashToken(bare)))!
    await rotateSession(tx, {
      session_id: row.session_id,
      token_hash: hashToken(next),
      sealed_successor: 'as long as a sealed token is '.repeat(6),
      rotated_at: new Date(),
      idle_expires_at: row.idle_expires_at,
      expires_at: row.expires_at,
    })
  })
  await findUser(driver, userId)
  bare = next
}

const ring = parseKeyRing(await createSecrets().read(process.env.JWT_SECRET_ARN!))
const key = ring.keys.get(ring.kid)!
const token = await createAccessTokenSigner({ loadKeys: async () => ring, ttlSeconds: 900 }).sign({
  id: userId,
  session_id: randomUUID(),
  role: 'user',
  token_version: 1,
  auth_time: Math.floor(Date.now() / 1_000),
  acr: 'aal1',
})
const request = { headers: { authorization: `Bearer ${token}` } }
const [signed, signature] = [token.slice(0, token.lastIndexOf('.')), token.slice(token.lastIndexOf('.') + 1)]

const ways: { readonly [K in keyof SessionTimes]: () => Promise<unknown> } = {
  refresh,
  refresh_statements: refreshStatements,
  authorizer: async () => {
    const { context: told } = await authorize(request)
    if (told.id !== userId) throw new Error(`The authorizer said ${JSON.stringify(told)}`)
  },
  jose: () => jwtVerify(token, key, { algorithms: ['HS256'] }),
  hmac: async () => {
    if (createHmac('sha256', key).update(signed).digest('base64url') !== signature) throw new Error('HMAC')
  },
}
const names = Object.keys(ways) as (keyof SessionTimes)[]
const times = new Map(names.map((name) => [name, [] as number[]]))

for (let round = -WARM_UP; round < ROUNDS; round++) {
  for (const name of names) {
    const started = performance.now()
    for (let call = 0; call < callsOf[name]; call++) await ways[name]()
    if (round >= 0) times.get(name)!.push(((performance.now() - started) / callsOf[name]) * 1_000)
  }
}
process.send!(Object.fromEntries(names.map((name) => [name, median(times.get(name)!)])))
process.exit()
