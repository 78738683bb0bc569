import { randomUUID } from 'node:crypto'
import { mostOfAll, mostOfField } from '../../../lib/disputes/evidence.ts'
import { createEvidenceCalls } from '../../../lib/disputes/evidence-calls.ts'
import { requestEvidence, stageEvidence, submitDueEvidence } from '../../../lib/disputes/evidence-schedule.ts'
import { deleteOldDownloads } from '../../../lib/licenses/downloads-expiry.ts'
import type { Dispute, DisputeChange } from '../../../lib/stripe/port.ts'
import { dayMs, earlier, hourMs, later } from '../../../lib/time.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { createLicenseApi } from '../../support/license-api.ts'
import { sellLicense } from '../../support/licenses.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const clock = createClock(new Date('2026-11-25T20:00:00Z'))
const studio = createStudio(sql, clock.now)
const api = createLicenseApi(sql, clock.now)

/** Stripe as far as disputes go: the same key is answered as before, and refused for something else. */
function createBank() {
  const given: { readonly id: string; readonly change: DisputeChange; readonly key: string }[] = []
  const answered = new Map<string, string>()
  const bank = {
    status: 'needs_response',
    isSilent: false,
    given,
    retrieveDispute: async (id: string) => ({ id, status: bank.status }) as Dispute,
    updateDispute: async (id: string, change: DisputeChange, key: string) => {
      const asked = JSON.stringify([id, change])
      const before = answered.get(key)
      if (before !== undefined && before !== asked) throw new Error('The key was used for something else')
      if (before === undefined) given.push({ id, change, key })
      answered.set(key, asked)
      if (change.submit) bank.status = 'under_review'
      if (bank.isSilent) throw new Error('Stripe did not answer')
      return { id, status: bank.status } as Dispute
    },
  }
  return bank
}

async function setUp() {
  const [seller, buyer] = [await studio.join(), await studio.join()]
  const track_id = await studio.createTrack(seller)
  const { version_id } = await addVersion(sql, track_id, { at: clock.now() })
  await sql`update track_versions set container = 'wav' where id = ${version_id}`
  const sale = { seller, buyer, track_id, price: 2_999, ip: '198.51.100.7' }
  const prior = await sellLicense(sql, { ...sale, now: earlier(clock.now(), 40 * dayMs) })
  const sold = await sellLicense(sql, { ...sale, now: clock.now() })
  return { ...sold, prior, sale, seller, buyer }
}

async function dispute(
  order_id: string,
  { at = clock.now(), due = later(at, 10 * dayMs), status = 'needs_response' } = {},
) {
  const [row] = await sql<[{ id: string }]>`
    insert into disputes (
      stripe_dispute_id, order_id, amount, currency, reason, status, evidence_due_at, opened_at
    ) values (${`du_${randomUUID()}`}, ${order_id}, 2999, 'eur', 'fraudulent', ${status}, ${due}, ${at})
    returning id
  `
  return row.id
}

const stateOf = async (id: string) => {
  const [row] = await sql`
    select evidence, evidence_staged_at, evidence_submitted_at from disputes where id = ${id}
  `
  return row!
}
const callsOf = async (id: string) =>
  (await sql`select kind, status from stripe_calls where subject_id = ${id} order by id`).map(
    (row) => row.kind,
  )

test('it is gathered from what was kept, within what Stripe takes, and staged', async () => {
  const { order_id, license_id, buyer, seller } = await setUp()
  await api.download(buyer, license_id)
  await sql`insert into license_verifications (license_id, at, ip) values (${license_id}, ${clock.now()}, '203.0.113.5')`
  const id = await dispute(order_id)
  const bank = createBank()

  const done = await createEvidenceCalls({ sql, stripe: bank, now: clock.now }).stage_evidence(id, 'key-1')

  const [{ id: stripe_id, change, key }, ...more] = bank.given as [(typeof bank.given)[number]]
  expect([done.result_id, key, change.submit, more]).toEqual([stripe_id, 'key-1', false, []])
  const { evidence } = change
  const [license] = await sql`select serial from licenses where id = ${license_id}`
  const { serial } = license!
  expect(evidence).toMatchObject({
    customer_name: `${buyer.username} of Veza`,
    customer_email_address: `${buyer.username}@example.test`,
    customer_purchase_ip: '198.51.100.7',
    service_date: '2026-11-25',
  })
  expect(evidence.product_description).toContain(`"Low Tide", Basic, by ${seller.username} of Veza: €29.99`)
  const log = evidence.access_activity_log!.split('\n')
  expect(log[0]).toBe('2026-11-25T20:00:00.000Z ordered from 198.51.100.7 with test browser')
  expect(log).toContain(
    `2026-11-25T20:00:00.000Z files downloaded by the signed-in customer, licence ${serial} from 192.0.2.1 with veza-tests`,
  )
  expect(log).toContain(`2026-11-25T20:00:00.000Z certificate looked up, licence ${serial} from 203.0.113.5`)
  expect(evidence.refund_refusal_explanation).toContain('downloaded what they bought 1 times')
  expect(evidence.refund_policy_disclosure).toContain('14 days')
  for (const part of [
    /RECEIPT, order -?\d+, paid on 2026-11-25/,
    new RegExp(`${serial}: "Low Tide", master, SHA-256 ab`),
    /Order -?\d+, 2026-10-16: €29.99, from the same address/,
    /CONTRACT of .*:\nThe producer grants the customer a licence\./,
  ]) {
    expect(evidence.uncategorized_text).toMatch(part)
  }
  expect(await stateOf(id)).toMatchObject({
    evidence: { key: 'key-1', fields: evidence },
    evidence_staged_at: clock.now(),
    evidence_submitted_at: null,
  })
})

