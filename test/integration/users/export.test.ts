import { randomBytes, randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createExportExpiry, failAbandonedExports } from '../../../lib/exports/expiry.ts'
import { createExportMaker } from '../../../lib/exports/maker.ts'
import { createAccountsApi, createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { paySeeded, seedOrder } from '../../support/ledger.ts'
import { seedActor } from '../../support/tracks.ts'
import { completeSeeded, seedRefund } from '../../support/trade-records.ts'
import { unzip } from '../../support/unzip.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const hours = 60 * 60

beforeEach(async () => {
  await sql`truncate data_exports`
})

async function setUp() {
  const clock = createClock()
  const api = createAccountsApi(sql, clock)
  const { access_token: token, ...user } = await api.signIn()
  return {
    ...api,
    clock,
    user,
    token,
    ask: () => api.request(userRoutes.requestExport, { token }),
    read: (export_id: string, as = token) =>
      api.request(userRoutes.getExport, { token: as, params: { export_id } }),
    /** Does what waits in the queue, and answers with the mails to the user. */
    work: () => api.postbox.mailsTo(user.email),
    expire: createExportExpiry({ sql, store: api.exportStore }),
  }
}

test('makes a file of what is asked for, and tells by mail', async () => {
  const { ask, read, work, exportStore, clock, user } = await setUp()

  const asked = await ask()
  const mails = await work()
  const ready = await read(asked.body.id)

  expect(asked).toMatchObject({
    status: 202,
    body: { status: 'pending', size_bytes: null, expires_at: null, created_at: clock.now().toISOString() },
  })
  const stored = exportStore.objects.get(`exports/accounts/${asked.body.id}.zip`)!
  expect(ready).toMatchObject({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: {
      status: 'ready',
      size_bytes: stored.bytes.length,
      expires_at: new Date(clock.now().getTime() + 24 * hours * 1000).toISOString(),
      url: expect.stringContaining(`exports/accounts/${asked.body.id}.zip`),
    },
  })
  expect(Object.keys(ready.body)).not.toContain('object_key')
  const { subject, text } = mails.at(-1)!
  expect(subject).toBe('Your Veza data are ready')
  expect(text).toContain(`https://veza.example/settings/exports/${asked.body.id}`)
  expect(text).not.toContain('signature')
  const trail = await sql`
    select outcome, target from audit_events
    where user_id = ${user.id} and action = 'account.export_requested'
  `
  expect(trail).toEqual([{ outcome: 'success', target: `export:${asked.body.id}` }])
})

/** Something bought and something sold, both refunded in part or paid out; answers with what is secret of it. */
async function trade(user_id: string): Promise<(string | Buffer)[]> {
  const { id: other } = await seedActor(sql)
  const bought = await seedOrder(sql, user_id, [{ seller_id: other, due: 2_000 }])
  const sold = await seedOrder(sql, other, [{ seller_id: user_id, due: 3_000 }])
  for (const order of [bought, sold]) {
    await paySeeded(sql, order)
    await completeSeeded(sql, order.id)
  }
  const client_secret = `pi_1_secret_${randomUUID()}`
  await sql`update orders set ${sql({ client_secret, buyer_ip: '192.0.2.8' })} where id = ${bought.id}`
  await seedRefund(sql, { order_id: bought.id, items: [{ order_item_id: bought.items[0]!.id, amount: 1 }] })
  const [license] = await sql<[{ id: string }]>`select id from licenses where buyer_id = ${user_id}`
  const granted = { granted_at: new Date(), expires_at: new Date(), ip: '192.0.2.8' }
  await sql`insert into license_downloads ${sql({ license_id: license.id, buyer_id: user_id, ...granted })}`
  const at = { created_at: new Date(), updated_at: new Date() }
  for (const { id } of [bought, sold]) {
    await sql`
      insert into offers (
        product_id, tier_id, buyer_id, seller_id, amount, currency, expires_at, created_at, updated_at
      )
      select i.product_id, i.tier_id, o.buyer_id, i.seller_id, 1500, o.currency, now(), now(), now()
      from order_items i join orders o on o.id = i.order_id
      where o.id = ${id}
    `
  }
  await sql`insert into sellers ${sql({ user_id, legal_name: 'Ada Example', ...at })}`
  await sql`insert into license_templates ${sql({ seller_id: user_id, name: 'Lease', terms: {}, contract: '-', ...at })}`
  await sql`
    insert into discounts ${sql({ seller_id: user_id, code: 'SPRING', percent_bps: 1_000, starts_at: new Date(), ...at })}
  `
  await sql`insert into payouts ${sql({ user_id, amount: 1_000, currency: 'usd', origin: 'seller', ...at })}`
  await sql`
    insert into disputes ${sql({
      stripe_dispute_id: `dp_${randomUUID()}`,
      order_id: bought.id,
      amount: 2_000,
      currency: 'usd',
      reason: 'general',
      status: 'under_review',
      opened_at: new Date(),
    })}
  `
  await sql`
    insert into invoices ${sql({
      seller_id: user_id,
      number: 1,
      kind: 'invoice',
      order_id: sold.id,
      buyer_id: other,
      currency: 'usd',
      total_amount: 3_000,
      document: { title: 'Invoice 1' },
      issued_at: new Date(),
    })}
  `
  const [{ key_hash }] = await sql<
    [{ key_hash: Buffer }]
  >`select key_hash from orders where id = ${bought.id}`
  return [client_secret, key_hash]
}

/** An endpoint that waits for an event; answers with what is sealed of it. */
async function subscribe(account_id: string): Promise<string[]> {
  const sealed = [randomUUID(), randomUUID()] as const
  const at = { created_at: new Date(), updated_at: new Date() }
  const [endpoint] = await sql<[{ id: string }]>`
    insert into webhook_endpoints ${sql({
      account_id,
      url: 'https://hooks.example.com/',
      api_version: '2026-12-01',
      header_names: ['authorization'],
      sealed_headers: sealed[0],
      sealed_secret: sealed[1],
      ...at,
    })}
    returning id
  `
  const [event] = await sql<[{ id: string }]>`
    insert into public_events ${sql({
      account_id,
      source_id: randomUUID(),
      type: 'webhook.test',
      api_version: '2026-12-01',
      created_at: new Date(),
      resource_id: endpoint.id,
      sequence: 1,
      data: { told: true },
    })}
    returning id
  `
  const delivery = { endpoint_id: endpoint.id, event_id: event.id, event_type: 'webhook.test' }
  await sql`
    insert into webhook_deliveries ${sql({ ...delivery, next_attempt_at: new Date(), created_at: new Date() })}
  `
  return [...sealed]
}

/** Gives the user something of every kind, with secrets wherever one is kept. */
async function fill(user_id: string) {
  const secret = () => randomBytes(32)
  const secrets: (string | Buffer)[] = []
  const keep = <T extends string | Buffer>(value: T): T => {
    secrets.push(value)
    return value
  }
  secrets.push(...(await trade(user_id)), ...(await subscribe(user_id)))
  await sql`insert into devices ${sql({ user_id, secret_hash: keep(secret()), user_agent: 'Firefox' })}`
  await sql`
    insert into totp_factors ${sql({ user_id, sealed_secret: keep('sealed-totp'), kid: 'kid-7', enabled_at: new Date() })}
  `
  await sql`insert into recovery_code_sets ${sql({ user_id, salt: keep(secret()) })}`
  await sql`insert into recovery_codes ${sql({ user_id, code_hash: keep(secret()) })}`
  const credential = { credential_id: keep(secret()), public_key: keep(secret()) }
  await sql`
    insert into passkeys ${sql({ user_id, ...credential, sign_count: 0, is_backed_up: true, name: 'Laptop' })}
  `
  const hold = { username: `former_${user_id.slice(-8)}`, user_id, held_until: new Date() }
  await sql`insert into username_holds ${sql(hold)}`
  await sql`
    insert into email_tokens ${sql({ token_hash: keep(secret()), user_id, purpose: 'not_me', expires_at: new Date() })}
  `
  const [track] = await sql<[{ id: string }]>`
    insert into tracks ${sql({ owner_id: user_id, title: 'Low Tide', rights_confirmed_at: new Date() })}
    returning id
  `
  await sql`
    insert into image_uploads ${sql({
      kind: 'avatar',
      subject_id: user_id,
      created_by: user_id,
      filename: 'me.png',
      content_type: 'image/png',
      size_bytes: 1000,
      object_key: keep(`uploads/images/${randomUUID()}`),
      original_key: keep(`originals/images/${randomUUID()}`),
      expires_at: new Date(),
    })}
  `
  const [upload] = await sql<[{ id: string }]>`
    insert into uploads ${sql({
      track_id: track.id,
      created_by: user_id,
      filename: 'low-tide.wav',
      content_type: 'audio/wav',
      size_bytes: 1000,
      object_key: keep(`uploads/${randomUUID()}`),
      expires_at: new Date(),
    })}
    returning id
  `
  await sql`
    insert into track_versions ${sql({
      track_id: track.id,
      upload_id: upload.id,
      number: 1,
      object_key: keep(`originals/${randomUUID()}`),
      sha256: 'a'.repeat(64),
      size_bytes: 1000,
      content_type: 'audio/wav',
    })}
  `
  const [playlist] = await sql<[{ id: string }]>`
    insert into playlists ${sql({ owner_id: user_id, title: 'Slow Waters' })} returning id
  `
  const item = { playlist_id: playlist.id, track_id: track.id, rank: 'a0', added_by: user_id }
  await sql`insert into playlist_items ${sql(item)}`
  const tie = { playlist_id: playlist.id, user_id }
  await sql`insert into playlist_collaborators ${sql({ ...tie, role: 'viewer' })}`
  await sql`insert into playlist_likes ${sql(tie)}`
  await sql`insert into playlist_follows ${sql(tie)}`
  const rows = await sql<{ secret: Buffer | string }[]>`
    select password_hash::bytea as secret from users where id = ${user_id}
    union all
    select token_hash from refresh_tokens
    where session_id in (select id from sessions where user_id = ${user_id})
  `
  for (const row of rows) keep(row.secret)
  return secrets
}

/** In whatever way a value may have been written. */
const spellings = (secret: string | Buffer) =>
  typeof secret === 'string'
    ? [secret]
    : [
        ...(['hex', 'base64', 'base64url', 'latin1'] as const).map((encoding) => secret.toString(encoding)),
        JSON.stringify([...secret]).slice(1, -1),
      ]

test('the file holds everything of the user, nothing of others, and no secret', async () => {
  const { ask, work, exportStore, user, signIn } = await setUp()
  const other = await signIn()
  const secrets = [...(await fill(user.id)), user.refresh_token!]
  await fill(other.id)

  const { body } = await ask()
  await work()

  const files = unzip(exportStore.objects.get(`exports/accounts/${body.id}.zip`)!.bytes)
  const { 'README.txt': readme = '', ...data } = files
  for (const name of Object.keys(data)) expect(readme).toContain(name)
  const parsed = Object.fromEntries(Object.entries(data).map(([name, text]) => [name, JSON.parse(text)]))
  expect(parsed).toMatchObject({
    'profile.json': [{ id: user.id, email: user.email, settings: {} }],
    'former-usernames.json': [{ username: `former_${user.id.slice(-8)}` }],
    'sessions.json': [{ id: user.session_id, ip: '192.0.2.1', user_agent: 'veza-tests' }],
    'second-factor.json': [{ recovery_codes_left: 1 }],
    'passkeys.json': [{ name: 'Laptop' }],
    'tracks.json': [{ title: 'Low Tide' }],
    'track-versions.json': [{ number: 1, sha256: 'a'.repeat(64) }],
    'uploads.json': [{ filename: 'low-tide.wav' }],
    'image-uploads.json': [{ kind: 'avatar', filename: 'me.png' }],
    'playlists.json': [{ title: 'Slow Waters', visibility: 'private' }],
    'playlist-items.json': [{ added_by_you: true }],
    'playlist-collaborations.json': [{ role: 'viewer' }],
    'playlist-likes.json': [{ created_at: expect.any(String) }],
    'playlist-follows.json': [{ created_at: expect.any(String) }],
    'exports.json': [{ id: body.id, status: 'pending' }],
    'orders.json': [{ status: 'completed', total_amount: 2_000, buyer_ip: '192.0.2.8' }],
    'order-items.json': [{ title: 'Mixing', price_amount: 2_000 }],
    'refunds.json': [{ amount: 1, status: 'succeeded' }],
    'disputes.json': [{ amount: 2_000, reason: 'general' }],
    'licenses.json': [{ serial: expect.stringMatching(/^VZ-/), status: 'active' }],
    'downloads.json': [{ ip: '192.0.2.8' }],
    'offers.json': [{ amount: 1_500, status: 'open', message: '' }],
    'offers-received.json': [{ amount: 1_500, status: 'open' }],
    'seller.json': [{ id: user.id, legal_name: 'Ada Example' }],
    'products.json': [{ title: 'Mixing', kind: 'service' }],
    'product-tiers.json': [{ price_amount: 3_000, is_price_open: false }],
    'license-templates.json': [{ name: 'Lease' }],
    'discounts.json': [{ code: 'SPRING', percent_bps: 1_000 }],
    'sales.json': [{ price_amount: 3_000, fee_amount: 300, share_amount: 2_700, split_bps: 10_000 }],
    'ledger.json': [{ kind: 'sale', account: 'pending', amount: 2_700 }],
    'payouts.json': [{ amount: 1_000, status: 'pending' }],
    'webhook-endpoints.json': [{ url: 'https://hooks.example.com/', header_names: ['authorization'] }],
    'webhook-deliveries.json': [{ event_type: 'webhook.test', status: 'pending' }],
    'events.json': [{ type: 'webhook.test', data: { told: true } }],
    'invoices.json': [{ number: 1, is_yours: true, document: { title: 'Invoice 1' } }],
  })
  expect(parsed['devices.json'].length).toBeGreaterThan(0)
  expect(parsed['security-events.json'].map(({ action }: { action: string }) => action)).toContain(
    'account.export_requested',
  )
  const everything = Object.values(files).join('\n')
  expect(everything).not.toContain(other.id)
  expect(everything).not.toContain(other.email)
  for (const secret of secrets.flatMap(spellings)) expect(everything).not.toContain(secret)
})

test('reads more rows than fit into a page', async () => {
  const { ask, work, exportStore, user } = await setUp()
  await sql`
    insert into tracks (owner_id, title, rights_confirmed_at)
    select ${user.id}, 'Track ' || number, now() from generate_series(1, 1234) number
  `

  const { body } = await ask()
  await work()

  const files = unzip(exportStore.objects.get(`exports/accounts/${body.id}.zip`)!.bytes)
  const titles = JSON.parse(files['tracks.json']!).map(({ title }: { title: string }) => title)
  expect(new Set(titles).size).toBe(1234)
})

test('one is made at a time', async () => {
  const { ask, work, clock } = await setUp()

  const first = await ask()
  const second = await ask()
  await work()
  clock.advance(60)
  const third = await ask()

  expect([first.status, second.status, third.status]).toEqual([202, 409, 202])
  expect(second.problem.code).toBe('export_in_progress')
})

test('of many requests at once one is taken', async () => {
  const { token, clock } = await setUp()
  const apis = (await openConnections(4)).map((connection) => createAccountsApi(connection, clock))

  const answers = await Promise.all(apis.map(({ request }) => request(userRoutes.requestExport, { token })))

  expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409, 409])
})

