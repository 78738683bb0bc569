import { createFieldCipher, kidOf } from '../../../lib/auth/field-cipher.ts'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createReseal } from '../../../lib/auth/reseal.ts'
import { dayMs, hourMs, later } from '../../../lib/time.ts'
import { openHeaders } from '../../../lib/webhooks/endpoints/headers.ts'
import { deleteExpiredSecrets } from '../../../lib/webhooks/endpoints/leaving.ts'
import {
  sealedOldWebhookSecrets,
  sealedWebhookHeaders,
  sealedWebhookSecrets,
} from '../../../lib/webhooks/endpoints/sealed.ts'
import { listSigningSecrets } from '../../../lib/webhooks/endpoints/secrets.ts'
import { useDatabase } from '../../support/database.ts'
import { seedPerson } from '../../support/social.ts'
import { createOwning, createWebhooksApi, fieldCipher } from '../../support/webhooks.ts'

const { sql } = useDatabase()
let time = new Date()
const { create, read, rotate, remove } = createOwning(createWebhooksApi(sql, { now: () => time }))

beforeEach(() => {
  time = new Date()
})

async function setUp(body: object = {}) {
  const owner = await seedPerson(sql)
  const { body: made } = await create(owner, body)
  return { owner, id: made.id, secret: made.secret }
}

/** In the order they sign in. */
const secretsOf = async (id: string, at = time) =>
  Promise.all((await listSigningSecrets(sql, id, at)).map((sealed) => fieldCipher.open(sealed)))

const own = (fill: number) => `whsec_${Buffer.alloc(48, fill).toString('base64')}`

test('one of the client’s own is what signs', async () => {
  const { id, secret } = await setUp({ secret: own(1) })
  expect([secret, await secretsOf(id)]).toEqual([own(1), [own(1)]])
})

test('a new one signs first, the old one beside it for a day', async () => {
  const { owner, id, secret } = await setUp()

  const { status, headers, body } = await rotate(owner, id)

  expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
  expect(body).toEqual({
    secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
    old_secrets_expire_at: [later(time, dayMs).toISOString()],
  })
  expect(await secretsOf(id)).toEqual([body.secret, secret])
  expect((await read(owner, id)).body).toMatchObject({
    old_secrets_expire_at: body.old_secrets_expire_at,
    revision: 2,
  })
  expect(await secretsOf(id, later(time, dayMs))).toEqual([body.secret])
  time = later(time, dayMs)
  expect((await read(owner, id)).body.old_secrets_expire_at).toEqual([])
})

test('each rotation says how long those before it go on at most', async () => {
  const { owner, id, secret } = await setUp()
  const { body: second } = await rotate(owner, id, { overlap_seconds: 7 * 24 * 3_600 })
  time = later(time, hourMs)
  const { body: third } = await rotate(owner, id, { overlap_seconds: 3_600, secret: own(3) })

  expect(third).toEqual({
    secret: own(3),
    old_secrets_expire_at: [later(time, hourMs).toISOString(), later(time, hourMs).toISOString()],
  })
  expect(await secretsOf(id)).toEqual([own(3), second.secret, secret])

  const { body: last } = await rotate(owner, id, { overlap_seconds: 0 })
  expect(last.old_secrets_expire_at).toEqual([])
  expect(await secretsOf(id)).toEqual([last.secret])
})

test('a longer overlap brings none back that ends before', async () => {
  const { owner, id } = await setUp()
  await rotate(owner, id, { overlap_seconds: 60 })
  const { body } = await rotate(owner, id, { overlap_seconds: 120 })
  expect(body.old_secrets_expire_at).toEqual(
    [later(time, 120_000), later(time, 60_000)].map((at) => at.toISOString()),
  )
})

test('ten old ones sign at most, until some are over or all are to end', async () => {
  const { owner, id } = await setUp()
  for (let n = 0; n < 10; n += 1) expect((await rotate(owner, id)).status).toBe(200)

  const { status, problem } = await rotate(owner, id)
  expect([status, problem]).toMatchObject([
    409,
    { code: 'quota_exceeded', quota: 'webhook_old_secrets', used: 10, limit: 10 },
  ])
  expect(await secretsOf(id)).toHaveLength(11)

  time = later(time, dayMs)
  expect((await rotate(owner, id)).status).toBe(200)
  expect(await secretsOf(id)).toHaveLength(2)
})

test('of rotations at once each has its turn, and no secret is lost', async () => {
  const { owner, id, secret } = await setUp()

  const answers = await Promise.all([1, 2, 3, 4].map(() => rotate(owner, id)))

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  const made = answers.map(({ body }) => body.secret)
  const [present, ...old] = await secretsOf(id)
  expect(made).toContain(present)
  expect([present, ...old].toSorted()).toEqual([secret, ...made].toSorted())
  expect(old.at(-1)).toBe(secret)
})

test('is the owner’s to rotate, and within a week', async () => {
  const { owner, id, secret } = await setUp()

  expect((await rotate(await seedPerson(sql), id)).status).toBe(404)
  for (const overlap_seconds of [-1, 604_801, 1.5]) {
    expect((await rotate(owner, id, { overlap_seconds })).status).toBe(422)
  }
  expect((await rotate(owner, id, { secret: 'whsec_short' })).status).toBe(422)
  expect(await secretsOf(id)).toEqual([secret])
  await remove(owner, id)
  expect((await rotate(owner, id)).status).toBe(404)
})

test('what signs nothing any more is removed', async () => {
  const { owner, id } = await setUp()
  await rotate(owner, id, { overlap_seconds: 60 })

  await deleteExpiredSecrets(sql, time)
  const count = async () => (await sql`select from webhook_old_secrets where endpoint_id = ${id}`).length
  expect(await count()).toBe(1)
  await deleteExpiredSecrets(sql, later(time, 60_000))
  expect(await count()).toBe(0)
})

test('what an older key has sealed is sealed anew, all three kinds of it', async () => {
  const { owner, id, secret } = await setUp({ headers: { authorization: 'Bearer abc' } })
  const { body: rotated } = await rotate(owner, id)
  const gone = await setUp()
  await remove(gone.owner, gone.id)
  const keys = { kid: 'next', key: 'n'.repeat(64), previous_kid: 'fields', previous_key: 'f'.repeat(64) }
  const loadKeys = async () => parseKeyRing(JSON.stringify(keys))
  const dependencies = { db: sql, cipher: createFieldCipher({ loadKeys }), loadKeys }
  const after = createFieldCipher({
    loadKeys: async () => parseKeyRing(JSON.stringify({ kid: 'next', key: 'n'.repeat(64) })),
  })

  for (const field of [sealedWebhookSecrets, sealedWebhookHeaders, sealedOldWebhookSecrets]) {
    const reseal = createReseal(dependencies, field)
    expect(await reseal()).toBeGreaterThan(0)
    expect(await reseal()).toBe(0)
  }

  const signing = await listSigningSecrets(sql, id, time)
  expect(signing.map(kidOf)).toEqual(['next', 'next'])
  expect(await Promise.all(signing.map((sealed) => after.open(sealed)))).toEqual([rotated.secret, secret])
  const [row] = await sql`select sealed_headers from webhook_endpoints where id = ${id}`
  expect(await openHeaders(after, row!.sealed_headers)).toEqual({ authorization: 'Bearer abc' })
})
