import { randomUUID } from 'node:crypto'
import { createClock } from '../../support/accounts.ts'
import { createNews } from '../../support/content-events.ts'
import { useDatabase } from '../../support/database.ts'
import { createLicenseApi } from '../../support/license-api.ts'
import { sellLicense } from '../../support/licenses.ts'
import { seedProduct, seedSeller } from '../../support/market.ts'
import { createShop, itemsOf } from '../../support/shop.ts'
import { seedPerson } from '../../support/social.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const news = createNews(sql)

describe('order.created', () => {
  const shop = createShop(sql)

  test('is written once with the order, however often its key comes', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const items = itemsOf(await seedProduct(sql, seller))
    const key = randomUUID()
    await news.take()
    const { body } = await shop.order(buyer, items, { key })
    expect(await news.take()).toEqual([{ type: 'order.created', payload: { order_id: body.id } }])
    expect((await shop.order(buyer, items, { key })).body.id).toBe(body.id)
    expect(await news.take()).toEqual([])
  })

  test('is not of an order that is refused', async () => {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const product = await seedProduct(sql, seller)
    await shop.order(buyer, itemsOf(product))
    const written = await news.during(async () => {
      expect((await shop.order(buyer, itemsOf(product))).problem).toMatchObject({
        code: 'duplicate_purchase',
      })
      expect((await shop.order(seller, itemsOf(product))).status).toBeGreaterThanOrEqual(400)
      const other = await seedPerson(sql)
      const refused = await shop.order(other, itemsOf(product), { expected_total_amount: 1 })
      expect(refused.status).toBeGreaterThanOrEqual(400)
    })
    expect(written).toEqual([])
  })
})

describe('download.granted and license.limit_near', () => {
  const clock = createClock(new Date('2026-11-25T20:00:00.400Z'))
  const api = createLicenseApi(sql, clock.now)
  const { createTrack } = createStudio(sql, clock.now)

  async function setUp() {
    const [seller, buyer] = [await seedSeller(sql), await seedPerson(sql)]
    const track_id = await createTrack(seller)
    await addVersion(sql, track_id, { at: clock.now() })
    await sql`update track_versions set container = 'wav', stored_at = ${clock.now()} where track_id = ${track_id}`
    const { license_id } = await sellLicense(sql, { seller, buyer, track_id, now: clock.now() })
    return { seller, buyer, license_id }
  }

  /** The next one, once the one before is over. */
  const download = async (buyer: Parameters<typeof api.download>[0], license_id: string) => {
    clock.advance(15 * 60)
    expect((await api.download(buyer, license_id)).status).toBe(201)
    return (await news.take()).map(({ type }) => type)
  }
  const timesOver = async (count: number, work: () => Promise<string[]>) => {
    const told: string[][] = []
    while (told.length < count) told.push(await work())
    return told
  }

  test('a download is told of once, with the row that was counted', async () => {
    const { buyer, license_id } = await setUp()
    await news.take()
    expect((await api.download(buyer, license_id)).status).toBe(201)
    const [row] = await sql<
      [{ id: string }]
    >`select id from license_downloads where license_id = ${license_id}`
    expect(await news.takeWith('license_downloads', row.id)).toEqual([
      { type: 'download.granted', payload: { license_id, download_id: row.id } },
    ])
    expect((await api.download(buyer, license_id)).status).toBe(200)
    expect(await news.take()).toEqual([])
  })

  test('is not where it is refused', async () => {
    const { seller, license_id } = await setUp()
    const written = await news.during(async () => {
      for (const actor of [seller, await seedPerson(sql)]) {
        expect((await api.download(actor, license_id)).status).toBe(404)
      }
    })
    expect(written).toEqual([])
  })

  test('that a fifth is left is told once of a licence, also where more is allowed afterwards', async () => {
    const { seller, buyer, license_id } = await setUp()
    await news.take()
    const alone = ['download.granted']
    const near = ['download.granted', 'license.limit_near']
    const told = await timesOver(10, () => download(buyer, license_id))
    expect(told).toEqual([...Array(7).fill(alone), near, alone, alone])

    clock.advance(15 * 60)
    expect((await api.download(buyer, license_id)).problem).toMatchObject({ code: 'download_limit_reached' })
    expect(await news.take()).toEqual([])
    expect((await api.allow(seller, license_id, { downloads: 10 })).status).toBe(200)
    expect(await timesOver(10, () => download(buyer, license_id))).toEqual(Array(10).fill(alone))
  })

  test.each([
    { allowed: 1, at: 1 },
    { allowed: 4, at: 4 },
    { allowed: 5, at: 4 },
    { allowed: 9, at: 8 },
  ])('of $allowed downloads it is told with number $at', async ({ allowed, at }) => {
    const { buyer, license_id } = await setUp()
    await sql`update licenses set downloads_allowed = ${allowed} where id = ${license_id}`
    await news.take()
    const told = await timesOver(allowed, () => download(buyer, license_id))
    expect(told.findIndex((types) => types.includes('license.limit_near')) + 1).toBe(at)
  })
})