test('asks to prove anew who asks, when that was long ago', async () => {
  const { clock, user, request } = await setUp()
  clock.advance(15 * 60 + 1)
  const { body } = await request(authRoutes.refresh, { body: { refresh_token: user.refresh_token } })

  const answer = await request(userRoutes.requestExport, { token: body.access_token })

  expect(answer).toMatchObject({ status: 401, problem: { code: 'step_up_required' } })
})

test('nobody else may follow it', async () => {
  const { ask, read, work, signIn, request } = await setUp()
  const other = await signIn()
  const { body } = await ask()
  await work()

  expect(await read(body.id, other.access_token)).toMatchObject({
    status: 404,
    problem: { code: 'not_found' },
  })
  expect((await read(randomUUID())).status).toBe(404)
  expect((await read('nonsense')).status).toBe(404)
  expect(await request(userRoutes.getExport, { params: { export_id: body.id } })).toMatchObject({
    status: 401,
  })
  expect((await request(userRoutes.requestExport)).status).toBe(401)
})

test('the file goes after a day, and its address before', async () => {
  const { ask, work, clock, exportStore, user, expire, login, request } = await setUp()
  const { body } = await ask()
  await work()
  clock.advance(24 * hours - 1)
  const { access_token: token } = (await login(user.username)).body
  const read = () => request(userRoutes.getExport, { token, params: { export_id: body.id } })
  expect((await read()).body).toMatchObject({ status: 'ready', url: expect.any(String) })
  await expect(expire(clock.now())).resolves.toBe(0)

  clock.advance(1)
  expect(Object.keys((await read()).body)).not.toContain('url')
  await expect(expire(clock.now())).resolves.toBe(1)

  expect(exportStore.objects.size).toBe(0)
  expect((await read()).body).toMatchObject({ status: 'expired' })
  await expect(expire(clock.now())).resolves.toBe(0)
})

