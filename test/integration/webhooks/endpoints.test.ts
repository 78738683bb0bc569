import { later } from '../../../lib/time.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { deleteRemoved, deleteSentToRemoved } from '../../../lib/webhooks/endpoints/leaving.ts'
import { useDatabase } from '../../support/database.ts'
import { captureLog } from '../../support/log.ts'
import { seedPerson } from '../../support/social.ts'
import { createOwning, createWebhooksApi } from '../../support/webhooks.ts'

const { sql } = useDatabase()
let time = new Date()
const owning = createOwning(createWebhooksApi(sql, { now: () => time }))
const { create, read, list, change, remove, test: sendTest, deliveries } = owning

beforeEach(() => {
  time = new Date()
})

const pointersOf = ({ errors = [] }: { errors?: readonly { pointer: string; code: string }[] }) =>
  errors.map(({ pointer, code }) => [pointer, code])

async function setUp(body: object = {}) {
  const owner = await seedPerson(sql)
  const { body: made } = await create(owner, body)
  return { owner, made, id: made.id }
}

describe('an endpoint', () => {
  test('is made with what is usual, shows its secret once, and is its owner’s alone', async () => {
    const owner = await seedPerson(sql)
    const made = await create(owner)

    expect([made.status, made.headers['cache-control']]).toEqual([201, 'no-store'])
    const { secret, ...shown } = made.body
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/)
    expect(shown).toEqual({
      id: expect.any(String),
      url: 'https://hooks.example.com/veza',
      description: '',
      event_types: [],
      filter: null,
      header_names: [],
      metadata: {},
      rate_per_second: 10,
      api_version: '2026-12-01',
      status: 'enabled',
      disabled_reason: null,
      disabled_at: null,
      failures_in_row: 0,
      first_failure_at: null,
      last_failure_at: null,
      last_success_at: null,
      old_secrets_expire_at: [],
      recovery: null,
      revision: 1,
      created_at: time.toISOString(),
      updated_at: time.toISOString(),
    })
    const again = await read(owner, shown.id)
    expect([again.body, again.headers.etag]).toEqual([shown, made.headers.etag])
    expect((await list(owner)).body.data).toEqual([shown])

    const stranger = await seedPerson(sql)
    expect((await read(stranger, shown.id)).status).toBe(404)
    expect((await change(stranger, shown.id, { description: 'Mine' })).status).toBe(404)
    expect((await remove(stranger, shown.id)).status).toBe(404)
    expect((await list(stranger)).body.data).toEqual([])
  })

  test('is what its owner says', async () => {
    const wanted = {
      url: 'https://hooks.example.com:8443/veza?tenant=7',
      description: 'Orders into our books',
      event_types: ['order.paid', 'order.refunded', 'order.paid'],
      filter: { 'order.currency': { equals: 'usd' } },
      metadata: { team: 'finance' },
      rate_per_second: 50,
      status: 'disabled',
    }
    const { made } = await setUp({ ...wanted, headers: { Authorization: 'Bearer abc', 'X-Tenant': '7' } })

    expect(made).toMatchObject({
      ...wanted,
      event_types: ['order.paid', 'order.refunded'],
      header_names: ['authorization', 'x-tenant'],
      disabled_reason: 'owner',
      disabled_at: time.toISOString(),
    })
  })

  test('takes every type where a star, or none, is named', async () => {
    expect((await setUp({ event_types: ['*'] })).made.event_types).toEqual([])
    expect((await setUp({ event_types: [] })).made.event_types).toEqual([])
  })

  test.each([
    ['plain HTTP', { url: 'http://hooks.example.com/' }, ['#/body/url', 'url_not_allowed']],
    ['an address', { url: 'https://127.0.0.1/' }, ['#/body/url', 'url_not_allowed']],
    ['an address in decimals', { url: 'https://2130706433/' }, ['#/body/url', 'url_not_allowed']],
    ['plain HTTP to this machine', { url: 'http://127.0.0.1:9000/' }, ['#/body/url', 'url_not_allowed']],
    ['another port', { url: 'https://hooks.example.com:22/' }, ['#/body/url', 'url_not_allowed']],
    ['a user in the URL', { url: 'https://me:pw@hooks.example.com/' }, ['#/body/url', 'url_not_allowed']],
    ['a fragment', { url: 'https://hooks.example.com/#a' }, ['#/body/url', 'url_not_allowed']],
    ['no URL', { url: 'nothing' }, ['#/body/url', 'url_not_allowed']],
    ['an empty URL', { url: ' ' }, ['#/body/url', 'too_small']],
    [
      'an unknown type',
      { event_types: ['order.paid', 'order.eaten'] },
      ['#/body/event_types/1', 'unknown_event_type'],
    ],
    [
      'a star among types',
      { event_types: ['*', 'order.paid'] },
      ['#/body/event_types/0', 'unknown_event_type'],
    ],
    ['a wrong filter', { filter: { 'a b': { equals: 1 } } }, ['#/body/filter/a%20b', 'invalid_key']],
    ['a reserved header', { headers: { Host: 'example.com' } }, ['#/body/headers/Host', 'invalid_key']],
    ['a header of two lines', { headers: { 'x-a': 'a\nb' } }, ['#/body/headers/x-a', 'invalid']],
    ['a rate of none', { rate_per_second: 0 }, ['#/body/rate_per_second', 'too_small']],
    ['too high a rate', { rate_per_second: 101 }, ['#/body/rate_per_second', 'too_big']],
    ['metadata that is no text', { metadata: { a: 1 } }, ['#/body/metadata/a', 'invalid_type']],
    ['an unknown field', { api_version: '2020-01-01' }, ['#/body/api_version', 'unknown_field']],
  ])('is refused with %s, made and changed', async (_, body, expected) => {
    const { owner, id, made } = await setUp()

    for (const answer of [await create(owner, body), await change(owner, id, body)]) {
      expect([answer.status, pointersOf(answer.problem)]).toEqual([422, [expected]])
    }
    const { secret: _secret, ...unchanged } = made
    expect((await read(owner, id)).body).toEqual(unchanged)
  })

  test('is refused with a secret that is too short, which no change takes', async () => {
    const { owner, id } = await setUp()
    const body = { secret: 'whsec_MTIz' }
    expect(pointersOf((await create(owner, body)).problem)).toEqual([['#/body/secret', 'invalid_format']])
    expect(pointersOf((await change(owner, id, body)).problem)).toEqual([['#/body/secret', 'unknown_field']])
  })

  test('may be on this machine where this is the whole platform', async () => {
    const local = createOwning(createWebhooksApi(sql, { allowLocal: true }))
    expect((await local.create(await seedPerson(sql), { url: 'http://127.0.0.1:9000/' })).status).toBe(201)
    expect((await local.create(await seedPerson(sql), { url: 'http://10.0.0.1:9000/' })).status).toBe(422)
  })

  test('is one of twenty at most, however many are asked for at once', async () => {
    const owner = await seedPerson(sql)

    const answers = await Promise.all(Array.from({ length: 25 }, () => create(owner)))

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20)
    const refused = answers.filter(({ status }) => status !== 201)
    for (const { status, problem } of refused) {
      expect([status, problem]).toMatchObject([
        409,
        { code: 'quota_exceeded', quota: 'webhook_endpoints', used: 20, limit: 20 },
      ])
    }
    await remove(owner, answers.find(({ status }) => status === 201)!.body.id)
    expect((await create(owner)).status).toBe(201)
  })

  test('is made once by one key, and the secret is told again', async () => {
    const owner = await seedPerson(sql)
    const keyed = { headers: { 'idempotency-key': 'endpoint-1' } }

    const [first, second] = [await create(owner, {}, keyed), await create(owner, {}, keyed)]

    expect(second.body).toEqual(first.body)
    expect((await list(owner)).body.data).toHaveLength(1)
  })
})

