import { parse } from 'content-disposition'
import type { Actor } from '../../../lib/auth/actor.ts'
import { withdrawVersion } from '../../../lib/media/withdrawal/withdrawal.ts'
import type { DeliveredFile } from '../../../lib/products/terms.ts'
import { createClock } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createLicenseApi } from '../../support/license-api.ts'
import { sellLicense } from '../../support/licenses.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const database = useDatabase()
const { sql } = database
const openConnections = useConnections(database)
const clock = createClock(new Date('2026-11-25T20:00:00.400Z'))
const studio = createStudio(sql, clock.now)
const api = createLicenseApi(sql, clock.now)
const [minute, day] = [60, 24 * 3600]
const origin = { requestId: 'test-request', ip: '192.0.2.7', userAgent: 'test' }

interface Fields {
  readonly formats?: readonly DeliveredFile[]
  readonly container?: string
  readonly size_bytes?: number
}

/** A track of somebody, and a licence of it that somebody else has. */
async function setUp({ formats = ['master'], container = 'wav', size_bytes = 9 }: Fields = {}) {
  const [artist, buyer] = [await studio.join(), await studio.join()]
  const seller: Actor = { ...artist, role: 'creator' }
  const track_id = await studio.createTrack(seller, { visibility: 'public' })
  const { version_id } = await addVersion(sql, track_id, { at: clock.now() })
  await sql`
    update track_versions set container = ${container}, size_bytes = ${size_bytes}, stored_at = ${clock.now()}
    where id = ${version_id}
  `
  const sold = await sellLicense(sql, { seller, buyer, track_id, formats, now: clock.now() })
  return { ...sold, seller, buyer, track_id, version_id }
}

const used = async (license_id: string) => {
  const [row] = await sql`select downloads_used from licenses where id = ${license_id}`
  return row!.downloads_used as number
}
const noted = async (license_id: string) =>
  (await sql`select from license_downloads where license_id = ${license_id}`).length

const setStatus = (license_id: string, status: string) =>
  sql`update licenses set status = ${status} where id = ${license_id}`

const allowOnly = (license_id: string, count: number) =>
  sql`update licenses set downloads_allowed = ${count} where id = ${license_id}`

const endToday = (license_id: string) =>
  sql`update licenses set downloads_until = ${clock.now()} where id = ${license_id}`

test('gives the buyer links to what was sold, under its name, and counts one download', async () => {
  const { buyer, license_id, version_id } = await setUp()
  const [version] = await sql`select object_key from track_versions where id = ${version_id}`

  const { status, body, headers } = await api.download(buyer, license_id)

  expect(status).toBe(201)
  expect(headers['cache-control']).toBe('no-store')
  const file = {
    id: expect.any(String),
    name: expect.stringMatching(/ - Low Tide\.wav$/),
    format: 'master',
    status: 'ready',
    size_bytes: 9,
    sha256: 'ab',
    url: body.url,
    expires_at: body.expires_at,
  }
  expect(body).toEqual({
    url: expect.any(String),
    expires_at: '2026-11-25T20:10:00.000Z',
    remaining: 9,
    grant_expires_at: '2026-11-25T20:15:00.400Z',
    files: [file],
  })
  const url = new URL(body.url)
  expect(url.origin + url.pathname).toBe(`https://media.test/${version!.object_key}`)
  expect(url.searchParams.get('Expires')).toBe(String(Date.parse(body.expires_at) / 1000))
  const disposition = parse(url.searchParams.get('response-content-disposition')!)
  expect(disposition).toMatchObject({ type: 'attachment', parameters: { filename: body.files[0]!.name } })
})

test.each([
  { size_bytes: 1, seconds: 600 },
  { size_bytes: 60_000_000, seconds: 1_200 },
  { size_bytes: 2_000_000_000, seconds: 10_800 },
])('a link to $size_bytes bytes lives for $seconds s', async ({ size_bytes, seconds }) => {
  const { buyer, license_id } = await setUp({ size_bytes })
  const { body } = await api.download(buyer, license_id)
  expect((Date.parse(body.expires_at) - Math.floor(clock.now().getTime() / 1000) * 1000) / 1000).toBe(seconds)
})

