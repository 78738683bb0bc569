import { randomBytes, randomUUID } from 'node:crypto'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createTaskRunner } from '../../../lib/schedule/run-task.ts'
import { createTasks } from '../../../lib/schedule/tasks.ts'
import { graceMs } from '../../../lib/sessions/refresh-tokens.ts'
import { useDatabase } from '../../support/database.ts'
import { seedOrder } from '../../support/ledger.ts'
import { createMemoryStorage } from '../../support/memory-storage.ts'
import { noRescans } from '../../support/rescans.ts'
import { seedLicense } from '../../support/trade-records.ts'

const { sql } = useDatabase()
const runTask = createTaskRunner({
  tasks: createTasks({
    sql,
    ...noRescans,
    loadFieldKeys: async () => parseKeyRing(JSON.stringify({ kid: '1', key: 'f'.repeat(64) })),
    exportStore: createMemoryStorage('exports').exports!,
    media: createMemoryStorage('media').media!,
    uploads: createMemoryStorage('uploads').uploads!,
  }),
})
const run = (task: string) => runTask({ task }, () => true)
const hours = 60 * 60 * 1000
const days = 24 * hours
const ago = (ms: number) => new Date(Date.now() - ms)
const hash = () => randomBytes(32)

async function insertUser(): Promise<string> {
  const name = randomUUID().slice(0, 8)
  const [row] = await sql<[{ id: string }]>`
    insert into users (username, display_name, email, password_hash)
    values (${name}, 'x', ${`${name}@example.test`}, 'x')
    returning id
  `
  return row.id
}

async function insertSession(user_id: string, expires_at: Date) {
  const values = { user_id, expires_at, idle_expires_at: expires_at }
  const [row] = await sql<[{ id: string }]>`insert into sessions ${sql(values)} returning id`
  await sql`insert into refresh_tokens (token_hash, session_id, counter) values (${hash()}, ${row.id}, 0)`
  return row.id
}

test('forgets what is expired in the cache, and nothing else', async () => {
  const entries = [
    { key: 'old', expires_at: ago(1_000) },
    { key: 'live', expires_at: ago(-hours) },
  ]
  await sql`insert into cache_entries ${sql(entries)}`

  await expect(run('expire-cache')).resolves.toEqual({ task: 'expire-cache', done: { entries: 1 } })
  await expect(sql`select key from cache_entries`).resolves.toEqual([{ key: 'live' }])
})

test('forgets what is expired of the accounts, and nothing else', async () => {
  const [gone, kept] = [await insertUser(), await insertUser()]
  const rows = (old: object, live: object) => [
    { user_id: gone, ...old },
    { user_id: kept, ...live },
  ]
  const expiring = rows({ expires_at: ago(1_000) }, { expires_at: ago(-hours) })
  const hashed = expiring.map((row) => ({ ...row, token_hash: hash() }))
  await sql`insert into email_tokens ${sql(hashed.map((row) => ({ ...row, purpose: 'not_me' })))}`
  await sql`insert into auth_challenges ${sql(hashed.map((row) => ({ ...row, kind: 'second_factor' })))}`
  await sql`insert into email_changes ${sql(expiring.map((row) => ({ ...row, new_email: 'n@example.test' })))}`
  const held = rows({ held_until: ago(1_000) }, { held_until: ago(-hours) })
  await sql`insert into username_holds ${sql(held.map((row) => ({ ...row, username: randomUUID() })))}`
  const factor = { sealed_secret: 'x', kid: '1' }
  const factors = rows({ created_at: ago(25 * hours) }, { created_at: ago(23 * hours) })
  await sql`insert into totp_factors ${sql(factors.map((row) => ({ ...row, ...factor })))}`
  const [enabled] = [await insertUser()]
  const longAgo = { created_at: ago(99 * days), enabled_at: ago(99 * days) }
  await sql`insert into totp_factors ${sql({ user_id: enabled, ...factor, ...longAgo })}`
  const notices = rows({ created_at: ago(31 * days) }, { created_at: ago(29 * days) })
  await sql`insert into security_notices ${sql(notices.map((row) => ({ ...row, kind: 'x', email: 'x' })))}`

  await expect(run('sweep-auth')).resolves.toMatchObject({
    done: { email_tokens: 1, challenges: 1, email_changes: 1, username_holds: 1, factors: 1, notices: 1 },
  })

  for (const table of [
    'email_tokens',
    'auth_challenges',
    'email_changes',
    'username_holds',
    'security_notices',
  ]) {
    await expect(sql`select user_id from ${sql(table)}`).resolves.toEqual([{ user_id: kept }])
  }
  await expect(sql`select user_id from totp_factors order by user_id`).resolves.toEqual([
    { user_id: kept },
    { user_id: enabled },
  ])
})