test('lists the newest first, page by page', async () => {
  const owner = await seedPerson(sql)
  const ids: string[] = []
  for (let n = 0; n < 5; n += 1) ids.unshift((await create(owner)).body.id)

  const first = (await list(owner, { limit: 3 })).body
  const second = (await list(owner, { limit: 3, cursor: first.next_cursor! })).body

  expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(ids)
  expect([first.has_more, second.has_more]).toEqual([true, false])
})

describe('a change', () => {
  test('sets what is named and leaves the rest', async () => {
    const { owner, id } = await setUp({ headers: { 'x-a': '1' }, event_types: ['order.paid'] })

    const { status, body } = await change(owner, id, { description: 'New', filter: { a: { exists: true } } })

    expect([status, body]).toMatchObject([
      200,
      {
        description: 'New',
        filter: { a: { exists: true } },
        header_names: ['x-a'],
        event_types: ['order.paid'],
        revision: 2,
      },
    ])
    expect((await change(owner, id, { headers: { 'x-b': '2' } })).body.header_names).toEqual(['x-b'])
    expect((await change(owner, id, { headers: {}, filter: null })).body).toMatchObject({
      header_names: [],
      filter: null,
    })
    const [row] = await sql`select sealed_headers from webhook_endpoints where id = ${id}`
    expect(row!.sealed_headers).toBeNull()
  })

  test('of nothing changes nothing', async () => {
    const { owner, id, made } = await setUp()
    expect((await change(owner, id, {})).body.revision).toBe(made.revision)
  })

  test('is refused to whoever saw another state, and so is the end of it', async () => {
    const { owner, id } = await setUp()
    const { headers } = await read(owner, id)
    await change(owner, id, { description: 'Meanwhile' })

    const stale = { headers: { 'if-match': headers.etag! } }
    expect((await change(owner, id, { description: 'Late' }, stale)).problem.code).toBe('precondition_failed')
    expect((await remove(owner, id, stale)).problem.code).toBe('precondition_failed')
    const { headers: now, body } = await read(owner, id)
    expect(body.description).toBe('Meanwhile')
    const fresh = { headers: { 'if-match': now.etag! } }
    expect((await remove(owner, id, fresh)).status).toBe(204)
  })

  test('is allowed behind what deliveries count meanwhile', async () => {
    const { owner, id } = await setUp()
    const { headers } = await read(owner, id)
    await sql`update webhook_endpoints set failures_in_row = 3 where id = ${id}`

    expect((await read(owner, id)).headers.etag).not.toBe(headers.etag)
    const answer = await change(owner, id, { description: 'New' }, { headers: { 'if-match': headers.etag! } })
    expect(answer.status).toBe(200)
  })
})