test('asked for again within a quarter of an hour it gives fresh links and counts nothing; then it counts', async () => {
  const { buyer, license_id } = await setUp()
  await api.download(buyer, license_id)
  clock.advance(14 * minute)
  const again = await api.download(buyer, license_id, {})
  expect(again).toMatchObject({ status: 200, body: { remaining: 9 } })
  expect(Date.parse(again.body.expires_at)).toBeGreaterThan(clock.now().getTime() + 9 * 60_000)
  expect([await used(license_id), await noted(license_id)]).toEqual([1, 1])

  clock.advance(minute)
  expect(await api.download(buyer, license_id)).toMatchObject({ status: 201, body: { remaining: 8 } })
  expect([await used(license_id), await noted(license_id)]).toEqual([2, 2])
})

test('the last one can be finished, and none comes after it', async () => {
  const { buyer, license_id } = await setUp()
  await allowOnly(license_id, 1)
  expect(await api.download(buyer, license_id)).toMatchObject({ status: 201, body: { remaining: 0 } })
  expect(await api.download(buyer, license_id)).toMatchObject({ status: 200, body: { remaining: 0 } })
  clock.advance(15 * minute)
  expect(await api.download(buyer, license_id)).toMatchObject({
    status: 403,
    problem: { code: 'download_limit_reached' },
  })
  expect(await noted(license_id)).toBe(1)
})

test('when its time is over none comes any more', async () => {
  const { buyer, license_id } = await setUp()
  await endToday(license_id)
  expect(await api.download(buyer, license_id)).toMatchObject({
    status: 403,
    problem: { code: 'download_limit_reached' },
  })
  expect(await used(license_id)).toBe(0)
})

test.each([
  { status: 'revoked', code: 'license_revoked' },
  { status: 'frozen', code: 'license_frozen' },
])('a licence that is $status opens nothing, within a download neither', async ({ status, code }) => {
  const { buyer, license_id } = await setUp()
  await api.download(buyer, license_id)
  await setStatus(license_id, status)
  expect(await api.download(buyer, license_id)).toMatchObject({ status: 403, problem: { code } })
  expect(await used(license_id)).toBe(1)
})

test('it is nobody else’s, the seller’s and a stranger’s neither', async () => {
  const { seller, license_id } = await setUp()
  for (const actor of [seller, await studio.join()]) {
    expect(await api.download(actor, license_id)).toMatchObject({
      status: 404,
      problem: { code: 'not_found' },
    })
  }
  expect(await used(license_id)).toBe(0)
})

test('a file is had by its id, and one of another licence is not', async () => {
  const [one, other] = [await setUp(), await setUp()]
  const { id } = (await api.download(one.buyer, one.license_id)).body.files[0]!
  expect((await api.download(one.buyer, one.license_id, { file_id: id })).body.files).toMatchObject([{ id }])
  expect(await api.download(other.buyer, other.license_id, { file_id: id })).toMatchObject({ status: 404 })
  expect(await used(other.license_id)).toBe(0)
})

describe('many at once', () => {
  test('are one download, whoever of them comes first', async () => {
    const { buyer, license_id } = await setUp()
    const handlers = (await openConnections(10)).map(api.createHandler)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => api.download(buyer, license_id, undefined, handlers[n % 10])),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(49)
    expect([await used(license_id), await noted(license_id)]).toEqual([1, 1])
  })

  test('get no more than are allowed, round after round', async () => {
    const { buyer, license_id } = await setUp()
    await allowOnly(license_id, 3)
    const handlers = (await openConnections(10)).map(api.createHandler)
    const rounds = []
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => api.download(buyer, license_id, undefined, handlers[n % 10])),
      )
      rounds.push(
        [201, 200, 403].map((status) => answers.filter((answer) => answer.status === status).length),
      )
      clock.advance(15 * minute)
    }
    expect(rounds).toEqual([...Array(3).fill([1, 49, 0]), ...Array(2).fill([0, 0, 50])])
    expect([await used(license_id), await noted(license_id)]).toEqual([3, 3])
  })

  test('get none once the licence was revoked meanwhile', async () => {
    const { buyer, license_id } = await setUp()
    const [revoker, ...others] = await openConnections(10)
    const answers = await revoker!.begin(async (tx) => {
      await tx`update licenses set status = 'revoked' where id = ${license_id}`
      // All of them wait for the row, as it was before.
      const waiting = others.map((db) => api.download(buyer, license_id, undefined, api.createHandler(db)))
      let blocked = 0
      while (blocked < others.length) {
        const [row] = await sql`
          select count(*)::int as blocked from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'
        `
        blocked = row!.blocked
      }
      return waiting
    })
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({ status: 403, problem: { code: 'license_revoked' } })
    }
    expect([await used(license_id), await noted(license_id)]).toEqual([0, 0])
  })
})