test('however much there is of it, Stripe takes it', async () => {
  const { order_id, license_id, buyer } = await setUp()
  await sql`
    insert into license_downloads (license_id, buyer_id, granted_at, expires_at, ip, user_agent)
    select ${license_id}, ${buyer.id}, ${clock.now()}::timestamptz + n * interval '1 second', now(), '192.0.2.1', repeat('x', 400)
    from generate_series(1, 3000) n
  `
  await sql`update licenses set contract = repeat('💿', 10000) where id = ${license_id}`
  const id = await dispute(order_id)
  const bank = createBank()
  await createEvidenceCalls({ sql, stripe: bank, now: clock.now }).stage_evidence(id, 'key-1')

  const texts = Object.values(bank.given[0]!.change.evidence)
  expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(mostOfField)
  expect(texts.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(mostOfAll)
  expect(texts.every((text) => text.isWellFormed() && text !== '')).toBe(true)
  expect(bank.given[0]!.change.evidence.access_activity_log).toMatch(
    /ordered from.*\[… \d+ more\].*downloaded/s,
  )
})

test('a call that was not answered says the same again, whatever has come since', async () => {
  const { order_id, license_id, buyer } = await setUp()
  const id = await dispute(order_id)
  const bank = createBank()
  const { stage_evidence } = createEvidenceCalls({ sql, stripe: bank, now: clock.now })
  bank.isSilent = true
  await expect(stage_evidence(id, 'key-1')).rejects.toThrow('did not answer')
  expect((await stateOf(id)).evidence_staged_at).toBeNull()
  await api.download(buyer, license_id)

  bank.isSilent = false
  await stage_evidence(id, 'key-1')
  expect(bank.given).toHaveLength(1)
  expect((await stateOf(id)).evidence_staged_at).toEqual(clock.now())
})

test('what is handed in has all that came since it was staged; it is handed in once', async () => {
  const { order_id, license_id, buyer } = await setUp()
  const id = await dispute(order_id)
  const bank = createBank()
  const { stage_evidence, submit_evidence } = createEvidenceCalls({ sql, stripe: bank, now: clock.now })
  await stage_evidence(id, 'key-1')
  await api.download(buyer, license_id)

  await submit_evidence(id, 'key-2')
  await submit_evidence(id, 'key-3')
  await stage_evidence(id, 'key-4')

  expect(bank.given.map(({ key, change }) => [key, change.submit])).toEqual([
    ['key-1', false],
    ['key-2', true],
  ])
  expect(bank.given[1]!.change.evidence.access_activity_log).toContain('files downloaded')
  expect((await stateOf(id)).evidence_submitted_at).toEqual(clock.now())
})

test('handed in and not answered, it counts as handed in with the next try', async () => {
  const { order_id } = await setUp()
  const id = await dispute(order_id)
  const bank = createBank()
  const { submit_evidence } = createEvidenceCalls({ sql, stripe: bank, now: clock.now })
  bank.isSilent = true
  await expect(submit_evidence(id, 'key-1')).rejects.toThrow('did not answer')
  bank.isSilent = false
  expect(await submit_evidence(id, 'key-1')).toEqual({ result_id: null })
  expect(bank.given).toHaveLength(1)
  expect((await stateOf(id)).evidence_submitted_at).toEqual(clock.now())
})

test.each(['won', 'lost', 'warning_closed'])(
  'a dispute that is %s at Stripe is given nothing',
  async (status) => {
    const { order_id } = await setUp()
    const id = await dispute(order_id)
    const bank = createBank()
    bank.status = status
    const { submit_evidence } = createEvidenceCalls({ sql, stripe: bank, now: clock.now })
    expect(await submit_evidence(id, 'key-1')).toEqual({ result_id: null })
    expect(bank.given).toEqual([])
    expect((await stateOf(id)).evidence_submitted_at).toBeNull()
  },
)

test('the buyer’s address is not given where their account is gone', async () => {
  const { order_id, buyer } = await setUp()
  await sql`update users set deleted_at = now() where id = ${buyer.id}`
  const id = await dispute(order_id)
  const bank = createBank()
  await createEvidenceCalls({ sql, stripe: bank, now: clock.now }).stage_evidence(id, 'key-1')
  expect(bank.given[0]!.change.evidence).not.toHaveProperty('customer_email_address')
})

test('an earlier order that was refunded or disputed speaks for nobody', async () => {
  const { order_id, prior, sale } = await setUp()
  await dispute(prior.order_id)
  const refunded = await sellLicense(sql, { ...sale, now: earlier(clock.now(), 50 * dayMs) })
  await sql`update orders set status = 'refunded', refunded_amount = total_amount where id = ${refunded.order_id}`
  const id = await dispute(order_id)
  const bank = createBank()
  await createEvidenceCalls({ sql, stripe: bank, now: clock.now }).stage_evidence(id, 'key-1')
  expect(bank.given[0]!.change.evidence.uncategorized_text).not.toContain('EARLIER ORDERS')
})

describe('by the clock', () => {
  test('it is staged at once, once, also where nobody heard of the dispute in time', async () => {
    const { order_id } = await setUp()
    const [heard, unheard] = [await dispute(order_id), await dispute(order_id)]
    for (let n = 0; n < 2; n++) await sql.begin((tx) => requestEvidence(tx, heard, clock.now()))
    for (let n = 0; n < 2; n++) await stageEvidence(sql, clock.now())
    expect(await callsOf(heard)).toEqual(['stage_evidence'])
    expect(await callsOf(unheard)).toEqual(['stage_evidence'])
  })

  test.each([
    { name: '72 hours after it was opened', due: 10 * dayMs, submits: 3 * dayMs },
    { name: 'a day before it is due', due: 2 * dayMs, submits: dayMs },
    { name: 'at once where it is due within a day', due: 5 * hourMs, submits: 0 },
  ])('it is handed in $name', async ({ due, submits }) => {
    const { order_id } = await setUp()
    const at = clock.now()
    const id = await dispute(order_id, { at, due: later(at, due) })
    if (submits > 0) {
      await submitDueEvidence(sql, later(at, submits - 1))
      expect(await callsOf(id)).toEqual([])
    }
    for (let n = 0; n < 2; n++) await submitDueEvidence(sql, later(at, submits))
    expect(await callsOf(id)).toEqual(['submit_evidence'])
  })

  test.each([
    {
      name: 'closed',
      change: (id: string) => sql`update disputes set outcome = 'won', closed_at = now() where id = ${id}`,
    },
    {
      name: 'answered',
      change: (id: string) => sql`update disputes set evidence_submitted_at = now() where id = ${id}`,
    },
    {
      name: 'under review',
      change: (id: string) => sql`update disputes set status = 'under_review' where id = ${id}`,
    },
  ])('nothing is done about one that is $name', async ({ change }) => {
    const { order_id } = await setUp()
    const id = await dispute(order_id)
    await change(id)
    await stageEvidence(sql, later(clock.now(), 4 * dayMs))
    await submitDueEvidence(sql, later(clock.now(), 4 * dayMs))
    expect(await callsOf(id)).toEqual([])
  })
})

test('downloads are forgotten once nobody can dispute them any more, and not while somebody does', async () => {
  const [one, frozen] = [await setUp(), await setUp()]
  for (const { buyer, license_id } of [one, frozen]) await api.download(buyer, license_id)
  await sql`update licenses set status = 'frozen' where id = ${frozen.license_id}`
  const left = async ({ license_id }: { license_id: string }) =>
    (await sql`select from license_downloads where license_id = ${license_id}`).length

  await deleteOldDownloads(sql, later(clock.now(), 540 * dayMs - 1))
  expect([await left(one), await left(frozen)]).toEqual([1, 1])
  await deleteOldDownloads(sql, later(clock.now(), 540 * dayMs))
  expect([await left(one), await left(frozen)]).toEqual([0, 1])
})