test('keeps a family of refresh tokens until its end, so that a reuse is noticed, and a week longer', async () => {
  const user = await insertUser()
  await insertSession(user, ago(8 * days))
  const late = await insertSession(user, ago(6 * days))
  const ended = await insertSession(user, ago(-days))
  await sql`update sessions set revoked_at = now() where id = ${ended}`

  await expect(run('sweep-auth')).resolves.toMatchObject({ done: { sessions: 1 } })

  const left = await sql`select session_id as id from refresh_tokens order by session_id`
  expect(left).toEqual([{ id: late }, { id: ended }])
})

test('forgets the successor of a refresh token once its grace window is over', async () => {
  const user = await insertUser()
  const [spent, fresh] = [await insertSession(user, ago(-days)), await insertSession(user, ago(-days))]
  const rotate = (id: string, rotated_at: Date) =>
    sql`update sessions set ${sql({ rotated_at, sealed_successor: 'sealed' })} where id = ${id}`
  await rotate(spent, ago(graceMs + 1))
  await rotate(fresh, ago(graceMs / 2))

  await expect(run('sweep-auth')).resolves.toMatchObject({ done: { successors: 1 } })

  const left = await sql`select id from sessions where user_id = ${user} and sealed_successor is not null`
  expect(left).toEqual([{ id: fresh }])
})

test('forgets what Stripe has told a while ago, and where orders and downloads came from that nobody can dispute', async () => {
  const old = ago(541 * days)
  const recent = ago(539 * days)
  const event = (id: string, processed_at: Date | null) => ({
    id,
    type: 'x',
    object_id: 'x',
    created_at: ago(99 * days),
    received_at: ago(99 * days),
    processed_at,
  })
  const events = [
    event('evt_old', ago(36 * days)),
    event('evt_new', ago(34 * days)),
    event('evt_waits', null),
  ]
  await sql`insert into stripe_events ${sql(events)}`
  const [buyer, seller] = [await insertUser(), await insertUser()]
  for (const at of [old, recent]) {
    const order = await seedOrder(sql, buyer, [{ seller_id: seller, due: 1_000 }])
    await sql`
      update orders set created_at = ${at}, buyer_ip = '192.0.2.8', buyer_user_agent = 'Firefox' where id = ${order.id}
    `
    const { id: license_id } = await seedLicense(sql, order.items[0]!.id)
    const origin = { ip: '192.0.2.8', user_agent: 'Firefox' }
    const granted = { license_id, buyer_id: buyer, granted_at: at, expires_at: at, ...origin }
    await sql`insert into license_downloads ${sql(granted)}`
    await sql`insert into license_verifications ${sql({ license_id, at, ip: '192.0.2.8' })}`
  }

  await expect(run('expire-market')).resolves.toMatchObject({
    done: { stripe_events: 1, order_origins: 1, downloads: 1, verifications: 1 },
  })

  expect(await sql`select id from stripe_events order by id`).toEqual([
    { id: 'evt_new' },
    { id: 'evt_waits' },
  ])
  const [nowhere, somewhere] = [
    { ip: null, user_agent: '' },
    { ip: '192.0.2.8', user_agent: 'Firefox' },
  ]
  expect(
    await sql`select buyer_ip as ip, buyer_user_agent as user_agent from orders order by created_at`,
  ).toEqual([nowhere, somewhere])
  expect(await sql`select ip, user_agent from license_downloads`).toEqual([somewhere])
  expect(await sql`select at from license_verifications`).toEqual([{ at: recent }])
})

test('works in batches until all is gone', async () => {
  const entries = Array.from({ length: 2_500 }, () => ({
    username: randomUUID(),
    held_until: ago(1_000),
  }))
  await sql`insert into username_holds ${sql(entries)}`

  await expect(run('sweep-auth')).resolves.toMatchObject({ done: { username_holds: 2_500 } })
})

test('refuses a task that it does not know', async () => {
  await expect(run('drop-tables')).rejects.toThrow()
})