describe('an MP3 that is still to be made', () => {
  test('counts no download where there is nothing else, and is delivered once it is there', async () => {
    const { buyer, license_id, version_id } = await setUp({ formats: ['mp3'] })
    const { status, problem, headers } = await api.download(buyer, license_id)
    expect([status, problem.code, headers['retry-after']]).toEqual([409, 'files_not_ready', '30'])
    expect([await used(license_id), await noted(license_id)]).toEqual([0, 0])

    await made(version_id)
    const { body } = await api.download(buyer, license_id)
    expect(body.files).toMatchObject([
      {
        format: 'mp3',
        status: 'ready',
        size_bytes: 4_000,
        sha256: 'cd',
        name: expect.stringMatching(/\.mp3$/),
      },
    ])
    expect(new URL(body.url).pathname).toBe(`/licensed/${version_id}/x.mp3`)
    expect(await used(license_id)).toBe(1)
  })

  test('is shown as such beside what is there', async () => {
    const { buyer, license_id } = await setUp({ formats: ['mp3', 'master'] })
    const { body } = await api.download(buyer, license_id)
    expect(body.files).toMatchObject([
      { format: 'mp3', status: 'pending', url: null, expires_at: null, size_bytes: null, sha256: null },
      { format: 'master', status: 'ready', url: body.url },
    ])
    const { id } = body.files[0]!
    expect(await api.download(buyer, license_id, { file_id: id })).toMatchObject({
      status: 409,
      problem: { code: 'files_not_ready' },
    })
  })

  test('that cannot be made says so', async () => {
    const { buyer, license_id, version_id } = await setUp({ formats: ['mp3', 'master'] })
    await sql`
      update version_mp3s set failure = 'undecodable', due_at = null where version_id = ${version_id}
    `
    expect((await api.download(buyer, license_id)).body.files[0]).toMatchObject({
      status: 'failed',
      url: null,
    })
  })

  test('is the file itself where that is one', async () => {
    const { buyer, license_id, version_id } = await setUp({ formats: ['mp3'], container: 'mp3' })
    expect((await api.download(buyer, license_id)).body.files).toMatchObject([
      { format: 'mp3', status: 'ready', sha256: 'ab' },
    ])
    expect(await sql`select from version_mp3s where version_id = ${version_id}`).toHaveLength(0)
  })

  const made = (version_id: string) =>
    sql`
    update version_mp3s
    set object_key = ${`licensed/${version_id}/x.mp3`}, sha256 = 'cd', size_bytes = 4000, made_at = now(), due_at = null
    where version_id = ${version_id}
  `.then(
      () => sql`update license_files set sha256 = 'cd' where version_id = ${version_id} and format = 'mp3'`,
    )
})

test('a version in which something was found later is given out no more, and its buyers are told, once each', async () => {
  const { buyer, seller, license_id, track_id, version_id } = await setUp()
  await sellLicense(sql, { seller, buyer, track_id, now: clock.now() })
  const refunded = await studio.join()
  const other = await sellLicense(sql, { seller, buyer: refunded, track_id, now: clock.now() })
  await setStatus(other.license_id, 'revoked')
  await api.download(buyer, license_id)

  const finding = { version_id, signature: 'Eicar', definitions_version: '7' }
  await sql.begin((tx) => withdrawVersion(tx, track_id, finding, origin, clock.now()))

  expect(await api.download(buyer, license_id)).toMatchObject({
    status: 409,
    problem: { code: 'version_withdrawn' },
  })
  expect(await used(license_id)).toBe(1)
  const told = await sql`
    select payload from outbox
    where type = 'mail.licensed_file_withdrawn' and payload ->> 'version_id' = ${version_id}
  `
  expect(told.map(({ payload }) => payload)).toEqual([{ user_id: buyer.id, version_id }])
})