test('an object that cannot be removed is tried again', async () => {
  const { ask, work, clock, exportStore, expire } = await setUp()
  await ask()
  await work()
  clock.advance(24 * hours)
  exportStore.failNext('remove')

  await expect(expire(clock.now())).rejects.toThrow('remove fails')
  await expect(expire(clock.now())).resolves.toBe(1)
  expect(exportStore.objects.size).toBe(0)
})

test.each(['before', 'after'] as const)('a failure %s the file is stored is made good', async (when) => {
  const { ask, read, exportStore, clock } = await setUp()
  const { body } = await ask()
  let flushed = 0
  const relay = { flushSoon: async () => void flushed++ }
  const make = createExportMaker({ sql, store: exportStore, relay, now: clock.now })
  exportStore.failNext('put', when)

  await expect(make(body.id)).rejects.toThrow('put fails')
  expect((await read(body.id)).body.status).toBe('pending')
  await make(body.id)
  await make(body.id)

  expect((await read(body.id)).body.status).toBe('ready')
  await expect(
    sql`select from outbox where payload->>'export_id' = ${body.id} and type = 'mail.export_ready'`,
  ).resolves.toHaveLength(1)
  expect(flushed).toBeGreaterThan(0)
})

test('what was given up is failed, and another may be asked for', async () => {
  const { ask, read, clock, exportStore, login, user, request } = await setUp()
  const { body } = await ask()
  clock.advance(4 * hours)
  await expect(failAbandonedExports(sql, clock.now())).resolves.toBe(0)
  clock.advance(1)

  await expect(failAbandonedExports(sql, clock.now())).resolves.toBe(1)
  await createExportMaker({ sql, store: exportStore, relay: { flushSoon: async () => {} } })(body.id)

  const { access_token: token } = (await login(user.username)).body
  expect((await read(body.id, token)).body.status).toBe('failed')
  expect(exportStore.objects.size).toBe(0)
  expect((await request(userRoutes.requestExport, { token })).status).toBe(202)
})
