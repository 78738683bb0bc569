import { randomUUID } from 'node:crypto'
import { createFieldCipher, kidOf } from '../../../lib/auth/field-cipher.ts'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createReseal } from '../../../lib/auth/reseal.ts'
import { sealedFactors } from '../../../lib/factors/sealed.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()

const old = { kid: 'old', key: 'o'.repeat(64) }
const next = { kid: 'new', key: 'n'.repeat(64), previous_kid: old.kid, previous_key: old.key }
const keysOf = (secret: object) => async () => parseKeyRing(JSON.stringify(secret))
const cipherOf = (secret: object) => createFieldCipher({ loadKeys: keysOf(secret) })
const before = cipherOf(old)
const during = cipherOf(next)
const after = cipherOf({ kid: next.kid, key: next.key })
const reseal = (cipher = during) =>
  createReseal({ db: db.sql, cipher, loadKeys: keysOf(next) }, sealedFactors)()

async function addFactor(sealed_secret: string) {
  const username = `u_${randomUUID().slice(0, 8)}`
  const [user] = await db.sql<[{ id: string }]>`
    insert into users (email, username, display_name, password_hash)
    values (${`${username}@example.test`}, ${username}, ${username}, 'x') returning id
  `
  const factor = { user_id: user.id, sealed_secret, kid: kidOf(sealed_secret) }
  await db.sql`insert into totp_factors ${db.sql(factor)}`
  return user.id
}

const readFactor = async (userId: string) =>
  (await db.sql`select sealed_secret, kid from totp_factors where user_id = ${userId}`)[0]!

beforeEach(() => db.sql`delete from totp_factors`)

test('seals anew what the old key sealed, so that the new one alone opens it', async () => {
  const users = await Promise.all(
    Array.from({ length: 230 }, async (_, n) => addFactor(await before.seal(`secret ${n}`))),
  )

  expect(await reseal()).toBe(230)

  for (const [n, user] of users.entries()) {
    const { sealed_secret, kid } = await readFactor(user)
    expect([kid, kidOf(sealed_secret), await after.open(sealed_secret)]).toEqual([
      'new',
      'new',
      `secret ${n}`,
    ])
  }
  expect(await reseal()).toBe(0)
})

test('leaves alone what the new key has sealed', async () => {
  const sealed = await during.seal('secret')
  const user = await addFactor(sealed)

  expect(await reseal()).toBe(0)
  expect((await readFactor(user)).sealed_secret).toBe(sealed)
})

test('two at once seal every secret, and none twice over', async () => {
  const user = await addFactor(await before.seal('secret'))

  const counts = await Promise.all([1, 2, 3].map(() => reseal()))

  expect(counts.reduce((sum, count) => sum + count)).toBe(1)
  expect(await after.open((await readFactor(user)).sealed_secret)).toBe('secret')
})

test('never puts an old secret back over one that was set up meanwhile', async () => {
  const user = await addFactor(await before.seal('old secret'))
  const fresh = await during.seal('fresh secret')
  const open = async (sealed: string) => {
    await db.sql`update totp_factors set sealed_secret = ${fresh}, kid = 'new' where user_id = ${user}`
    return during.open(sealed)
  }

  expect(await reseal({ ...during, open })).toBe(0)
  expect((await readFactor(user)).sealed_secret).toBe(fresh)
})

test('what cannot be opened keeps none of the others from it', async () => {
  const lost = await addFactor(await cipherOf({ kid: 'lost', key: 'l'.repeat(64) }).seal('secret'))
  const user = await addFactor(await before.seal('secret'))

  expect(await reseal()).toBe(1)
  expect((await readFactor(lost)).kid).toBe('lost')
  expect((await readFactor(user)).kid).toBe('new')
})

test('the scheduler seals by the key that is current when it runs, until nothing is left', async () => {
  await addFactor(await before.seal('secret'))
  let secret: object = old
  const run = createReseal({ db: db.sql, cipher: during, loadKeys: () => keysOf(secret)() }, sealedFactors)

  expect(await run()).toBe(0)
  secret = next
  expect([await run(), await run()]).toEqual([1, 0])
})