describe('the seller', () => {
  test('lets a buyer download again, who then may, and both trails tell of it', async () => {
    const { buyer, seller, license_id } = await setUp()
    await allowOnly(license_id, 0)
    await endToday(license_id)
    expect((await api.download(buyer, license_id)).status).toBe(403)

    const { status, body } = await api.allow(seller, license_id, { downloads: 2, days: 30 })

    expect(status).toBe(200)
    const downloads_until = new Date(clock.now().getTime() + 30 * day * 1000).toISOString()
    expect(body).toEqual({ downloads_allowed: 2, downloads_used: 0, downloads_until })
    expect(await api.download(buyer, license_id)).toMatchObject({ status: 201, body: { remaining: 1 } })
    const [entry] = await sql`
      select actor_id, user_id, details from audit_events
      where action = 'license.downloads_allowed' and target = ${`license:${license_id}`}
    `
    expect(entry).toEqual({ actor_id: seller.id, user_id: buyer.id, details: { downloads: 2, days: 30 } })
  })

  test('takes no time away by it', async () => {
    const { seller, license_id } = await setUp()
    const until = new Date(clock.now().getTime() + 365 * day * 1000).toISOString()
    expect((await api.allow(seller, license_id, { days: 1 })).body).toMatchObject({
      downloads_allowed: 10,
      downloads_until: until,
    })
  })

  test.each([
    {},
    { downloads: 0 },
    { downloads: 1.5 },
    { downloads: 101 },
    { days: 366 },
    { days: -1 },
    { x: 1 },
  ])('does not do so by %j', async (body) => {
    const { seller, license_id } = await setUp()
    expect((await api.allow(seller, license_id, body)).status).toBe(422)
  })

  test('of another licence does not, nor does its buyer', async () => {
    const { buyer, license_id } = await setUp()
    const other = await setUp()
    for (const actor of [{ ...buyer, role: 'creator' as const }, other.seller]) {
      expect((await api.allow(actor, license_id, { downloads: 1 })).status).toBe(404)
    }
    expect((await api.allow(buyer, license_id, { downloads: 1 })).status).toBe(403)
  })

  test.each([
    { status: 'revoked', code: 'license_revoked' },
    { status: 'frozen', code: 'license_frozen' },
  ])('does not where the licence is $status', async ({ status, code }) => {
    const { seller, license_id } = await setUp()
    await setStatus(license_id, status)
    expect((await api.allow(seller, license_id, { downloads: 1 })).problem.code).toBe(code)
  })

  test('does not where its files are kept no longer', async () => {
    const { seller, license_id, version_id } = await setUp()
    await sql`update track_versions set removed_at = now() where id = ${version_id}`
    expect((await api.allow(seller, license_id, { downloads: 1 })).problem.code).toBe('conflict')
  })
})

describe('the log', () => {
  test('shows each download to the buyer with its address, to the seller without, to nobody else', async () => {
    const { buyer, seller, license_id } = await setUp()
    await api.download(buyer, license_id)
    clock.advance(15 * minute)
    await api.download(buyer, license_id)

    const own = await api.log(buyer, license_id)
    expect(own.body.data).toMatchObject([
      { granted_at: clock.now().toISOString(), ip: '192.0.2.1', user_agent: 'veza-tests' },
      { ip: '192.0.2.1' },
    ])
    const sold = await api.log(seller, license_id)
    expect(sold.body.data.map(({ id }) => id)).toEqual(own.body.data.map(({ id }) => id))
    expect(sold.body.data).toMatchObject(Array(2).fill({ ip: null, user_agent: null }))
    expect((await api.log(await studio.join(), license_id)).status).toBe(404)
  })

  test('goes on from page to page', async () => {
    const { buyer, license_id } = await setUp()
    for (let n = 0; n < 3; n++) {
      await api.download(buyer, license_id)
      clock.advance(15 * minute)
    }
    const first = await api.log(buyer, license_id, { limit: 2 })
    expect([first.body.data.length, first.body.has_more]).toEqual([2, true])
    const second = await api.log(buyer, license_id, { limit: 2, cursor: first.body.next_cursor! })
    expect([second.body.data.length, second.body.has_more]).toEqual([1, false])
  })
})
