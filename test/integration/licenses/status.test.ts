import { createIssuer } from '../../../lib/licenses/issuing.ts'
import { changeLicenses, type LicenseChange } from '../../../lib/licenses/status.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { apiUrl, createLicenseKeys, seedItem, seedPaidOrder } from '../../support/paid-orders.ts'
import { seedPerson } from '../../support/social.ts'

const { sql, settings } = useDatabase()
const connections = useConnections({ settings })
const issuer = createIssuer({ licenseKeys: createLicenseKeys().load, apiUrl })
const now = new Date('2026-12-02T12:00:00.000Z')

const freeze: LicenseChange = { to: 'frozen', reason: 'dispute' }
const restore: LicenseChange = { to: 'active', reason: 'dispute_won' }
const revoke: LicenseChange = { to: 'revoked', reason: 'refund' }

/** An order of two items whose licences are issued. */
async function setUp() {
  const [seller, buyer] = [await seedPerson(sql), await seedPerson(sql)]
  const order = await seedPaidOrder(sql, buyer, [
    await seedItem(sql, { seller }),
    await seedItem(sql, { seller }),
  ])
  const issueLicenses = await issuer.prepare()
  const licenses = await sql.begin((tx) => issueLicenses(tx, order.id, now))
  const ids = licenses.map(({ license_id }) => license_id)
  const change = (to: LicenseChange, db = sql) => db.begin((tx) => changeLicenses(tx, order.id, to, now))
  const see = async () =>
    (
      await sql<{ status: string; status_reason: string | null; revision: number }[]>`
        select status, status_reason, revision from licenses where id = any(${ids}::uuid[]) order by id
      `
    ).map(({ status, status_reason, revision }) => [status, status_reason, revision])
  const eventsOf = async (id: string) =>
    (await sql`select type from outbox where payload ->> 'license_id' = ${id} order by id`).map(
      ({ type }) => type,
    )
  return { order, ids, change, see, eventsOf }
}

test('a dispute freezes every licence of the order, and the way back is told as well', async () => {
  const { ids, change, see, eventsOf } = await setUp()

  expect(await change(freeze)).toHaveLength(2)
  expect(await see()).toEqual([
    ['frozen', 'dispute', 2],
    ['frozen', 'dispute', 2],
  ])
  expect(await change(restore)).toHaveLength(2)

  expect(await see()).toEqual([
    ['active', null, 3],
    ['active', null, 3],
  ])
  for (const id of ids) {
    expect(await eventsOf(id)).toEqual(['license.issued', 'license.frozen', 'license.restored'])
  }
})

test('a refund of one item revokes its licence alone, for good', async () => {
  const { order, change, see } = await setUp()
  const itemIds = [order.item_ids[0]!]

  await change({ ...revoke, itemIds })
  await change(freeze)
  await change(restore)
  await change({ ...restore, itemIds })

  expect((await see()).toSorted()).toEqual([
    ['active', null, 3],
    ['revoked', 'refund', 2],
  ])
})

test('what is frozen can be revoked, and says why last', async () => {
  const { change, see } = await setUp()

  await change(freeze)
  await change({ to: 'revoked', reason: 'dispute_lost' })

  expect(await see()).toEqual([
    ['revoked', 'dispute_lost', 3],
    ['revoked', 'dispute_lost', 3],
  ])
})

test('the same change twice is one, and an order without licences has none to change', async () => {
  const { ids, change, see, eventsOf } = await setUp()

  await change(freeze)
  expect(await change(freeze)).toEqual([])

  expect(await see()).toEqual([
    ['frozen', 'dispute', 2],
    ['frozen', 'dispute', 2],
  ])
  expect(await eventsOf(ids[0]!)).toEqual(['license.issued', 'license.frozen'])
  const unpaid = '00000000-0000-7000-8000-000000000000'
  expect(await sql.begin((tx) => changeLicenses(tx, unpaid, revoke, now))).toEqual([])
})

test('of 10 who revoke at once one does, and it is told of once', async () => {
  const { ids, change, eventsOf } = await setUp()

  const answers = await Promise.all((await connections(10)).map((db) => change(revoke, db)))

  expect(answers.filter((changed) => changed.length === 2)).toHaveLength(1)
  expect(answers.filter((changed) => changed.length === 0)).toHaveLength(9)
  for (const id of ids) expect(await eventsOf(id)).toEqual(['license.issued', 'license.revoked'])
})