describe('an endpoint that is disabled', () => {
  test('gives up what waits, and says since when', async () => {
    const { owner, id } = await setUp()
    const { body: started } = await sendTest(owner, id)

    const { body } = await change(owner, id, { status: 'disabled' })

    expect(body).toMatchObject({
      status: 'disabled',
      disabled_reason: 'owner',
      disabled_at: time.toISOString(),
    })
    const [delivery] = (await deliveries(owner, id)).body.data
    expect(delivery).toMatchObject({ id: started.delivery_id, status: 'failed', next_attempt_at: null })
  })

  test('is told of to the others, once', async () => {
    const { owner, id } = await setUp()
    const other = (await create(owner, { event_types: ['webhook.endpoint.disabled'] })).body.id

    await change(owner, id, { status: 'disabled' })
    await change(owner, id, { status: 'disabled', description: 'Still' })

    expect((await deliveries(owner, id)).body.data).toEqual([])
    const told = (await deliveries(owner, other)).body.data
    expect(told.map(({ event_type }) => event_type)).toEqual(['webhook.endpoint.disabled'])
    const [event] = await sql`select data, request_id from public_events where id = ${told[0]!.event_id}`
    expect(event!.data).toMatchObject({ endpoint: { id }, reason: 'owner', disabled_at: time.toISOString() })
  })

  test('takes tests and changes of it at once', async () => {
    const { owner, id } = await setUp()

    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        n % 2 === 0
          ? sendTest(owner, id)
          : change(owner, id, { status: n % 4 === 1 ? 'disabled' : 'enabled' }),
      ),
    )

    expect(answers.filter(({ status }) => ![200, 202, 409].includes(status))).toEqual([])
  })

  test('begins anew once it is enabled', async () => {
    const { owner, id } = await setUp()
    await sql`
      update webhook_endpoints
      set status = 'disabled', disabled_reason = 'failing', disabled_at = now(), failures_in_row = 40,
        failure_notices = 3, first_failure_at = now() - interval '5 days', last_failure_at = now()
      where id = ${id}
    `
    // It stays what it is where nothing changes.
    expect((await change(owner, id, { status: 'disabled' })).body.disabled_reason).toBe('failing')

    expect((await change(owner, id, { status: 'enabled' })).body).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
      disabled_at: null,
      failures_in_row: 0,
      first_failure_at: null,
      last_failure_at: null,
    })
    const [row] = await sql`select failure_notices from webhook_endpoints where id = ${id}`
    expect(row!.failure_notices).toBe(0)
  })
})

describe('an endpoint that is removed', () => {
  test('is nowhere any more, and forgotten a part at a time', async () => {
    const { owner, id } = await setUp({ headers: { authorization: 'Bearer abc' } })
    await owning.rotate(owner, id)
    const { body: started } = await sendTest(owner, id)

    expect((await remove(owner, id)).status).toBe(204)

    expect((await read(owner, id)).status).toBe(404)
    expect((await remove(owner, id)).status).toBe(404)
    expect((await list(owner)).body.data).toEqual([])
    expect((await deliveries(owner, id)).status).toBe(404)
    expect((await owning.delivery(owner, started.delivery_id)).status).toBe(404)
    const [row] =
      await sql`select status, sealed_secret, sealed_headers from webhook_endpoints where id = ${id}`
    expect(row).toEqual({ status: 'disabled', sealed_secret: '', sealed_headers: null })
    expect(await sql`select from webhook_old_secrets where endpoint_id = ${id}`).toHaveLength(0)
    expect(
      await sql`select from webhook_deliveries where endpoint_id = ${id} and status = 'pending'`,
    ).toHaveLength(0)

    while ((await deleteSentToRemoved(sql)) > 0);
    while ((await deleteRemoved(sql)) > 0);
    expect(await sql`select from webhook_deliveries where endpoint_id = ${id}`).toHaveLength(0)
    expect(await sql`select from webhook_endpoints where id = ${id}`).toHaveLength(0)
  })

  test('goes with its account', async () => {
    const { owner, id } = await setUp()
    const other = await setUp()
    await sql`update users set deletes_at = ${later(time, -1_000)} where id = ${owner.id}`

    while ((await buryDueAccount(sql, time)) > 0);

    const rows =
      await sql`select id from webhook_endpoints where deleted_at is not null and account_id = ${owner.id}`
    expect(rows.map((row) => row.id)).toEqual([id])
    expect((await read(other.owner, other.id)).status).toBe(200)
  })
})

test('the trail tells who made, changed and removed it, and no secret', async () => {
  const { owner, id } = await setUp({ headers: { authorization: 'Bearer abc' } })
  await change(owner, id, { url: 'https://other.example.com/', headers: { authorization: 'Bearer def' } })
  await owning.rotate(owner, id, { overlap_seconds: 60 })
  await remove(owner, id)

  const rows = await sql`
    select action, target, details from audit_events where user_id = ${owner.id} order by at, id
  `
  expect(rows.map(({ action, details }) => [action, details])).toEqual([
    ['webhook.endpoint_created', {}],
    ['webhook.endpoint_changed', { fields: 'headers url' }],
    ['webhook.secret_rotated', { overlap_seconds: 60 }],
    ['webhook.endpoint_removed', {}],
  ])
  expect(rows.every(({ target }) => target === `webhook_endpoint:${id}`)).toBe(true)
})

test('neither secrets nor what headers are set to are logged, stored in the open, or answered again', async () => {
  const given = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const secrets: string[] = [given, 'Bearer very-secret']
  const texts: string[] = []
  const log = await captureLog(async () => {
    const owner = await seedPerson(sql)
    const made = await create(owner, { secret: given, headers: { authorization: 'Bearer very-secret' } })
    const { id } = made.body
    const rotated = await owning.rotate(owner, id)
    secrets.push(rotated.body.secret)
    const answers = [
      await read(owner, id),
      await list(owner),
      await change(owner, id, { headers: { authorization: 'Bearer very-secret', 'x-a': 'b' } }),
      await create(owner, { secret: given, headers: { host: 'Bearer very-secret' } }),
      await create(owner, { secret: `${given}x`, headers: { 'x-a': 'Bearer very-secret\n' } }),
      await sendTest(owner, id),
      await deliveries(owner, id),
    ]
    texts.push(...answers.map(({ text }) => text))
  })
  const rows = await sql`
    select
      (select json_agg(e)::text from webhook_endpoints e) as endpoints,
      (select json_agg(o)::text from webhook_old_secrets o) as old_secrets,
      (select json_agg(k)::text from idempotency_keys k) as keys,
      (select json_agg(v)::text from public_events v) as events,
      (select json_agg(a)::text from audit_events a) as audit
  `
  const all = [JSON.stringify(log), ...texts, JSON.stringify(rows)].join('\n')
  expect(all).toContain('authorization')
  for (const secret of secrets) expect(all).not.toContain(secret.replace('whsec_', ''))
})
